"""Every way in which Dropbox refuses, by its API and by its pages, in words that a clinic can act on."""

import hashlib
from typing import Any

import pytest

from app.errors import Stop
from tests.links.cases import BY_NAME
from tests.links.conftest import Desk
from tests.links.fakes.dropbox import BLOB, BYTES_HOST, PASSWORD, RLKEY, Dropbox
from tests.links.files import ServedFile
from tests.links.refusals import BIG, Row, holds, page
from tests.links.replies import Fault

API, WEB = BY_NAME["dropbox-api"], BY_NAME["dropbox-page"]
META, LINK = "api.dropboxapi.com/2/sharing", "www.dropbox.com/scl/fi"


def tag(code: str, name: str, **more: Any) -> Row:
    return Row(code, META, 409, {"error_summary": f"{name}/..", "error": {".tag": name}}, **more)


API_ROWS = [
    tag("link_gone", "shared_link_not_found"),
    tag("link_private", "shared_link_access_denied"),
    tag("link_private", "unsupported_parameter_field"),
    tag("native_document", "unsupported_link_type"),
    Row("link_download_disabled", changes={"allow_download": False}),
    Row("link_quota", META, 429, b"This account is generating too much traffic"),
    Row("provider_rate_limited", META, 429, {"error_summary": "too_many_requests/.", "error": {}}),
    Row("provider_down", META, 503),
    Row("provider_changed", META, 200, b"<html>"),
    Row("provider_changed", META, 418),
]
PAGE_ROWS = [
    Row("link_gone", LINK, 404, page("Dropbox - 404")),
    Row("link_gone", LINK, 302, headers={"Location": "https://www.dropbox.com/error_pages/no_access"}),
    Row("link_gone", LINK, 460, page("Restricted Content")),
    Row("link_private", changes={"node.private": True}),
    Row("link_private", LINK, 302, headers={"Location": "https://www.dropbox.com/login?cont=x"}),
    Row("link_password", LINK, 200, page("Dropbox", f"<script>'{BLOB}'</script>")),
    Row("link_download_disabled", changes={"allow_download": False}),
    Row("native_document", LINK, 200, page("Dropbox Paper", "a document")),
    Row("link_quota", LINK, 429, page("x", "generating too much traffic")),
    Row("link_quota", LINK, 509, page("x")),
    Row("provider_rate_limited", LINK, 429, page("x")),
    Row("export_too_big", LINK, 200, page("Dropbox", "The zip file is too large")),
    Row("provider_down", LINK, 500),
    Row("provider_changed", LINK, 200, page("Something else")),
]


@pytest.mark.parametrize("row", API_ROWS, ids=str)
def test_the_api_refuses(desk: Desk, row: Row) -> None:
    holds(desk, API, row)


@pytest.mark.parametrize("row", PAGE_ROWS, ids=str)
def test_a_page_refuses(desk: Desk, row: Row) -> None:
    holds(desk, WEB, row)
    assert not [r for r in desk.net.log if r.path.startswith(("/login", "/error_pages"))]


def opened(desk: Desk, with_app: bool = True) -> Dropbox:
    desk.limits(**API.settings if with_app else {})
    return Dropbox(desk.net)


def test_a_password_is_asked_for_told_when_wrong_and_used(desk: Desk) -> None:
    shop = opened(desk)
    for node in (shop.add("export.zip", BIG), shop.folder({"a.csv": BIG, "Sub": {"b.csv": BIG}})):
        shop.passwords[node.id] = PASSWORD
        link = shop.share(node)
        assert desk.refused(link) == "link_password"
        assert desk.refused(link, password="wrong") == "link_password_wrong"
        assert {file.sha256 for file in desk.fetch(link, password=PASSWORD)} == {BIG.sha256}


def test_without_an_app_a_password_cannot_be_used(desk: Desk) -> None:
    shop = opened(desk, with_app=False)
    node = shop.add("export.zip", BIG)
    shop.passwords[node.id] = PASSWORD
    assert desk.refused(shop.share(node), password=PASSWORD) == "credentials_missing"


@pytest.mark.parametrize("status", [400, 401])
def test_an_app_that_is_refused_at_the_download_leaves_the_web(desk: Desk, status: int) -> None:
    shop = opened(desk)
    link = shop.share(shop.add("export.zip", BIG))
    shop.says("content.dropboxapi.com", status)
    told: list[str] = []
    assert desk.fetch(link, tell=lambda problem: told.append(problem.code))[0].sha256 == BIG.sha256
    assert told == ["credentials_rejected"]


def test_a_file_in_a_folder_comes_by_the_web_where_the_app_is_refused(desk: Desk) -> None:
    shop = opened(desk)
    link = shop.share(shop.folder({"it's #1.csv": BIG, "Sub": {"b ü.csv": BIG}}))
    shop.says("content.dropboxapi.com", 401)
    assert [file.sha256 for file in desk.fetch(link)] == [BIG.sha256] * 2


@pytest.mark.parametrize("size", [0, 1, 4 * 1024**2, 4 * 1024**2 + 1, 9 * 1024**2])
def test_the_fingerprint_is_of_blocks(desk: Desk, size: int) -> None:
    shop = opened(desk)
    file = ServedFile(size=size) if size else ServedFile(text=b"")
    node = shop.add("export.zip", file)
    whole = file.read(0, size)
    blocks = b"".join(hashlib.sha256(whole[at : at + 4 * 1024**2]).digest() for at in range(0, size, 4 * 1024**2))
    assert node.hex("dropbox") == hashlib.sha256(blocks).hexdigest()
    assert desk.fetch(shop.share(node))[0].size == size


def test_another_revision_in_a_part_begins_the_file_anew(desk: Desk) -> None:
    shop = opened(desk)
    node = shop.add("export.zip", BIG)
    node.faults = [
        Fault("end", at=100_000),
        Fault("headers", headers={"dropbox-api-result": '{"rev": "another"}'}, on="resume"),
    ]
    assert desk.fetch(shop.share(node))[0].sha256 == BIG.sha256
    assert [r.range for r in shop.requests("get_shared_link_file")][-3:] == [None, (100_000, None), None]
    assert all("if-range" not in r.headers for r in desk.net.log)


def test_a_listing_that_is_reset_is_made_again(desk: Desk) -> None:
    shop = opened(desk)
    link = shop.share(shop.folder({f"{n}.csv": BIG for n in range(5)}))
    shop.says("list_folder/continue", 409, {"error_summary": "reset/", "error": {".tag": "reset"}}, times=2)
    assert len(desk.probe(link).files) == 5
    shop.says("list_folder/continue", 409, {"error_summary": "reset/", "error": {".tag": "reset"}})
    assert desk.refused(link) == "provider_changed"


def test_a_cursor_that_comes_again_is_not_gone_along_with(desk: Desk) -> None:
    shop = opened(desk)
    link = shop.share(shop.folder({"a.csv": BIG}))
    shop.says("list_folder", 200, {"entries": [], "cursor": "same", "has_more": True})
    assert desk.refused(link) == "provider_changed"


def test_what_opens_a_link_stays_and_how_to_show_it_goes(desk: Desk) -> None:
    shop = opened(desk, with_app=False)
    link = shop.share(shop.add("export.zip", BIG))
    for pasted in (link, link.replace("dl=0", "dl=0&dl=1&raw=1"), link.replace("&dl=0", "")):
        assert desk.probe(pasted).size == BIG.length
    assert {r.target.partition("?")[2] for r in shop.requests(LINK)} == {f"rlkey={RLKEY}&st=canaryst&dl=1"}
    assert desk.refused(link.replace("rlkey", "other")) == "link_gone"


def test_something_in_a_folder_is_meant_by_its_path(desk: Desk) -> None:
    shop = opened(desk)
    folder = shop.folder({"a.csv": BIG, "Sub": {"b ü.csv": BIG}})
    link = shop.share(folder)
    found = desk.probe(link.replace("/h?", "/h/Sub?"))
    assert [file.path for file in found.files] == ["b ü.csv"]
    for one in (link.replace("/h?", "/h/Sub/b%20%C3%BC.csv?"), f"{link}&preview=a.csv"):
        assert not desk.probe(one).folder
        assert desk.fetch(one)[0].sha256 == BIG.sha256


@pytest.mark.parametrize("link", ["https://db.tt/abc", "https://www.dropbox.com/l/scl/abc"])
def test_a_link_that_only_leads_on_is_followed_once(desk: Desk, link: str) -> None:
    shop = opened(desk)
    shop.add("export.zip", BIG)
    assert desk.fetch(link)[0].sha256 == BIG.sha256
    shop.says(link.removeprefix("https://"), 302, headers={"Location": "https://www.dropbox.com/l/again"})
    assert desk.refused(link) == "link_not_recognised"
    shop.said.clear()
    shop.says(link.removeprefix("https://"), 302, headers={"Location": "https://evil.example/x"})
    assert desk.refused(link) in ("unsafe_address", "link_not_recognised")


def test_an_address_that_ran_out_is_asked_for_again(desk: Desk) -> None:
    shop = opened(desk, with_app=False)
    node = shop.add("export.zip", BIG)
    node.faults = [Fault("end", at=100_000)]
    shop.expire_first = 1
    assert desk.fetch(shop.share(node))[0].sha256 == BIG.sha256
    shop.expire_first = 10
    assert desk.refused(shop.share(node)) == "link_gone"
    assert len({r.target for r in desk.net.log if r.host == BYTES_HOST}) == shop.signed


@pytest.mark.parametrize("cut", [False, True])
def test_a_folder_without_an_app_is_one_zip_that_must_come_to_its_end(desk: Desk, cut: bool) -> None:
    shop = opened(desk, with_app=False)
    folder = shop.folder({"export.zip": BIG})
    folder.faults = [Fault("end", at=150_000, times=1 if cut else 0)]
    found = desk.probe(shop.share(folder))
    assert (found.size, found.first_kind) == (None, "zip")
    assert desk.fetch(shop.share(folder))[0].sha256 == BIG.sha256
    desk.limits(max_unsized_bytes=100_000)
    with pytest.raises(Stop) as caught:
        desk.fetch(shop.share(folder))
    assert caught.value.problem.code == "export_too_big"
