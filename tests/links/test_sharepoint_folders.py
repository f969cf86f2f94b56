"""A SharePoint library tells thirty rows at a time, at every level: all of them or a problem, never the first page."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from app.links import FileState
from tests.links.conftest import Desk
from tests.links.fakes.fake import Node
from tests.links.fakes.sharepoint import LIBRARY, PAGE, WEB, SharePoint
from tests.links.files import ServedFile
from tests.links.network import Stream
from tests.links.replies import Request, answer

SMALL = ServedFile(size=2_001)
MANY = 2 * PAGE + 1
NAMES = ["it's here.csv", "#1.csv", "100%.csv", "a&b?c=d.csv", "Zoë.csv"]
ROWS = "RenderListDataAsStream"


def names(prefix: str, count: int) -> dict[str, Any]:
    return {f"{prefix} {n:03}.csv": SMALL for n in range(count)}


@pytest.fixture
def shop(desk: Desk) -> SharePoint:
    return SharePoint(desk.net)


def nested(shop: SharePoint) -> tuple[str, Node]:
    """Two pages and more, in the shared folder and in one below it; names that must be written with care."""
    odd = {name: replace(SMALL, seed=n) for n, name in enumerate(NAMES)}
    deep = {"It's 100% #2": {**names("deep", MANY), "Letters": {**names("letter", PAGE), **odd}}}
    folder = shop.folder({**names("top", MANY), **deep})
    return shop.share(folder), folder


def on_page(shop: SharePoint, number: int, then: Callable[[Request, Stream], None]) -> None:
    """Another answer to the so-manieth page that is asked for."""
    answers, asked = shop.reply, [0]

    def reply(request: Request, line: Stream) -> None:
        asked[0] += ROWS in request.path
        (then if ROWS in request.path and asked[0] == number else answers)(request, line)

    shop.reply = reply  # type: ignore[method-assign]


def test_every_level_is_listed_over_all_its_pages_and_every_file_comes(desk: Desk, shop: SharePoint) -> None:
    link, folder = nested(shop)
    found = desk.probe(link)
    assert len(found.files) == len([node for node in folder.walk() if not node.is_folder]) == 2 * MANY + PAGE + 5
    assert f"It's 100% #2/deep {MANY - 1:03}.csv" in {file.path for file in found.files}
    asked = [request for request in desk.net.log if ROWS in request.path]
    assert len(asked) == 3 + 3 + 2
    assert {request.method for request in asked} == {"POST"}
    fetched = {file.path: file.sha256 for file in desk.fetch(shop.share(folder.children[-1].children[-1]))}
    assert fetched["#1.csv"] == replace(SMALL, seed=1).sha256
    assert set(NAMES) <= fetched.keys()


def test_a_page_in_the_middle_that_fails_fails_the_whole_listing(desk: Desk, shop: SharePoint) -> None:
    link, _ = nested(shop)
    on_page(shop, 5, lambda _, line: answer(line, 404, b'{"error": {"code": "itemNotFound"}}'))
    assert desk.refused(link) == "link_gone"


@pytest.mark.parametrize("told", [b"<html>Something went wrong</html>", b"{}", b'{"Row": "none"}', b'{"Row": [1]}'])
def test_a_page_that_is_none_is_our_problem_and_never_the_end(desk: Desk, shop: SharePoint, told: bytes) -> None:
    link, _ = nested(shop)
    on_page(shop, 5, lambda _, line: answer(line, 200, told))
    assert desk.refused(link) == "provider_changed"


def test_a_page_that_comes_again_ends_the_listing_with_a_problem(desk: Desk, shop: SharePoint) -> None:
    link = shop.share(shop.folder(names("top", 3)))
    rows = {"Row": [], "NextHref": "?Paged=TRUE&p_ID=30"}
    shop.says(ROWS, 200, rows)
    assert desk.refused(link) == "provider_changed"
    assert len([request for request in desk.net.log if ROWS in request.path]) == 2


def test_a_list_in_the_page_itself_is_taken_only_where_it_says_that_there_is_no_more(
    desk: Desk, shop: SharePoint
) -> None:
    folder = shop.folder(names("top", 3))
    link = shop.share(folder)
    shop.library_lists = False
    whole = json.loads(shop.json_of(f"{WEB}/{LIBRARY}/{folder.name}"))
    assert len(desk.probe(link).files) == 3
    whole["ListData"]["NextHref"] = "?Paged=TRUE&p_ID=30"
    at = f"onedrive.aspx?id={quote(f'{WEB}/{LIBRARY}/{folder.name}', safe='')}"
    page = f"<!DOCTYPE html><html><body><script>var g_listData = {json.dumps(whole)};</script></body></html>"
    shop.says(at, 200, page.encode())
    assert desk.refused(link) == "provider_changed"


def test_what_changes_on_a_later_page_of_a_folder_below_is_told(desk: Desk, shop: SharePoint) -> None:
    folder = shop.folder({"Sub": names("file", PAGE + 2)})
    link = shop.share(folder)

    def rewritten(state: FileState) -> None:
        last = folder.children[0].children[-1]
        if state.done and last.file is not None and state.path.endswith("000.csv"):
            last.file = replace(last.file, modified="Thu, 01 Jan 2026 00:00:00 GMT")

    told: list[Any] = []
    fetched = desk.fetch(link, save=rewritten, tell=told.append)
    assert len(fetched) == PAGE + 2
    assert [problem.code for problem in told] == ["folder_changed"]


@pytest.mark.parametrize("times", [1, None])
def test_a_library_that_refuses_its_second_page_is_never_half_a_folder(
    desk: Desk, shop: SharePoint, times: int | None
) -> None:
    link, folder = nested(shop)
    shop.says("&p_ID=30", 401, {"error": {"code": "unauthenticated"}}, times=times)
    if times is None:
        assert desk.refused(link) == "link_private"
    else:  # the session had expired: a new one lists the whole folder
        assert len(desk.probe(link).files) == len([node for node in folder.walk() if not node.is_folder])
