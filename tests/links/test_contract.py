"""The contract of every route of every provider: complete files or a problem, and no secret on another host."""

from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from app.links.checkpoint import FileState
from app.links.link_settings import LinkSettings
from app.links.provider_registry import PROVIDERS, UNSUPPORTED
from tests.links.cases import CASES, routes_of
from tests.links.conftest import Downloader
from tests.links.fake_provider import FakeProvider, Node
from tests.links.files import ServedFile
from tests.links.network import PUBLIC
from tests.links.replies import Fault
from tests.links.route_case import RouteCase

FILE = ServedFile(size=300_077)
PAGE = b"<!DOCTYPE html><html><head><title>Hello</title></head><body>Nothing to see</body></html>"
SECRET = ("authorization", "x-goog-api-key", "cookie", "x-goog-drive-resource-keys", "dropbox-api-arg")
SIGN_IN_HOSTS = {"accounts.google.com", "login.live.com", "login.microsoftonline.com"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> RouteCase:
    case: RouteCase = request.param
    return case


def shared(fake: FakeProvider, file: ServedFile = FILE, **more: Any) -> tuple[Node, str]:
    node = fake.add("export.zip", file, **more)
    return node, fake.share(node)


def test_every_route_of_every_provider_is_among_the_cases() -> None:
    full = LinkSettings(google_drive_api_key="x", dropbox_app_key="x", dropbox_app_secret="x")
    assert routes_of(full) | routes_of(LinkSettings()) == {case.name for case in CASES}
    for provider in PROVIDERS:
        assert provider.routes(full) or provider.name in UNSUPPORTED


def test_a_providers_files_are_short() -> None:
    lines = {p.name: len(p.read_text().splitlines()) for p in (ROOT / "app/links/providers").glob("*.py")}
    assert {name: n for name, n in lines.items() if n >= 200} == {}


def test_a_file_is_downloaded_completely(downloader: Downloader, case: RouteCase, fake: Any) -> None:
    _, link = shared(fake)
    contents = downloader.probe(link)
    assert (contents.provider, contents.name, contents.size) == (case.provider, "export.zip", FILE.length)
    assert (contents.first_kind, contents.folder, len(contents.files)) == ("zip", False, 1)
    (fetched,) = downloader.fetch(link)
    assert (fetched.path, fetched.size, fetched.sha256) == ("export.zip", FILE.length, FILE.sha256)
    assert downloader.saved[-1].route == case.route
    assert downloader.read(fetched.key) == FILE.read(0, FILE.length)


@pytest.mark.parametrize("kind", ["reset", "end", "stall"])
def test_a_lost_connection_is_resumed(downloader: Downloader, fake: Any, kind: str) -> None:
    node, link = shared(fake)
    node.faults = [Fault(kind, at=100_000), Fault(kind, at=90_000)]
    (fetched,) = downloader.fetch(link)
    assert fetched.sha256 == FILE.sha256
    parts = [r.range for r in downloader.net.log if r.range and r.range[0]]
    assert len(parts) >= 2
    assert all(last is None for _, last in parts)
    assert downloader.saved[-1].restarts == 0


def test_a_worker_resumes_from_the_state_of_another_worker(downloader: Downloader, fake: Any) -> None:
    downloader.limits(checkpoint_bytes=1, attempts=1)
    node, link = shared(fake)
    node.faults = [Fault("end", at=200_000)]
    assert downloader.stopped(link) == "download_incomplete"
    state = FileState.from_dict(downloader.saved[-1].as_dict())
    assert 0 < state.bytes_done <= 200_000
    (fetched,) = downloader.fetch(link, states=[state])
    assert fetched.sha256 == FILE.sha256
    assert any(r.range == (state.bytes_done, None) for r in downloader.net.log)


@pytest.mark.parametrize("on", ["start", "resume"])
def test_a_web_page_is_never_stored_as_the_file(downloader: Downloader, case: RouteCase, fake: Any, on: str) -> None:
    node, link = shared(fake)
    node.faults = [Fault("end", at=100_000, on="start")] if on == "resume" else []
    node.faults.append(Fault("html", value=PAGE, times=None, on=on))
    assert downloader.stopped(link) == case.page
    assert not list(downloader.objects.list("m"))


def test_an_empty_file_is_downloaded(downloader: Downloader, fake: Any) -> None:
    _, link = shared(fake, ServedFile(text=b""))
    (fetched,) = downloader.fetch(link)
    assert fetched.size == 0


def test_private_and_missing_files_have_their_problems(downloader: Downloader, case: RouteCase, fake: Any) -> None:
    _, link = shared(fake, private=True)
    assert downloader.stopped(link) == case.private
    node, link = shared(fake)
    del fake.nodes[node.id]
    assert downloader.stopped(link) == case.gone
    assert not [
        r
        for r in downloader.net.log
        if r.host in ("accounts.google.com", "login.live.com", "login.microsoftonline.com")
    ]


@pytest.mark.parametrize("form", ["60", "date"])
def test_retry_after_is_waited_exactly(downloader: Downloader, fake: Any, form: str) -> None:
    node, link = shared(fake)
    downloader.net.log.clear()
    wait = "60" if form == "60" else formatdate(downloader.clock.now() + 60, usegmt=True)
    node.faults = [Fault("status", at=429, headers={"Retry-After": wait}, on="start")]
    (fetched,) = downloader.fetch(link)
    assert fetched.sha256 == FILE.sha256
    assert 50 <= sum(downloader.clock.waited) <= 61


def test_a_temporary_server_error_is_retried(downloader: Downloader, fake: Any) -> None:
    node, link = shared(fake)
    node.faults = [Fault("status", at=500, times=2, on="start")]
    assert downloader.fetch(link)[0].sha256 == FILE.sha256
    fake.order("", 500, b"{}")
    assert downloader.stopped(link) == "provider_down"


def test_two_versions_of_a_file_are_never_mixed(downloader: Downloader, case: RouteCase, fake: Any) -> None:
    new = replace(FILE, seed=9, etag='"two"')
    node, link = shared(fake)
    node.faults = [Fault("end", at=100_000)]
    looked = downloader.probe(link)
    assert looked.size == FILE.length

    def change(state: FileState) -> None:
        if state.bytes_done:
            node.file = new

    downloader.limits(checkpoint_bytes=1)
    (fetched,) = downloader.fetch(link, save=change)
    assert fetched.sha256 == new.sha256


@pytest.mark.parametrize("case", [case for case in CASES if case.checked], indirect=True, ids=lambda case: case.name)
def test_a_wrong_checksum_fails_after_a_second_download(downloader: Downloader, fake: Any) -> None:
    node, link = shared(fake)
    node.faults = [Fault("file", value=replace(FILE, seed=7), times=None, on="any")]
    assert downloader.stopped(link) == "checksum_mismatch"


def test_no_secret_leaves_its_host(downloader: Downloader, fake: Any) -> None:
    if hasattr(fake, "media_moves"):
        fake.media_moves = True
    node, link = shared(fake)
    node.faults = [Fault("end", at=100_000)]
    downloader.fetch(link)
    hosts = {name: {r.host for r in downloader.net.log if name in r.headers} for name in SECRET}
    content = {r.host for r in downloader.net.log if "usercontent" in r.host or "files.1drv" in r.host}
    assert not content & set().union(*hosts.values())
    assert all("referer" not in r.headers for r in downloader.net.log)
    assert {r.headers["accept-encoding"] for r in downloader.net.log} == {"identity"}
    assert {r.method for r in downloader.net.log} <= {"GET", "POST"}


INSIDE = (
    "https://169.254.169.254/",
    "https://[::1]/x",
    "http://www.dropbox.com/x",
    "https://evil.example/",
    "//10.0.0.1/",
)


@pytest.mark.parametrize("goal", INSIDE)
def test_a_redirect_to_a_foreign_or_private_address_is_refused(downloader: Downloader, fake: Any, goal: str) -> None:
    _, link = shared(fake)
    downloader.net.names("evil.example")
    fake.order("", 302, headers={"Location": goal})
    assert downloader.stopped(link) in ("unsafe_address", "provider_changed")
    assert {host for host, _, _ in downloader.connected} <= set(fake.hosts)
    assert {address for _, address, _ in downloader.connected} == {PUBLIC}


@pytest.mark.parametrize("answers", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254", PUBLIC]])
def test_a_provider_host_with_a_private_address_is_not_connected(
    downloader: Downloader, fake: Any, answers: list[str]
) -> None:
    _, link = shared(fake)
    for host in fake.hosts:
        downloader.net.names(host, *answers)
    assert downloader.stopped(link) == "unsafe_address"
    assert downloader.connected == []
