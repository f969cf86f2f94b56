"""What holds for every provider and each of its routes: files come whole, or not at all, and secrets stay at home."""

from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from app.links import FileState, LinkSettings
from app.links.providers import PROVIDERS
from tests.links.cases import CASES, Case, routes_of
from tests.links.conftest import Desk
from tests.links.fakes.fake import Fake, Node
from tests.links.files import ServedFile
from tests.links.network import PUBLIC
from tests.links.replies import Fault

FILE = ServedFile(size=300_077)
PAGE = b"<!DOCTYPE html><html><head><title>Hello</title></head><body>Nothing to see</body></html>"
SECRET = ("authorization", "x-goog-api-key", "cookie", "x-goog-drive-resource-keys", "dropbox-api-arg")
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def shared(shop: Fake, file: ServedFile = FILE, **more: Any) -> tuple[Node, str]:
    node = shop.add("export.zip", file, **more)
    return node, shop.share(node)


def test_every_route_of_every_provider_is_among_the_cases() -> None:
    full = LinkSettings(google_drive_api_key="x", dropbox_app_key="x", dropbox_app_secret="x")
    assert routes_of(full) | routes_of(LinkSettings()) == {case.name for case in CASES}
    for provider in PROVIDERS:
        assert provider.routes(full) or provider.name in {"box", "icloud", "wetransfer"}


def test_a_providers_files_are_short() -> None:
    lines = {p.name: len(p.read_text().splitlines()) for p in (ROOT / "app/links/providers").glob("*.py")}
    assert {name: n for name, n in lines.items() if n >= 200} == {}


def test_a_file_comes_whole(desk: Desk, case: Case, shop: Any) -> None:
    _, link = shared(shop)
    found = desk.probe(link)
    assert (found.provider, found.name, found.size) == (case.provider, "export.zip", FILE.length)
    assert (found.first_kind, found.folder, len(found.files)) == ("zip", False, 1)
    (fetched,) = desk.fetch(link)
    assert (fetched.path, fetched.size, fetched.sha256) == ("export.zip", FILE.length, FILE.sha256)
    assert desk.saved[-1].route == case.route
    assert desk.read(fetched.key) == FILE.read(0, FILE.length)


@pytest.mark.parametrize("kind", ["reset", "end", "stall"])
def test_a_cut_is_gone_on_from_where_it_was(desk: Desk, shop: Any, kind: str) -> None:
    node, link = shared(shop)
    node.faults = [Fault(kind, at=100_000), Fault(kind, at=90_000)]
    (fetched,) = desk.fetch(link)
    assert fetched.sha256 == FILE.sha256
    parts = [r.range for r in desk.net.log if r.range and r.range[0]]
    assert len(parts) >= 2
    assert all(last is None for _, last in parts)
    assert desk.saved[-1].restarts == 0


def test_a_worker_goes_on_from_what_another_has_saved(desk: Desk, shop: Any) -> None:
    desk.limits(checkpoint_bytes=1, attempts=1)
    node, link = shared(shop)
    node.faults = [Fault("end", at=200_000)]
    assert desk.stopped(link) == "download_incomplete"
    state = FileState.from_dict(desk.saved[-1].as_dict())
    assert 0 < state.bytes_done <= 200_000
    (fetched,) = desk.fetch(link, states=[state])
    assert fetched.sha256 == FILE.sha256
    assert any(r.range == (state.bytes_done, None) for r in desk.net.log)


@pytest.mark.parametrize("on", ["start", "resume"])
def test_a_page_is_never_taken_for_the_file(desk: Desk, case: Case, shop: Any, on: str) -> None:
    node, link = shared(shop)
    node.faults = [Fault("end", at=100_000, on="start")] if on == "resume" else []
    node.faults.append(Fault("html", value=PAGE, times=None, on=on))
    assert desk.stopped(link) == case.page
    assert not list(desk.objects.list("m"))


def test_an_empty_file_is_a_file(desk: Desk, shop: Any) -> None:
    _, link = shared(shop, ServedFile(text=b""))
    (fetched,) = desk.fetch(link)
    assert fetched.size == 0


def test_what_is_not_shared_and_what_is_not_there(desk: Desk, case: Case, shop: Any) -> None:
    _, link = shared(shop, private=True)
    assert desk.stopped(link) == case.private
    node, link = shared(shop)
    del shop.nodes[node.id]
    assert desk.stopped(link) == case.gone
    assert not [
        r for r in desk.net.log if r.host in ("accounts.google.com", "login.live.com", "login.microsoftonline.com")
    ]


@pytest.mark.parametrize("said", ["60", "date"])
def test_a_provider_that_asks_to_wait_is_waited_for_exactly(desk: Desk, shop: Any, said: str) -> None:
    node, link = shared(shop)
    desk.net.log.clear()
    wait = "60" if said == "60" else formatdate(desk.clock.now() + 60, usegmt=True)
    node.faults = [Fault("status", at=429, headers={"Retry-After": wait}, on="start")]
    (fetched,) = desk.fetch(link)
    assert fetched.sha256 == FILE.sha256
    assert 50 <= sum(desk.clock.waited) <= 61


def test_a_provider_that_is_down_for_a_while_is_asked_again(desk: Desk, shop: Any) -> None:
    node, link = shared(shop)
    node.faults = [Fault("status", at=500, times=2, on="start")]
    assert desk.fetch(link)[0].sha256 == FILE.sha256
    shop.says("", 500, b"{}")
    assert desk.stopped(link) == "provider_down"


def test_a_file_that_changes_while_it_is_read_is_never_mixed(desk: Desk, case: Case, shop: Any) -> None:
    new = replace(FILE, seed=9, etag='"two"')
    node, link = shared(shop)
    node.faults = [Fault("end", at=100_000)]
    looked = desk.probe(link)
    assert looked.size == FILE.length

    def change(state: FileState) -> None:
        if state.bytes_done:
            node.file = new

    desk.limits(checkpoint_bytes=1)
    (fetched,) = desk.fetch(link, save=change)
    assert fetched.sha256 == new.sha256


@pytest.mark.parametrize("case", [case for case in CASES if case.checked], indirect=True, ids=lambda case: case.name)
def test_a_fingerprint_that_does_not_fit_is_told_after_a_second_look(desk: Desk, shop: Any) -> None:
    node, link = shared(shop)
    node.faults = [Fault("file", value=replace(FILE, seed=7), times=None, on="any")]
    assert desk.stopped(link) == "checksum_mismatch"


def test_no_secret_leaves_its_host(desk: Desk, shop: Any) -> None:
    if hasattr(shop, "media_moves"):
        shop.media_moves = True
    node, link = shared(shop)
    node.faults = [Fault("end", at=100_000)]
    desk.fetch(link)
    hosts = {name: {r.host for r in desk.net.log if name in r.headers} for name in SECRET}
    content = {r.host for r in desk.net.log if "usercontent" in r.host or "files.1drv" in r.host}
    assert not content & set().union(*hosts.values())
    assert all("referer" not in r.headers for r in desk.net.log)
    assert {r.headers["accept-encoding"] for r in desk.net.log} == {"identity"}
    assert {r.method for r in desk.net.log} <= {"GET", "POST"}


INSIDE = (
    "https://169.254.169.254/",
    "https://[::1]/x",
    "http://www.dropbox.com/x",
    "https://evil.example/",
    "//10.0.0.1/",
)


@pytest.mark.parametrize("goal", INSIDE)
def test_nobody_is_followed_to_a_place_that_is_not_theirs(desk: Desk, shop: Any, goal: str) -> None:
    _, link = shared(shop)
    desk.net.names("evil.example")
    shop.says("", 302, headers={"Location": goal})
    assert desk.stopped(link) in ("unsafe_address", "provider_changed")
    assert {host for host, _, _ in desk.connected} <= set(shop.hosts)
    assert {address for _, address, _ in desk.connected} == {PUBLIC}


@pytest.mark.parametrize("answers", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254", PUBLIC]])
def test_a_name_of_a_provider_that_leads_inside_is_not_connected_to(desk: Desk, shop: Any, answers: list[str]) -> None:
    _, link = shared(shop)
    for host in shop.hosts:
        desk.net.names(host, *answers)
    assert desk.stopped(link) == "unsafe_address"
    assert desk.connected == []
