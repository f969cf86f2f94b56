"""Google Drive by web pages, without a key: the download page with its confirmation form, and the embedded folder page.

Google does not document these pages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urljoin

from app.errors import Stop
from app.links.failure_tables import parse_failure_table
from app.links.file_responses import build_range_headers, parse_size
from app.links.file_signatures import first_kind, is_page
from app.links.folder_listing import FolderEntry, NativeDocument, RemoteFolder, walk_folder
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.normalise import parse
from app.links.provider import LinkContents, RemoteFile
from app.links.providers.google_drive.links import DATA, DriveTarget, parse_drive_target
from app.links.response import ProviderResponse
from app.links.share_link import ShareLink, WebAddress, host_matches
from app.links.web_client import BROWSER, WebClient
from app.links.web_page import read_page

HOST = "drive.google.com"
FORMS = tuple(DATA["forms"])
FAILURES = parse_failure_table(DATA, "page")
OLD_LINK = re.compile(r"/uc\?export=download&confirm=")
OLD_JSON = re.compile(r'"downloadUrl"\s*:\s*"([^"]+)"')
NOT_A_FILE = {"link_private_or_gone", "provider_changed", "link_download_disabled"}
NATIVE = "docs.google.com"


class GooglePage(ProviderRoute):
    name = "page"
    failures = FAILURES

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        target = self._target(link)
        if target.kind == "folder":
            return self._folder(target, link, web)
        try:
            return self._file(target, link, web)
        except Stop as reason:
            if target.kind == "file" or reason.problem.code not in NOT_A_FILE:
                raise
            try:
                return self._folder(target, link, web)
            except Stop:
                raise reason from None

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def file(self, link: ShareLink, file: RemoteFile, web: WebClient) -> RemoteFile | None:
        return self._file(DriveTarget.of_item(file.item), link, web).files[0]

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        return self._open_file(DriveTarget.of_item(file.item), build_range_headers(start, file.validator), web)

    def _target(self, link: ShareLink) -> DriveTarget:
        target = parse_drive_target(link)
        if target is None:
            raise stop("link_not_recognised")
        return target

    def _file(self, target: DriveTarget, link: ShareLink, web: WebClient) -> LinkContents:
        with self._open_file(target, {"range": "bytes=0-1023"}, web) as response:
            sized = parse_size(response)
            empty = sized is not None and sized[0] == 0
            if sized is None or not (empty or (response.attachment and not is_page(response.peek()))):
                raise self.refused(response, link, web)
            kind = "empty" if empty else first_kind(response.peek())
            file = RemoteFile(target.item, response.name or "export", sized[0], self.validator(response), sized[1])
        return LinkContents.build(self._provider, link, file.path, [file], first_kind=kind)

    def _open_file(self, target: DriveTarget, headers: Mapping[str, str], web: WebClient) -> ProviderResponse:
        """The response with the file, after the confirmation page, or the page that Google sends instead."""
        key = f"&resourcekey={quote(target.key, safe='')}" if target.key else ""
        sent = {**BROWSER, **headers}
        response = web.get(WebAddress(HOST, f"/uc?export=download&id={target.id}{key}"), sent)
        if response.status != 200 or response.attachment or not is_page(response.peek()):
            return response
        try:
            onward = self._parse_confirmation(response, target)
        except BaseException:
            response.close()
            raise
        if onward is None:
            return response
        response.close()
        response = web.get(onward, sent)
        if (
            response.status == 200
            and not response.attachment
            and self._parse_confirmation(response, target) is not None
        ):
            response.close()
            raise stop("provider_changed")  # the same page again, although the form was sent
        return response

    def _parse_confirmation(self, response: ProviderResponse, target: DriveTarget) -> WebAddress | None:
        """The address that the page's confirmation form sends to, or None without a form.

        Raises Stop `provider_changed` for a form that leads to another host, or to another file.
        """
        text = response.text()
        page = read_page(text)
        if (form := page.form("download-form")) is not None:
            if form.method != "get" or form.fields.get("id") != target.id:
                raise stop("provider_changed")
            query = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in form.fields.items())
            return self._require_google(f"{form.action}{'&' if '?' in form.action else '?'}{query}", response)
        older = next((href for href in page.links if OLD_LINK.search(href)), None)
        if older is None and (embedded := OLD_JSON.search(text)) is not None:
            older = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), embedded[1])
        if older is None:
            return None
        address = self._require_google(urljoin(response.address.secret_url, older), response)
        if address.parameters.get("id", target.id) != target.id:
            raise stop("provider_changed")
        return address

    def _require_google(self, url: str, response: ProviderResponse) -> WebAddress:
        try:
            address, http = parse(urljoin(response.address.secret_url, url))
        except Stop:
            raise stop("provider_changed") from None
        if http or not host_matches(address.host, FORMS):
            raise stop("provider_changed")
        return address

    def _folder(self, target: DriveTarget, link: ShareLink, web: WebClient) -> LinkContents:
        listing = walk_folder(RemoteFolder(target.item), lambda folder: self._entries(folder, link, web), web.settings)
        return LinkContents.build(
            self._provider, link, "Shared folder", listing.files, folder=True, warnings=listing.warnings
        )

    def _entries(self, folder: RemoteFolder, link: ShareLink, web: WebClient) -> Iterator[FolderEntry]:
        target = DriveTarget.of_item(folder.item)
        key = f"&resourcekey={quote(target.key, safe='')}" if target.key else ""
        address = WebAddress(HOST, f"/embeddedfolderview?id={target.id}{key}&hl=en")
        with web.get(address, BROWSER) as response:
            if response.status != 200:
                raise self.refused(response, link, web)
            text = response.text()
            entries = read_page(text, "flip-entry").entries
            if not entries and "flip-" not in text:
                raise self.refused(response, link, web)
        for entry in entries:
            path = folder.child_path(entry.texts.get("flip-entry-title", ""))
            shape, _ = parse(urljoin(address.secret_url, entry.href))
            if shape.host == NATIVE:
                yield NativeDocument(path)
                continue
            inner = parse_drive_target(ShareLink(shape))
            if inner is None or not entry.id.endswith(inner.id):
                raise stop("provider_changed")
            yield RemoteFolder(inner.item, path) if inner.kind == "folder" else RemoteFile(inner.item, path, None)
