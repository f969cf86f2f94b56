"""Dropbox by the API with the operator's app, without an account. The API gives names, versions and checksums."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence

from app.errors import Stop
from app.json_values import JsonObject, JsonValue
from app.links.failure_tables import parse_failure_table
from app.links.file_responses import build_range_headers, get_objects, get_text, parse_refusal
from app.links.file_signatures import first_kind
from app.links.folder_listing import FolderEntry, FolderListing, ListingPages, RemoteFolder, walk_folder
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.network_errors import ConnectionLost, NoResponse
from app.links.provider import LinkContents, RemoteFile, Validator
from app.links.providers.dropbox.links import DATA, DropboxTarget, resolve_target
from app.links.response import ProviderResponse, display_name
from app.links.share_link import ShareLink, WebAddress
from app.links.web_client import BROWSER, ProviderRequest, WebClient

API, CONTENT = "api.dropboxapi.com", "content.dropboxapi.com"
FAILURES = parse_failure_table(DATA, "api")
MARKS = tuple(DATA["password_marks"])
LISTED_AGAIN = 3


class ListingReset(Exception):
    """Dropbox rejects the cursor. The folder must be listed again from the beginning."""


class DropboxApi(ProviderRoute):
    name = "api"
    failures = FAILURES
    confirms = True

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        target = resolve_target(link, web)
        metadata = self._meta(target, target.path, link, web)
        name = get_text(metadata, "name")
        if metadata[".tag"] == "folder":
            listing = self._list_folder(target, link, web)
            return LinkContents.build(self._provider, link, name, listing.files, folder=True, warnings=listing.warnings)
        file = parse_file(metadata, target.path, display_name(name) or "export")
        kind = "empty" if file.size == 0 else self._first_kind(link, file, web)
        return LinkContents.build(self._provider, link, name, [file], first_kind=kind)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        target = resolve_target(link, web)
        metadata = self._meta(target, target.path, link, web)
        if metadata[".tag"] == "folder":
            return self._list_folder(target, link, web).files
        return [parse_file(metadata, target.path, display_name(get_text(metadata, "name")) or "export")]

    def file(self, link: ShareLink, file: RemoteFile, web: WebClient) -> RemoteFile | None:
        metadata = self._meta(resolve_target(link, web), file.item, link, web)
        return parse_file(metadata, file.item, file.path) if metadata[".tag"] == "file" else None

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        return self._opened(link, file, web, build_range_headers(start, Validator()))

    def validator(self, response: ProviderResponse) -> Validator:
        rev = get_text(parse_result_header(response), "rev")
        return Validator("rev", rev) if rev else Validator()

    def checksums(self, response: ProviderResponse) -> Mapping[str, str]:
        return parse_checksums(parse_result_header(response))

    def trusts(self, response: ProviderResponse) -> bool:
        return True

    def _opened(
        self, link: ShareLink, file: RemoteFile, web: WebClient, headers: Mapping[str, str]
    ) -> ProviderResponse:
        target = resolve_target(link, web)
        arguments = {"url": target.url, **_non_empty(path=file.item, link_password=link.password)}
        argument = json.dumps(arguments).replace("\x7f", "\\u007f")
        address = WebAddress(CONTENT, "/2/sharing/get_shared_link_file")
        secrets = {**_authorization(web), "dropbox-api-arg": argument}
        response = web.request(ProviderRequest(address, dict(headers), secrets, "POST"))
        if response.status == 409:
            with response:
                raise self._refused(response, target, link, web)
        return response

    def _first_kind(self, link: ShareLink, file: RemoteFile, web: WebClient) -> str:
        with self._opened(link, file, web, {"range": "bytes=0-1023"}) as response:
            if response.status not in (200, 206):
                raise self.refused(response, link, web)
            return first_kind(response.peek())

    def _meta(self, target: DropboxTarget, path: str, link: ShareLink, web: WebClient) -> JsonObject:
        arguments = {"url": target.url, **_non_empty(path=path, link_password=link.password)}
        metadata = self._post("/2/sharing/get_shared_link_metadata", arguments, target, link, web)
        if metadata.get(".tag") not in ("file", "folder"):
            raise stop("provider_changed")
        permissions = metadata.get("link_permissions")
        if isinstance(permissions, dict) and permissions.get("allow_download") is False:
            raise stop("link_download_disabled", name=get_text(metadata, "name"))
        return metadata

    def _list_folder(self, target: DropboxTarget, link: ShareLink, web: WebClient) -> FolderListing:
        for _ in range(LISTED_AGAIN):
            try:
                return walk_folder(
                    RemoteFolder(target.path), lambda folder: self._children(folder, target, link, web), web.settings
                )
            except ListingReset:
                continue
        raise stop("provider_changed")

    def _children(
        self, folder: RemoteFolder, target: DropboxTarget, link: ShareLink, web: WebClient
    ) -> Iterator[FolderEntry]:
        pages = ListingPages(web.settings)
        arguments: JsonObject = {
            "path": folder.item,
            "shared_link": {"url": target.url, **_non_empty(password=link.password)},
            "recursive": False,
            "limit": 2000,
            "include_non_downloadable_files": False,
        }
        page = self._post("/2/files/list_folder", arguments, target, link, web)
        while True:
            for entry in get_objects(page, "entries"):
                name = get_text(entry, "name")
                item, path = f"{folder.item}/{name}", folder.child_path(name)
                if entry.get(".tag") == "folder":
                    yield RemoteFolder(item, path)
                elif entry.get(".tag") == "file":
                    yield parse_file(entry, item, path)
            if page.get("has_more") is not True:
                return
            cursor = pages.turn(get_text(page, "cursor"))
            page = self._post("/2/files/list_folder/continue", {"cursor": cursor}, target, link, web)

    def _post(
        self, path: str, arguments: Mapping[str, JsonValue], target: DropboxTarget, link: ShareLink, web: WebClient
    ) -> JsonObject:
        headers = {"content-type": "application/json"}
        request = ProviderRequest(
            WebAddress(API, path), headers, _authorization(web), "POST", json.dumps(arguments).encode()
        )
        with web.request(request) as response:
            if response.status == 200:
                return response.json()
            raise self._refused(response, target, link, web)

    def _refused(self, response: ProviderResponse, target: DropboxTarget, link: ShareLink, web: WebClient) -> Exception:
        """The error for a refused request.

        The API has the same code for a private link and a link with a password, so the link's web page decides.
        """
        refusal = parse_refusal(response)
        if refusal.code == "reset":
            return ListingReset()
        code = FAILURES.problem(refusal)
        if refusal.code == "shared_link_access_denied":
            if link.password:
                code = "link_password_wrong"
            elif _asks_for_password(target, web):
                code = "link_password"
        return web.refused(response, code, self._provider.label(link))


def _asks_for_password(target: DropboxTarget, web: WebClient) -> bool:
    try:
        with web.get(target.root, BROWSER) as response:
            return response.status == 200 and any(mark in response.text() for mark in MARKS)
    except Stop as reason:
        return reason.problem.code == "link_password"
    except (ConnectionLost, NoResponse):
        return False


def _authorization(web: WebClient) -> dict[str, str]:
    pair = f"{web.settings.dropbox_app_key}:{web.settings.dropbox_app_secret}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def _non_empty(**given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def parse_file(metadata: JsonObject, item: str, path: str) -> RemoteFile:
    """The file of a metadata object. Raises Stop `provider_changed` for an object without a valid size."""
    size = metadata.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise stop("provider_changed")
    page = path.lower().endswith((".html", ".htm"))
    return RemoteFile(
        item, path, size, Validator("rev", get_text(metadata, "rev")), checksums=parse_checksums(metadata), page=page
    )


def parse_checksums(metadata: JsonObject) -> Mapping[str, str]:
    """The content hash of a metadata object, or an empty mapping."""
    digest = get_text(metadata, "content_hash").lower()
    return {"dropbox": digest} if len(digest) == 64 else {}


def parse_result_header(response: ProviderResponse) -> JsonObject:
    """The metadata in the header of a file's response. Empty for a missing or invalid header."""
    try:
        metadata = json.loads(response.headers.get("dropbox-api-result", ""))
    except (ValueError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}
