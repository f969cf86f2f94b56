"""Opening a OneDrive link as a browser does: where it leads, the cookie on the way, and Microsoft's own listing behind
it. Observed in 2026, and promised by nobody."""

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.errors import Stop
from app.links.answer import Answer, Json, display_name
from app.links.failures import data_of, table_of
from app.links.kinds import first_kind, is_page
from app.links.link import Address, Link, host_matches
from app.links.listing import Document, Entry, Folder, Listing, Pages, listed
from app.links.normalise import parse
from app.links.problems import stop
from app.links.provider import Found, RemoteFile, Validator
from app.links.providers.asking import part_headers, text_of
from app.links.providers.known import KnownRoute
from app.links.web import BROWSER, RUN_OUT, Web

DATA = data_of(__file__, "onedrive.toml")
ALLOWED, FAILURES = tuple(DATA["allowed"]), table_of(DATA)
COOKIE, HOST = str(DATA["cookie"]), "onedrive.live.com"
ID = re.compile(r"[A-Za-z0-9!._%-]{1,200}")


class OneDriveBrowser(KnownRoute):
    """Items are `CID/ITEM`, both as Microsoft writes them."""

    name = "browser"
    failures = FAILURES

    def probe(self, link: Link, web: Web) -> Found:
        item = self._enter(link, web)
        told = self._meta(item, link, web)
        name = text_of(told, "name")
        if "folder" in told:
            found = self._listing(item, link, web)
            return Found.of(self._provider, link, name, found.files, folder=True, warnings=found.warnings)
        file = _file(told, item, display_name(name) or "export")
        kind = "empty" if file.size == 0 else self._first_kind(link, file, web)
        return Found.of(self._provider, link, name, [file], first_kind=kind)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        item = self._enter(link, web)
        told = self._meta(item, link, web)
        if "folder" in told:
            return self._listing(item, link, web).files
        return [_file(told, item, display_name(text_of(told, "name")) or "export")]

    def file(self, link: Link, file: RemoteFile, web: Web) -> RemoteFile | None:
        self._enter(link, web)
        return _file(self._meta(file.item, link, web), file.item, file.path)

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        """The address of the bytes lasts for an hour, so every request begins at the link."""
        return self._opened(link, file, web, part_headers(start, file.validator))

    def trusts(self, answer: Answer) -> bool:
        return True

    def _enter(self, link: Link, web: Web) -> str:
        """Goes where the link leads, and reads from there what it means. Without the cookie it is not public."""
        web.forget()
        with web.get(link.address, BROWSER) as answer:
            if answer.status >= 400 and (answer.status not in RUN_OUT or not web.has_cookie(COOKIE)):
                code = "link_private" if answer.status in (401, 403) else self.problem(answer)
                raise web.refused(answer, code, self._provider.label(link))
            at = answer.address
        if not web.has_cookie(COOKIE):
            raise stop("link_private")
        said = at.parameters
        item = said.get("resid") or said.get("id", "")
        drive = said.get("cid") or item.partition("!")[0]
        if not (ID.fullmatch(drive) and ID.fullmatch(item)):
            raise stop("provider_changed")
        return f"{drive}/{item}"

    def _opened(self, link: Link, file: RemoteFile, web: Web, headers: Mapping[str, str]) -> Answer:
        answer: Answer | None = None
        for _ in range(2):
            if answer is not None:
                answer.close()
            self._enter(link, web)
            answer = web.get(self._content(self._meta(file.item, link, web)), {**BROWSER, **headers})
            if answer.status not in RUN_OUT:
                break
        assert answer is not None  # noqa: S101 - it was asked for
        return answer

    def _content(self, told: Json) -> Address:
        url = next((text_of(told, name) for name in DATA["download"] if told.get(name)), "")
        try:
            address, http = parse(url)
        except Stop:
            raise stop("provider_changed") from None
        if http or not host_matches(address.host, ALLOWED):
            raise stop("provider_changed")
        return address

    def _first_kind(self, link: Link, file: RemoteFile, web: Web) -> str:
        with self._opened(link, file, web, {"range": "bytes=0-1023"}) as answer:
            if answer.status not in (200, 206) or (is_page(answer.peek()) and not file.page):
                raise self.refused(answer, link, web)
            return first_kind(answer.peek())

    def _listing(self, item: str, link: Link, web: Web) -> Listing:
        return listed(Folder(item), lambda folder: self._children(folder, link, web), web.settings)

    def _children(self, folder: Folder, link: Link, web: Web) -> Iterator[Entry]:
        pages, address = Pages(web.settings), _api(folder.item, "/children")
        while True:
            page = self._json(address, link, web)
            if not isinstance(page.get("value"), list):
                raise stop("provider_changed")
            for told in page["value"]:
                path = folder.holding(text_of(told, "name"))
                drive = text_of(told.get("parentReference") or {}, "driveId") or folder.item.partition("/")[0]
                item = f"{drive}/{text_of(told, 'id')}"
                if "folder" in told:
                    yield Folder(item, path)
                elif "package" in told or "bundle" in told:
                    yield Document(path)
                else:
                    yield _file(told, item, path)
            onward = text_of(page, "@odata.nextLink")
            if not onward:
                return
            try:
                following, _ = parse(pages.turn(onward))
            except Stop:
                raise stop("provider_changed") from None
            if following.host != address.host:
                raise stop("provider_changed")
            address = following

    def _meta(self, item: str, link: Link, web: Web) -> Json:
        told = self._json(_api(item), link, web)
        if "bundle" in told:
            raise stop("folder_not_supported")
        if "package" in told:
            raise stop("native_document", name=display_name(text_of(told, "name")))
        return told

    def _json(self, address: Address, link: Link, web: Web) -> Json:
        with web.get(address, {**BROWSER, "accept": "application/json"}) as answer:
            if answer.status != 200:
                raise self.refused(answer, link, web)
            return answer.json()


def _api(item: str, what: str = "") -> Address:
    drive, _, name = item.partition("/")
    return Address(HOST, f"/_api/v2.0/drives/{quote(drive, safe='')}/items/{quote(name, safe='')}{what}")


def _file(told: Json, item: str, path: str) -> RemoteFile:
    size, facet = told.get("size"), told.get("file")
    if not isinstance(facet, dict) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise stop("provider_changed")
    page = text_of(facet, "mimeType").startswith("text/html")
    return RemoteFile(item, path, size, Validator("ctag", text_of(told, "cTag")), checksums=_sums(facet), page=page)


def _sums(facet: Mapping[str, Any]) -> Mapping[str, str]:
    """Fingerprints as hex; the quick one is written in base64."""
    hashes = facet.get("hashes")
    if not isinstance(hashes, dict):
        return {}
    found = {ours: text_of(hashes, theirs).lower() for ours, theirs in (("sha1", "sha1Hash"), ("sha256", "sha256Hash"))}
    with contextlib.suppress(binascii.Error, ValueError):
        found["quickxor"] = base64.b64decode(text_of(hashes, "quickXorHash"), validate=True).hex()
    return {name: value for name, value in found.items() if value}
