"""Google Drive by the API with the operator's key. The API gives names, sizes and checksums, and lists folders."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from app.json_values import JsonObject
from app.links.failure_tables import parse_failure_table
from app.links.file_responses import build_range_headers, get_object, get_objects, get_text, parse_refusal
from app.links.file_signatures import first_kind
from app.links.folder_listing import FolderEntry, FolderListing, ListingPages, NativeDocument, RemoteFolder, walk_folder
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.provider import LinkContents, RemoteFile, Validator
from app.links.providers.google_drive.links import DATA, DriveTarget, parse_drive_target
from app.links.response import ProviderResponse, display_name
from app.links.share_link import ShareLink, WebAddress
from app.links.web_client import WebClient

HOST, BASE = "www.googleapis.com", "/drive/v3/files"
FAILURES = parse_failure_table(DATA, "api")
FOLDER, SHORTCUT = "application/vnd.google-apps.folder", "application/vnd.google-apps.shortcut"
NATIVE = "application/vnd.google-apps."
FIELDS = (
    "id,name,mimeType,size,md5Checksum,sha1Checksum,sha256Checksum,modifiedTime,version,headRevisionId,trashed,"
    "resourceKey,capabilities(canDownload),shortcutDetails"
)
DAILY_LIMIT = "dailyLimitExceeded"
SUMS = {"md5": "md5Checksum", "sha1": "sha1Checksum", "sha256": "sha256Checksum"}
log = logging.getLogger(__name__)


class GoogleApi(ProviderRoute):
    name = "api"
    failures = FAILURES
    confirms = True
    best_effort = False

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        target, metadata = self._resolve(link, web)
        name = get_text(metadata, "name")
        if metadata["mimeType"] == FOLDER:
            listing = self._list_folder(target, link, web)
            return LinkContents.build(self._provider, link, name, listing.files, folder=True, warnings=listing.warnings)
        file = self._file(target, metadata, display_name(name) or "export")
        kind = "empty" if file.size == 0 else self._first_kind(link, file, web)
        return LinkContents.build(self._provider, link, name, [file], first_kind=kind)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        target, metadata = self._resolve(link, web)
        if metadata["mimeType"] == FOLDER:
            return self._list_folder(target, link, web).files
        return [self._file(target, metadata, display_name(get_text(metadata, "name")) or "export")]

    def file(self, link: ShareLink, file: RemoteFile, web: WebClient) -> RemoteFile | None:
        target = DriveTarget.of_item(file.item)
        metadata = self._meta(target, link, web)
        return None if metadata.get("trashed") is True else self._file(target, metadata, file.path)

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        target = DriveTarget.of_item(file.item)
        address = WebAddress(HOST, f"{BASE}/{target.id}?alt=media&supportsAllDrives=true")
        return web.get(address, build_range_headers(start, Validator()), self._secrets(target, web))

    def validator(self, response: ProviderResponse) -> Validator:
        return Validator()  # only the metadata has the revision

    def problem(self, response: ProviderResponse) -> str:
        refusal = parse_refusal(response)
        if refusal.code == DAILY_LIMIT:  # temporary for the clinic, and an operator should raise the limit
            log.error("what our key may ask for in a day is used up provider=%s", self._provider.name)
        return FAILURES.problem(refusal)

    def trusts(self, response: ProviderResponse) -> bool:
        return True

    def _first_kind(self, link: ShareLink, file: RemoteFile, web: WebClient) -> str:
        target = DriveTarget.of_item(file.item)
        address = WebAddress(HOST, f"{BASE}/{target.id}?alt=media&supportsAllDrives=true")
        with web.get(address, {"range": "bytes=0-1023"}, self._secrets(target, web)) as response:
            if response.status not in (200, 206):
                raise self._refused(response, link, web)
            return first_kind(response.peek())

    def _resolve(self, link: ShareLink, web: WebClient) -> tuple[DriveTarget, JsonObject]:
        """The target of a link with its metadata. Follows shortcuts; a circle raises Stop `provider_changed`."""
        target, visited = parse_drive_target(link), set[str]()
        while target is not None and target.id not in visited:
            visited.add(target.id)
            metadata = self._meta(target, link, web)
            if metadata.get("trashed") is True:
                raise stop("link_gone")
            if metadata["mimeType"] != SHORTCUT:
                return target, metadata
            target = _parse_shortcut(metadata)
        raise stop("provider_changed")

    def _list_folder(self, target: DriveTarget, link: ShareLink, web: WebClient) -> FolderListing:
        return walk_folder(RemoteFolder(target.item), lambda folder: self._children(folder, link, web), web.settings)

    def _children(self, folder: RemoteFolder, link: ShareLink, web: WebClient) -> Iterator[FolderEntry]:
        parent, pages, token = DriveTarget.of_item(folder.item), ListingPages(web.settings), ""
        search = quote(f"'{parent.id}' in parents and trashed=false", safe="")
        while True:
            query = f"q={search}&pageSize=1000&supportsAllDrives=true&includeItemsFromAllDrives=true"
            query += f"&fields={quote(f'nextPageToken,incompleteSearch,files({FIELDS})', safe='')}"
            query += f"&pageToken={quote(token, safe='')}" if token else ""
            page = self._json(WebAddress(HOST, f"{BASE}?{query}"), parent, link, web)
            if page.get("incompleteSearch") is True:
                raise stop("provider_changed")
            for metadata in get_objects(page, "files"):
                yield self._build_entry(folder, metadata, link, web)
            token = get_text(page, "nextPageToken")
            if not token:
                return
            pages.turn(token)

    def _build_entry(self, folder: RemoteFolder, metadata: JsonObject, link: ShareLink, web: WebClient) -> FolderEntry:
        path = folder.child_path(get_text(metadata, "name"))
        target = DriveTarget(get_text(metadata, "id"), get_text(metadata, "resourceKey"))
        visited: set[str] = set()
        while metadata.get("mimeType") == SHORTCUT:
            target = _parse_shortcut(metadata)
            if target.id in visited:
                raise stop("provider_changed")
            visited.add(target.id)
            metadata = self._meta(target, link, web)
        if metadata.get("mimeType") == FOLDER:
            return RemoteFolder(target.item, path)
        if get_text(metadata, "mimeType").startswith(NATIVE):
            return NativeDocument(path)
        return self._file(target, metadata, path)

    def _file(self, target: DriveTarget, metadata: JsonObject, path: str) -> RemoteFile:
        if get_text(metadata, "mimeType").startswith(NATIVE):
            raise stop("native_document", name=path)
        if get_object(metadata, "capabilities").get("canDownload") is False:
            raise stop("link_download_disabled", name=path)
        size = get_text(metadata, "size")
        if not (size.isascii() and size.isdigit()):
            raise stop("provider_changed")
        return RemoteFile(
            item=target.item,
            path=path,
            size=int(size),
            validator=Validator("revision", get_text(metadata, "headRevisionId")),
            checksums={name: get_text(metadata, key).lower() for name, key in SUMS.items() if metadata.get(key)},
            page=get_text(metadata, "mimeType") in ("text/html", "application/xhtml+xml"),
        )

    def _meta(self, target: DriveTarget, link: ShareLink, web: WebClient) -> JsonObject:
        address = WebAddress(HOST, f"{BASE}/{target.id}?supportsAllDrives=true&fields={quote(FIELDS, safe='')}")
        metadata = self._json(address, target, link, web)
        if not isinstance(metadata.get("mimeType"), str):
            raise stop("provider_changed")
        return metadata

    def _json(self, address: WebAddress, target: DriveTarget, link: ShareLink, web: WebClient) -> JsonObject:
        with web.get(address, None, self._secrets(target, web)) as response:
            if response.status != 200:
                raise self._refused(response, link, web)
            return response.json()

    def _refused(self, response: ProviderResponse, link: ShareLink, web: WebClient) -> Exception:
        return web.refused(response, self.problem(response), self._provider.label(link))

    def _secrets(self, target: DriveTarget, web: WebClient) -> Mapping[str, str]:
        key = {"x-goog-drive-resource-keys": target.item} if target.key else {}
        return {"x-goog-api-key": web.settings.google_drive_api_key, **key}


def _parse_shortcut(metadata: JsonObject) -> DriveTarget:
    details = metadata.get("shortcutDetails")
    if not isinstance(details, dict) or not details.get("targetId"):
        raise stop("provider_changed")
    return DriveTarget(get_text(details, "targetId"), get_text(details, "targetResourceKey"))
