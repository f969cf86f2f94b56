"""Lists a shared folder of SharePoint: the page behind the link gives the location, the library gives the entries."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from app.errors import Stop
from app.links.folder_listing import FolderEntry, FolderListing, ListingPages, RemoteFolder, walk_folder
from app.links.link_problems import stop
from app.links.provider import RemoteFile, Validator
from app.links.providers.sharepoint.session import COOKIE, open_with_password, problem_for, with_session
from app.links.response import Json
from app.links.share_link import ShareLink, WebAddress
from app.links.web_client import BROWSER, ProviderRequest, WebClient

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
        if not isinstance(payload.get("Row"), list):
            raise stop("provider_changed")
        for row in payload["Row"]:
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


def _unwrap(payload: Json) -> Mapping[str, Any]:
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
    if not re.fullmatch(r"[0-9A-Fa-f-]{36}", guid):
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
