"""Opens a OneDrive link like a browser: the link's redirects, the session cookie, and the listing of the drive.

Microsoft does not document this behaviour. Observed in 2026.
"""

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from app.errors import Stop
from app.json_values import JsonObject, JsonValue
from app.links.failure_tables import parse_failure_table
from app.links.file_responses import build_range_headers, get_object, get_objects, get_text
from app.links.file_signatures import first_kind, is_page
from app.links.folder_listing import FolderEntry, FolderListing, ListingPages, NativeDocument, RemoteFolder, walk_folder
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.normalise import parse
from app.links.provider import LinkContents, RemoteFile, Validator
from app.links.provider_folder import load_provider_data
from app.links.response import ProviderResponse, display_name
from app.links.share_link import ShareLink, WebAddress, host_matches
from app.links.web_client import BROWSER, EXPIRED, WebClient

DATA = load_provider_data(__file__)
ALLOWED, FAILURES = tuple(DATA["allowed"]), parse_failure_table(DATA)
COOKIE, HOST = str(DATA["cookie"]), "onedrive.live.com"
ID = re.compile(r"[A-Za-z0-9!._%-]{1,200}")


class OneDriveBrowser(ProviderRoute):
    """Opens files without an account. An item is `CID/ITEM`, in Microsoft's spelling."""

    name = "browser"
    failures = FAILURES

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        item = self._enter(link, web)
        metadata = self._meta(item, link, web)
        name = get_text(metadata, "name")
        if "folder" in metadata:
            listing = self._list_folder(item, link, web)
            return LinkContents.build(self._provider, link, name, listing.files, folder=True, warnings=listing.warnings)
        file = _parse_file(metadata, item, display_name(name) or "export")
        kind = "empty" if file.size == 0 else self._first_kind(link, file, web)
        return LinkContents.build(self._provider, link, name, [file], first_kind=kind)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        item = self._enter(link, web)
        metadata = self._meta(item, link, web)
        if "folder" in metadata:
            return self._list_folder(item, link, web).files
        return [_parse_file(metadata, item, display_name(get_text(metadata, "name")) or "export")]

    def file(self, link: ShareLink, file: RemoteFile, web: WebClient) -> RemoteFile | None:
        self._enter(link, web)
        return _parse_file(self._meta(file.item, link, web), file.item, file.path)

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        """The file's bytes from `start`. The address of the bytes lasts an hour, so each request begins at the link."""
        return self._opened(link, file, web, build_range_headers(start, file.validator))

    def trusts(self, response: ProviderResponse) -> bool:
        return True

    def _enter(self, link: ShareLink, web: WebClient) -> str:
        """Opens the link and returns the item. Raises Stop `link_private` where no session cookie is set."""
        web.clear_cookies()
        with web.get(link.address, BROWSER) as response:
            if response.status >= 400 and (response.status not in EXPIRED or not web.has_cookie(COOKIE)):
                code = "link_private" if response.status in (401, 403) else self.problem(response)
                raise web.refused(response, code, self._provider.label(link))
            at = response.address
        if not web.has_cookie(COOKIE):
            raise stop("link_private")
        parameters = at.parameters
        item = parameters.get("resid") or parameters.get("id", "")
        drive = parameters.get("cid") or item.partition("!")[0]
        if not (ID.fullmatch(drive) and ID.fullmatch(item)):
            raise stop("provider_changed")
        return f"{drive}/{item}"

    def _opened(
        self, link: ShareLink, file: RemoteFile, web: WebClient, headers: Mapping[str, str]
    ) -> ProviderResponse:
        response: ProviderResponse | None = None
        for _ in range(2):
            if response is not None:
                response.close()
            self._enter(link, web)
            response = web.get(self._content(self._meta(file.item, link, web)), {**BROWSER, **headers})
            if response.status not in EXPIRED:
                break
        assert response is not None  # noqa: S101 - the loop runs at least once
        return response

    def _content(self, metadata: JsonObject) -> WebAddress:
        url = next((get_text(metadata, name) for name in DATA["download"] if metadata.get(name)), "")
        try:
            address, http = parse(url)
        except Stop:
            raise stop("provider_changed") from None
        if http or not host_matches(address.host, ALLOWED):
            raise stop("provider_changed")
        return address

    def _first_kind(self, link: ShareLink, file: RemoteFile, web: WebClient) -> str:
        with self._opened(link, file, web, {"range": "bytes=0-1023"}) as response:
            if response.status not in (200, 206) or (is_page(response.peek()) and not file.page):
                raise self.refused(response, link, web)
            return first_kind(response.peek())

    def _list_folder(self, item: str, link: ShareLink, web: WebClient) -> FolderListing:
        return walk_folder(RemoteFolder(item), lambda folder: self._children(folder, link, web), web.settings)

    def _children(self, folder: RemoteFolder, link: ShareLink, web: WebClient) -> Iterator[FolderEntry]:
        pages, address = ListingPages(web.settings), _build_address(folder.item, "/children")
        while True:
            page = self._json(address, link, web)
            for metadata in get_objects(page, "value"):
                path = folder.child_path(get_text(metadata, "name"))
                drive = get_text(get_object(metadata, "parentReference"), "driveId") or folder.item.partition("/")[0]
                item = f"{drive}/{get_text(metadata, 'id')}"
                if "folder" in metadata:
                    yield RemoteFolder(item, path)
                elif "package" in metadata or "bundle" in metadata:
                    yield NativeDocument(path)
                else:
                    yield _parse_file(metadata, item, path)
            onward = get_text(page, "@odata.nextLink")
            if not onward:
                return
            try:
                following, _ = parse(pages.turn(onward))
            except Stop:
                raise stop("provider_changed") from None
            if following.host != address.host:
                raise stop("provider_changed")
            address = following

    def _meta(self, item: str, link: ShareLink, web: WebClient) -> JsonObject:
        metadata = self._json(_build_address(item), link, web)
        if "bundle" in metadata:
            raise stop("folder_not_supported")
        if "package" in metadata:
            raise stop("native_document", name=display_name(get_text(metadata, "name")))
        return metadata

    def _json(self, address: WebAddress, link: ShareLink, web: WebClient) -> JsonObject:
        with web.get(address, {**BROWSER, "accept": "application/json"}) as response:
            if response.status != 200:
                raise self.refused(response, link, web)
            return response.json()


def _build_address(item: str, resource: str = "") -> WebAddress:
    drive, _, name = item.partition("/")
    return WebAddress(HOST, f"/_api/v2.0/drives/{quote(drive, safe='')}/items/{quote(name, safe='')}{resource}")


def _parse_file(metadata: JsonObject, item: str, path: str) -> RemoteFile:
    size, facet = metadata.get("size"), metadata.get("file")
    if not isinstance(facet, dict) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise stop("provider_changed")
    page = get_text(facet, "mimeType").startswith("text/html")
    return RemoteFile(
        item, path, size, Validator("ctag", get_text(metadata, "cTag")), checksums=_parse_checksums(facet), page=page
    )


def _parse_checksums(facet: Mapping[str, JsonValue]) -> Mapping[str, str]:
    """The checksums of a file as hex. Microsoft sends QuickXorHash in base64."""
    hashes = facet.get("hashes")
    if not isinstance(hashes, dict):
        return {}
    names = (("sha1", "sha1Hash"), ("sha256", "sha256Hash"))
    checksums = {ours: get_text(hashes, theirs).lower() for ours, theirs in names}
    with contextlib.suppress(binascii.Error, ValueError):
        checksums["quickxor"] = base64.b64decode(get_text(hashes, "quickXorHash"), validate=True).hex()
    return {name: value for name, value in checksums.items() if value}
