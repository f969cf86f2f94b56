"""Downloads from SharePoint like a browser: a file by its link, and each file of a shared folder by its id.

The page behind the link of a folder gives the location, and the library gives the entries.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from app.errors import Stop
from app.json_values import JsonObject, JsonValue
from app.links.file_responses import build_range_headers, get_objects, parse_size
from app.links.file_signatures import first_kind, is_page
from app.links.folder_listing import FolderEntry, FolderListing, ListingPages, RemoteFolder, walk_folder
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.provider import LinkContents, RemoteFile, Validator
from app.links.providers.sharepoint.session import (
    COOKIE,
    is_folder,
    open_with_password,
    problem_for,
    with_download,
    with_session,
)
from app.links.response import ProviderResponse
from app.links.share_link import ShareLink, WebAddress
from app.links.web_client import BROWSER, ProviderRequest, WebClient

GUID = re.compile(r"[0-9A-Fa-f-]{36}")
ASKED = {
    "parameters": {
        "RenderOptions": 2,
        "ViewXml": '<View Scope="Default"><RowLimit Paged="TRUE">30</RowLimit></View>',
    }
}
FIRST_PAGE = re.compile(r"g_listData\s*=\s*(?=\{)")
HEADERS = {"content-type": "application/json;odata=verbose", "accept": "application/json"}


@dataclass(frozen=True, slots=True)
class FolderLocation:
    """The location of a folder: host, web, library and path, in the server's spelling."""

    host: str
    web: str
    library: str
    path: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


class SharePointBrowser(ProviderRoute):
    """Opens files without an account. The item of a link's own file is empty, of a folder's file `WEB|GUID`."""

    name = "browser"

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        if is_folder(link):
            location, listing = self._list_folder(link, web)
            return LinkContents.build(
                self._provider, link, location.name, listing.files, folder=True, warnings=listing.warnings
            )
        with self._opened(link, {"range": "bytes=0-1023"}, web) as response:
            sized = parse_size(response)
            empty = sized is not None and sized[0] == 0
            if sized is None or not (empty or (response.attachment and not is_page(response.peek()))):
                raise self.refused(response, link, web)
            kind = "empty" if empty else first_kind(response.peek())
            file = RemoteFile("", response.name or "export", sized[0], self.validator(response), sized[1])
        return LinkContents.build(self._provider, link, file.path, [file], first_kind=kind)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        return self._list_folder(link, web)[1].files if is_folder(link) else self.probe(link, web).files

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        """The file's bytes from `start`. The session cookie lasts an hour, so a resumed download starts a new session.

        An expired session is renewed once before the response is checked.
        """
        headers = build_range_headers(start, file.validator)
        if start:
            web.clear_cookies()
        if not file.item:
            return self._opened(link, headers, web)

        if not web.has_cookie(COOKIE):
            enter_folder(link, web)
        address = _build_download_address(link, file.item)
        return with_session(web, lambda: web.get(address, {**BROWSER, **headers}), lambda: enter_folder(link, web))

    def problem(self, response: ProviderResponse) -> str:
        return problem_for(response)

    def _opened(self, link: ShareLink, headers: dict[str, str], web: WebClient) -> ProviderResponse:
        return with_session(web, lambda: open_with_password(with_download(link.address), link, web, headers))

    def _list_folder(self, link: ShareLink, web: WebClient) -> tuple[FolderLocation, FolderListing]:
        web.clear_cookies()
        location, page = enter_folder(link, web)
        return location, list_folder(location, page, link, web, self._provider.label(link))


def _build_download_address(link: ShareLink, item: str) -> WebAddress:
    root, _, guid = item.partition("|")
    return WebAddress(link.address.host, f"{quote(root, safe='/')}/_layouts/15/download.aspx?UniqueId={guid}")


def enter_folder(link: ShareLink, web: WebClient) -> tuple[FolderLocation, str]:
    """Opens the link and returns the folder's location and page. Raises Stop `link_private` without a cookie."""
    with open_with_password(link.address, link, web, {}) as response:
        text = response.text()
        path = response.address.parameters.get("id", "")
        if response.status != 200 or not path.startswith("/"):
            raise web.refused(response, problem_for(response), "SharePoint")
        if not web.has_cookie(COOKIE):
            raise stop("link_private")
        return _parse_location(response.address, path), text


def _parse_location(at: WebAddress, path: str) -> FolderLocation:
    page = unquote(at.path)
    library = page.rpartition("/Forms/")[0]  # WEB/LIBRARY/Forms/AllItems.aspx, or WEB/_layouts/15/onedrive.aspx
    root = page.partition("/_layouts/")[0] if "/_layouts/" in page else library.rpartition("/")[0]
    inside = path.removeprefix(root + "/")
    if inside == path:
        raise stop("provider_changed")
    return FolderLocation(at.host, root, f"{root}/{inside.partition('/')[0]}", path.rstrip("/"))


def list_folder(location: FolderLocation, page: str, link: ShareLink, web: WebClient, label: str) -> FolderListing:
    """Lists the folder with its sub-folders.

    Where the library's answer is unknown, the list in the page is used, if the page holds the complete list.
    """

    def children(folder: RemoteFolder) -> Iterator[FolderEntry]:
        try:
            yield from list(_children(location, folder, link, web, label))
        except Stop as reason:
            rows = _parse_page_list(page) if folder.item == location.path else None
            if reason.problem.code != "provider_changed" or rows is None:
                raise
            yield from (_parse_entry(location, folder, row) for row in rows)

    return walk_folder(RemoteFolder(location.path), children, web.settings)


def _children(
    location: FolderLocation, folder: RemoteFolder, link: ShareLink, web: WebClient, label: str
) -> Iterator[FolderEntry]:
    pages, onward = ListingPages(web.settings), ""
    library = quote("'" + location.library.replace("'", "''") + "'", safe="")
    base = f"{quote(location.web, safe='/')}/_api/web/GetListUsingPath(DecodedUrl=@a1)/RenderListDataAsStream"
    while True:
        target = f"{base}?@a1={library}&RootFolder={quote(folder.item, safe='')}{onward}"
        ask = ProviderRequest(
            WebAddress(location.host, target), {**BROWSER, **HEADERS}, {}, "POST", json.dumps(ASKED).encode()
        )
        with with_session(web, partial(web.request, ask), lambda: enter_folder(link, web), {401, 403}) as response:
            if response.status != 200:
                raise web.refused(response, problem_for(response), label)
            payload = _unwrap(response.json())
        for row in get_objects(payload, "Row"):
            yield _parse_entry(location, folder, row)
        following = payload.get("NextHref")
        if not following:
            return
        onward = _parse_next_query(pages.turn(str(following)), location)


def _parse_next_query(href: str, location: FolderLocation) -> str:
    """The query of the next page, to append to our own query. Raises Stop for an address on another host."""
    before, mark, query = href.partition("?")
    own = (f"https://{location.host}/", "/")
    if not mark or (before and (not before.startswith(own) or before.startswith("//"))):
        raise stop("provider_changed")
    if not query.isascii() or any(c in query for c in " \\#"):
        raise stop("provider_changed")
    kept = (pair for pair in query.split("&") if pair.partition("=")[0].lower() not in ("rootfolder", "@a1", ""))
    return "".join(f"&{pair}" for pair in kept)


def _unwrap(payload: JsonObject) -> Mapping[str, JsonValue]:
    for name in ("d", "ListData"):
        inner = payload.get(name)
        payload = inner if isinstance(inner, dict) else payload
    return payload


def _parse_entry(location: FolderLocation, folder: RemoteFolder, row: Any) -> FolderEntry:
    if not isinstance(row, dict) or not isinstance(row.get("FileRef"), str):
        raise stop("provider_changed")
    path = folder.child_path(str(row.get("FileLeafRef", "")))
    if str(row.get("FSObjType")) == "1":
        return RemoteFolder(row["FileRef"], path)
    guid, size = str(row.get("UniqueId", "")).strip("{}"), str(row.get("File_x0020_Size", ""))
    if not GUID.fullmatch(guid):
        raise stop("provider_changed")
    return RemoteFile(
        item=f"{location.web}|{guid}",
        path=path,
        size=int(size) if size.isascii() and size.isdigit() else None,
        validator=Validator("modified", str(row.get("Modified", ""))),
        page=path.lower().endswith((".html", ".htm", ".aspx")),
    )


def _parse_page_list(text: str) -> list[Any] | None:
    """The rows of the list in the page. None for a missing or an incomplete list."""
    start = FIRST_PAGE.search(text)
    if start is None:
        return None
    try:
        payload, _ = json.JSONDecoder().raw_decode(text, start.end())
    except (ValueError, RecursionError):
        return None
    listed_data = _unwrap(payload)
    rows = listed_data.get("Row")
    return rows if isinstance(rows, list) and not listed_data.get("NextHref") else None
