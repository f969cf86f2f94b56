"""Dropbox: every refusal of the API and of the web pages has words that a clinic can act on."""

import hashlib
from typing import Any

import pytest

from app.errors import Stop
from tests.links.cases import BY_NAME
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.providers.dropbox.fake import BLOB, BYTES_HOST, PASSWORD, RLKEY, Dropbox
from tests.links.refusals import BIG, RefusalCase, assert_refused, page
from tests.links.replies import Fault

API, WEB = BY_NAME["dropbox-api"], BY_NAME["dropbox-page"]
META, LINK = "api.dropboxapi.com/2/sharing", "www.dropbox.com/scl/fi"


def tag(code: str, name: str, **more: Any) -> RefusalCase:
    return RefusalCase(code, META, 409, {"error_summary": f"{name}/..", "error": {".tag": name}}, **more)


API_ROWS = [
    tag("link_gone", "shared_link_not_found"),
    tag("link_private", "shared_link_access_denied"),
    tag("link_private", "unsupported_parameter_field"),
    tag("native_document", "unsupported_link_type"),
    RefusalCase("link_download_disabled", changes={"allow_download": False}),
    RefusalCase("link_quota", META, 429, b"This account is generating too much traffic"),
    RefusalCase("provider_rate_limited", META, 429, {"error_summary": "too_many_requests/.", "error": {}}),
    RefusalCase("provider_down", META, 503),
    RefusalCase("provider_changed", META, 200, b"<html>"),
    RefusalCase("provider_changed", META, 418),
]
PAGE_ROWS = [
    RefusalCase("link_gone", LINK, 404, page("Dropbox - 404")),
    RefusalCase("link_gone", LINK, 302, headers={"Location": "https://www.dropbox.com/error_pages/no_access"}),
    RefusalCase("link_gone", LINK, 460, page("Restricted Content")),
    RefusalCase("link_private", changes={"node.private": True}),
    RefusalCase("link_private", LINK, 302, headers={"Location": "https://www.dropbox.com/login?cont=x"}),
    RefusalCase("link_password", LINK, 200, page("Dropbox", f"<script>'{BLOB}'</script>")),
    RefusalCase("link_download_disabled", changes={"allow_download": False}),
    RefusalCase("native_document", LINK, 200, page("Dropbox Paper", "a document")),
    RefusalCase("link_quota", LINK, 429, page("x", "generating too much traffic")),
    RefusalCase("link_quota", LINK, 509, page("x")),
    RefusalCase("provider_rate_limited", LINK, 429, page("x")),
    RefusalCase("export_too_big", LINK, 200, page("Dropbox", "The zip file is too large")),
    RefusalCase("provider_down", LINK, 500),
    RefusalCase("provider_changed", LINK, 200, page("Something else")),
]


@pytest.mark.parametrize("row", API_ROWS, ids=str)
def test_the_api_refuses(downloader: Downloader, row: RefusalCase) -> None:
    assert_refused(downloader, API, row)


@pytest.mark.parametrize("row", PAGE_ROWS, ids=str)
def test_a_page_refuses(downloader: Downloader, row: RefusalCase) -> None:
    assert_refused(downloader, WEB, row)
    assert not [r for r in downloader.net.log if r.path.startswith(("/login", "/error_pages"))]


def opened(downloader: Downloader, with_app: bool = True) -> Dropbox:
    downloader.limits(**API.settings if with_app else {})
    return Dropbox(downloader.net)


def test_a_password_is_requested_checked_and_used(downloader: Downloader) -> None:
    fake = opened(downloader)
    for node in (fake.add("export.zip", BIG), fake.folder({"a.csv": BIG, "Sub": {"b.csv": BIG}})):
        fake.passwords[node.id] = PASSWORD
        link = fake.share(node)
        assert downloader.refused(link) == "link_password"
        assert downloader.refused(link, password="wrong") == "link_password_wrong"
        assert {file.sha256 for file in downloader.fetch(link, password=PASSWORD)} == {BIG.sha256}


def test_a_password_needs_the_app(downloader: Downloader) -> None:
    fake = opened(downloader, with_app=False)
    node = fake.add("export.zip", BIG)
    fake.passwords[node.id] = PASSWORD
    assert downloader.refused(fake.share(node), password=PASSWORD) == "credentials_missing"


@pytest.mark.parametrize("status", [400, 401])
def test_an_app_that_is_refused_at_the_download_falls_back_to_the_page_route(
    downloader: Downloader, status: int
) -> None:
    fake = opened(downloader)
    link = fake.share(fake.add("export.zip", BIG))
    fake.order("content.dropboxapi.com", status)
    codes: list[str] = []
    assert downloader.fetch(link, report=lambda problem: codes.append(problem.code))[0].sha256 == BIG.sha256
    assert codes == ["credentials_rejected"]


def test_a_file_in_a_folder_uses_the_page_route_where_the_app_is_refused(downloader: Downloader) -> None:
    fake = opened(downloader)
    link = fake.share(fake.folder({"it's #1.csv": BIG, "Sub": {"b ü.csv": BIG}}))
    fake.order("content.dropboxapi.com", 401)
    assert [file.sha256 for file in downloader.fetch(link)] == [BIG.sha256] * 2


@pytest.mark.parametrize("size", [0, 1, 4 * 1024**2, 4 * 1024**2 + 1, 9 * 1024**2])
def test_the_content_hash_is_computed_from_blocks(downloader: Downloader, size: int) -> None:
    fake = opened(downloader)
    file = ServedFile(size=size) if size else ServedFile(text=b"")
    node = fake.add("export.zip", file)
    whole = file.read(0, size)
    blocks = b"".join(hashlib.sha256(whole[at : at + 4 * 1024**2]).digest() for at in range(0, size, 4 * 1024**2))
    assert node.hex("dropbox") == hashlib.sha256(blocks).hexdigest()
    assert downloader.fetch(fake.share(node))[0].size == size


def test_another_revision_in_a_range_restarts_the_file(downloader: Downloader) -> None:
    fake = opened(downloader)
    node = fake.add("export.zip", BIG)
    node.faults = [
        Fault("end", at=100_000),
        Fault("headers", headers={"dropbox-api-result": '{"rev": "another"}'}, on="resume"),
    ]
    assert downloader.fetch(fake.share(node))[0].sha256 == BIG.sha256
    assert [r.range for r in fake.requests("get_shared_link_file")][-3:] == [None, (100_000, None), None]
    assert all("if-range" not in r.headers for r in downloader.net.log)


def test_a_reset_listing_is_requested_again(downloader: Downloader) -> None:
    fake = opened(downloader)
    link = fake.share(fake.folder({f"{n}.csv": BIG for n in range(5)}))
    fake.order("list_folder/continue", 409, {"error_summary": "reset/", "error": {".tag": "reset"}}, times=2)
    assert len(downloader.probe(link).files) == 5
    fake.order("list_folder/continue", 409, {"error_summary": "reset/", "error": {".tag": "reset"}})
    assert downloader.refused(link) == "provider_changed"


def test_a_repeated_cursor_is_provider_changed(downloader: Downloader) -> None:
    fake = opened(downloader)
    link = fake.share(fake.folder({"a.csv": BIG}))
    fake.order("list_folder", 200, {"entries": [], "cursor": "same", "has_more": True})
    assert downloader.refused(link) == "provider_changed"


def test_parameters_that_open_a_link_are_kept_and_view_parameters_are_removed(downloader: Downloader) -> None:
    fake = opened(downloader, with_app=False)
    link = fake.share(fake.add("export.zip", BIG))
    for pasted in (link, link.replace("dl=0", "dl=0&dl=1&raw=1"), link.replace("&dl=0", "")):
        assert downloader.probe(pasted).size == BIG.length
    assert {r.target.partition("?")[2] for r in fake.requests(LINK)} == {f"rlkey={RLKEY}&st=canaryst&dl=1"}
    assert downloader.refused(link.replace("rlkey", "other")) == "link_gone"


def test_an_entry_in_a_folder_is_addressed_by_its_path(downloader: Downloader) -> None:
    fake = opened(downloader)
    folder = fake.folder({"a.csv": BIG, "Sub": {"b ü.csv": BIG}})
    link = fake.share(folder)
    contents = downloader.probe(link.replace("/h?", "/h/Sub?"))
    assert [file.path for file in contents.files] == ["b ü.csv"]
    for pasted in (link.replace("/h?", "/h/Sub/b%20%C3%BC.csv?"), f"{link}&preview=a.csv"):
        assert not downloader.probe(pasted).folder
        assert downloader.fetch(pasted)[0].sha256 == BIG.sha256


@pytest.mark.parametrize("link", ["https://db.tt/abc", "https://www.dropbox.com/l/scl/abc"])
def test_a_redirecting_link_is_followed_once(downloader: Downloader, link: str) -> None:
    fake = opened(downloader)
    fake.add("export.zip", BIG)
    assert downloader.fetch(link)[0].sha256 == BIG.sha256
    fake.order(link.removeprefix("https://"), 302, headers={"Location": "https://www.dropbox.com/l/again"})
    assert downloader.refused(link) == "link_not_recognised"
    fake.replies.clear()
    fake.order(link.removeprefix("https://"), 302, headers={"Location": "https://evil.example/x"})
    assert downloader.refused(link) in ("unsafe_address", "link_not_recognised")


def test_an_expired_signed_address_is_requested_again(downloader: Downloader) -> None:
    fake = opened(downloader, with_app=False)
    node = fake.add("export.zip", BIG)
    node.faults = [Fault("end", at=100_000)]
    fake.expire_first = 1
    assert downloader.fetch(fake.share(node))[0].sha256 == BIG.sha256
    fake.expire_first = 10
    assert downloader.refused(fake.share(node)) == "link_gone"
    assert len({r.target for r in downloader.net.log if r.host == BYTES_HOST}) == fake.signed


@pytest.mark.parametrize("cut", [False, True])
def test_a_folder_without_an_app_is_a_zip_that_must_be_complete(downloader: Downloader, cut: bool) -> None:
    fake = opened(downloader, with_app=False)
    folder = fake.folder({"export.zip": BIG})
    folder.faults = [Fault("end", at=150_000, times=1 if cut else 0)]
    contents = downloader.probe(fake.share(folder))
    assert (contents.size, contents.first_kind) == (None, "zip")
    assert downloader.fetch(fake.share(folder))[0].sha256 == BIG.sha256
    downloader.limits(max_unsized_bytes=100_000)
    with pytest.raises(Stop) as caught:
        downloader.fetch(fake.share(folder))
    assert caught.value.problem.code == "export_too_big"
