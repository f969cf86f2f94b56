"""Downloads from SharePoint like a browser: a file by its link, and each file of a shared folder by its id."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from app.links.file_requests import build_range_headers, parse_size
from app.links.file_signatures import first_kind, is_page
from app.links.folder_listing import FolderListing
from app.links.host_provider import ProviderRoute
from app.links.provider import LinkContents, RemoteFile
from app.links.providers.sharepoint.folder import FolderLocation, enter_folder, list_folder
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
from app.links.web_client import BROWSER, WebClient

GUID = re.compile(r"[0-9A-Fa-f-]{36}")


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
