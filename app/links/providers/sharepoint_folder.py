"""A shared folder of SharePoint: the page that a link leads to says where it is, and its library what is in it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from app.errors import Stop
from app.links.answer import Json
from app.links.link import Address, Link
from app.links.listing import Entry, Folder, Listing, Pages, listed
from app.links.problems import stop
from app.links.provider import RemoteFile, Validator
from app.links.providers.sharepoint_links import COOKIE, entered, in_session, problem_of
from app.links.web import BROWSER, Ask, Web

ASKED = {
    "parameters": {
        "RenderOptions": 2,
        "ViewXml": '<View Scope="Default"><RowLimit Paged="TRUE">30</RowLimit></View>',
    }
}
FIRST_PAGE = re.compile(r"g_listData\s*=\s*(?=\{)")
HEADERS = {"content-type": "application/json;odata=verbose", "accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder on its host: the web that it belongs to, its library, and its path, as the server writes them."""

    host: str
    web: str
    library: str
    path: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


def enter_folder(link: Link, web: Web) -> tuple[Place, str]:
    """Goes in by the link; where that is, and the page there."""
    with entered(link.address, link, web, {}) as answer:
        text = answer.text()
        path = answer.address.parameters.get("id", "")
        if answer.status != 200 or not path.startswith("/"):
            raise web.refused(answer, problem_of(answer), "SharePoint")
        if not web.has_cookie(COOKIE):
            raise stop("link_private")
        return _place(answer.address, path), text


def _place(at: Address, path: str) -> Place:
    page = unquote(at.path)
    library = page.rpartition("/Forms/")[0]  # WEB/LIBRARY/Forms/AllItems.aspx, or WEB/_layouts/15/onedrive.aspx
    root = page.partition("/_layouts/")[0] if "/_layouts/" in page else library.rpartition("/")[0]
    inside = path.removeprefix(root + "/")
    if inside == path:
        raise stop("provider_changed")
    return Place(at.host, root, f"{root}/{inside.partition('/')[0]}", path.rstrip("/"))


def list_folder(place: Place, page: str, link: Link, web: Web, label: str) -> Listing:
    """Everything in the folder and below it. Where the library does not list, the page itself may, if it is all."""

    def children(folder: Folder) -> Iterator[Entry]:
        try:
            yield from list(_children(place, folder, link, web, label))
        except Stop as reason:
            rows = _in_page(page) if folder.item == place.path else None
            if reason.problem.code != "provider_changed" or rows is None:
                raise
            yield from (_entry(place, folder, row) for row in rows)

    return listed(Folder(place.path), children, web.settings)


def _children(place: Place, folder: Folder, link: Link, web: Web, label: str) -> Iterator[Entry]:
    pages, onward = Pages(web.settings), ""
    library = quote("'" + place.library.replace("'", "''") + "'", safe="")
    base = f"{quote(place.web, safe='/')}/_api/web/GetListUsingPath(DecodedUrl=@a1)/RenderListDataAsStream"
    while True:
        target = f"{base}?@a1={library}&RootFolder={quote(folder.item, safe='')}{onward}"
        ask = Ask(Address(place.host, target), {**BROWSER, **HEADERS}, {}, "POST", json.dumps(ASKED).encode())
        with in_session(web, partial(web.ask, ask), lambda: enter_folder(link, web), {401, 403}) as answer:
            if answer.status != 200:
                raise web.refused(answer, problem_of(answer), label)
            told = _unwrapped(answer.json())
        if not isinstance(told.get("Row"), list):
            raise stop("provider_changed")
        for row in told["Row"]:
            yield _entry(place, folder, row)
        following = told.get("NextHref")
        if not following:
            return
        onward = _next(pages.turn(str(following)), place)


def _next(href: str, place: Place) -> str:
    """The query of the next page, to be put behind our own; one that leads elsewhere is not followed."""
    before, mark, query = href.partition("?")
    own = (f"https://{place.host}/", "/")
    if not mark or (before and (not before.startswith(own) or before.startswith("//"))):
        raise stop("provider_changed")
    if not query.isascii() or any(c in query for c in " \\#"):
        raise stop("provider_changed")
    kept = (pair for pair in query.split("&") if pair.partition("=")[0].lower() not in ("rootfolder", "@a1", ""))
    return "".join(f"&{pair}" for pair in kept)


def _unwrapped(told: Json) -> Mapping[str, Any]:
    for name in ("d", "ListData"):
        inner = told.get(name)
        told = inner if isinstance(inner, dict) else told
    return told


def _entry(place: Place, folder: Folder, row: Any) -> Entry:
    if not isinstance(row, dict) or not isinstance(row.get("FileRef"), str):
        raise stop("provider_changed")
    path = folder.holding(str(row.get("FileLeafRef", "")))
    if str(row.get("FSObjType")) == "1":
        return Folder(row["FileRef"], path)
    guid, size = str(row.get("UniqueId", "")).strip("{}"), str(row.get("File_x0020_Size", ""))
    if not re.fullmatch(r"[0-9A-Fa-f-]{36}", guid):
        raise stop("provider_changed")
    return RemoteFile(
        item=f"{place.web}|{guid}",
        path=path,
        size=int(size) if size.isascii() and size.isdigit() else None,
        validator=Validator("modified", str(row.get("Modified", ""))),
        page=path.lower().endswith((".html", ".htm", ".aspx")),
    )


def _in_page(text: str) -> list[Any] | None:
    """The list as the page itself holds it; None unless it says that there is no more."""
    found = FIRST_PAGE.search(text)
    if found is None:
        return None
    try:
        told, _ = json.JSONDecoder().raw_decode(text, found.end())
    except (ValueError, RecursionError):
        return None
    listed_data = _unwrapped(told)
    rows = listed_data.get("Row")
    return rows if isinstance(rows, list) and not listed_data.get("NextHref") else None
