"""A SharePoint library lists 30 rows a page, at every level. A listing is complete, or a problem."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from app.links.checkpoint import FileState
from tests.links.conftest import Downloader
from tests.links.fake_provider import Node
from tests.links.files import ServedFile
from tests.links.network import Stream
from tests.links.providers.sharepoint.fake import LIBRARY, PAGE, WEB, SharePoint
from tests.links.replies import Request, answer

SMALL = ServedFile(size=2_001)
MANY = 2 * PAGE + 1
NAMES = ["it's here.csv", "#1.csv", "100%.csv", "a&b?c=d.csv", "Zoë.csv"]
ROWS = "RenderListDataAsStream"


def names(prefix: str, count: int) -> dict[str, Any]:
    return {f"{prefix} {n:03}.csv": SMALL for n in range(count)}


@pytest.fixture
def fake(downloader: Downloader) -> SharePoint:
    return SharePoint(downloader.net)


def nested(fake: SharePoint) -> tuple[str, Node]:
    """More than two pages in the shared folder and in a sub-folder, with names that need escaping."""
    odd = {name: replace(SMALL, seed=n) for n, name in enumerate(NAMES)}
    deep = {"It's 100% #2": {**names("deep", MANY), "Letters": {**names("letter", PAGE), **odd}}}
    folder = fake.folder({**names("top", MANY), **deep})
    return fake.share(folder), folder


def on_page(fake: SharePoint, number: int, then: Callable[[Request, Stream], None]) -> None:
    """Replaces the reply to the page with this number."""
    answers, requests = fake.reply, [0]

    def reply(request: Request, line: Stream) -> None:
        requests[0] += ROWS in request.path
        (then if ROWS in request.path and requests[0] == number else answers)(request, line)

    fake.reply = reply  # type: ignore[method-assign]


def test_every_level_is_listed_over_all_pages_and_every_file_is_downloaded(
    downloader: Downloader, fake: SharePoint
) -> None:
    link, folder = nested(fake)
    contents = downloader.probe(link)
    assert len(contents.files) == len([node for node in folder.walk() if not node.is_folder]) == 2 * MANY + PAGE + 5
    assert f"It's 100% #2/deep {MANY - 1:03}.csv" in {file.path for file in contents.files}
    requests = [request for request in downloader.net.log if ROWS in request.path]
    assert len(requests) == 3 + 3 + 2
    assert {request.method for request in requests} == {"POST"}
    fetched = {file.path: file.sha256 for file in downloader.fetch(fake.share(folder.children[-1].children[-1]))}
    assert fetched["#1.csv"] == replace(SMALL, seed=1).sha256
    assert set(NAMES) <= fetched.keys()


def test_a_failing_middle_page_fails_the_whole_listing(downloader: Downloader, fake: SharePoint) -> None:
    link, _ = nested(fake)
    on_page(fake, 5, lambda _, line: answer(line, 404, b'{"error": {"code": "itemNotFound"}}'))
    assert downloader.refused(link) == "link_gone"


@pytest.mark.parametrize("body", [b"<html>Something went wrong</html>", b"{}", b'{"Row": "none"}', b'{"Row": [1]}'])
def test_an_invalid_page_is_provider_changed(downloader: Downloader, fake: SharePoint, body: bytes) -> None:
    link, _ = nested(fake)
    on_page(fake, 5, lambda _, line: answer(line, 200, body))
    assert downloader.refused(link) == "provider_changed"


def test_a_repeated_page_is_provider_changed(downloader: Downloader, fake: SharePoint) -> None:
    link = fake.share(fake.folder(names("top", 3)))
    rows = {"Row": [], "NextHref": "?Paged=TRUE&p_ID=30"}
    fake.order(ROWS, 200, rows)
    assert downloader.refused(link) == "provider_changed"
    assert len([request for request in downloader.net.log if ROWS in request.path]) == 2


def test_the_list_in_the_page_is_used_only_where_it_is_complete(downloader: Downloader, fake: SharePoint) -> None:
    folder = fake.folder(names("top", 3))
    link = fake.share(folder)
    fake.library_lists = False
    whole = json.loads(fake.json_of(f"{WEB}/{LIBRARY}/{folder.name}"))
    assert len(downloader.probe(link).files) == 3
    whole["ListData"]["NextHref"] = "?Paged=TRUE&p_ID=30"
    at = f"onedrive.aspx?id={quote(f'{WEB}/{LIBRARY}/{folder.name}', safe='')}"
    page = f"<!DOCTYPE html><html><body><script>var g_listData = {json.dumps(whole)};</script></body></html>"
    fake.order(at, 200, page.encode())
    assert downloader.refused(link) == "provider_changed"


def test_a_change_on_a_later_page_of_a_sub_folder_is_reported(downloader: Downloader, fake: SharePoint) -> None:
    folder = fake.folder({"Sub": names("file", PAGE + 2)})
    link = fake.share(folder)

    def rewritten(state: FileState) -> None:
        last = folder.children[0].children[-1]
        if state.done and last.file is not None and state.path.endswith("000.csv"):
            last.file = replace(last.file, modified="Thu, 01 Jan 2026 00:00:00 GMT")

    problems: list[Any] = []
    fetched = downloader.fetch(link, save=rewritten, report=problems.append)
    assert len(fetched) == PAGE + 2
    assert [problem.code for problem in problems] == ["folder_changed"]


@pytest.mark.parametrize("times", [1, None])
def test_a_refused_second_page_is_never_half_a_folder(
    downloader: Downloader, fake: SharePoint, times: int | None
) -> None:
    link, folder = nested(fake)
    fake.order("&p_ID=30", 401, {"error": {"code": "unauthenticated"}}, times=times)
    if times is None:
        assert downloader.refused(link) == "link_private"
    else:  # the session expired, and a new session lists the whole folder
        assert len(downloader.probe(link).files) == len([node for node in folder.walk() if not node.is_folder])
