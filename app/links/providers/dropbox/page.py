"""Dropbox by web pages, without an app: a file, or a folder as a zip that Dropbox creates while sending.

Dropbox does not document this behaviour.
"""

from collections.abc import Sequence

from app.links.failure_tables import parse_failure_table
from app.links.file_responses import build_range_headers, parse_size
from app.links.file_signatures import first_kind, is_page
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.provider import LinkContents, RemoteFile
from app.links.providers.dropbox.links import DATA, build_download_address, resolve_target
from app.links.response import ProviderResponse
from app.links.response_checks import format_size
from app.links.share_link import ShareLink
from app.links.web_client import BROWSER, WebClient

FAILURES = parse_failure_table(DATA, "page")
MARKS = tuple(DATA["password_marks"])


class DropboxPage(ProviderRoute):
    name = "page"
    failures = FAILURES

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        target = resolve_target(link, web)
        with web.get(build_download_address(target, target.path), {**BROWSER, "range": "bytes=0-1023"}) as response:
            sized = parse_size(response)
            empty = sized is not None and sized[0] == 0
            if sized is None or not (empty or (response.attachment and not is_page(response.peek()))):
                raise self._refused(response, link, web)
            kind = "empty" if empty else first_kind(response.peek())
            if sized[0] is None and kind != "zip":  # only a folder, as a zip, is sent without a length
                raise self._refused(response, link, web)
            file = RemoteFile(target.path, response.name or "export", sized[0], self.validator(response), sized[1])
        return LinkContents.build(self._provider, link, file.path, [file], first_kind=kind)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        target = resolve_target(link, web)
        headers = {**BROWSER, **build_range_headers(start, file.validator)}
        response = web.get(build_download_address(target, file.item), headers)
        if response.status in (200, 206) and (response.attachment or not is_page(response.peek())):
            return response
        if response.signed or response.status not in (200, 206):
            return response
        with response:
            raise self._refused(response, link, web)

    def _refused(self, response: ProviderResponse, link: ShareLink, web: WebClient) -> Exception:
        code = "link_password" if any(mark in response.text() for mark in MARKS) else self.problem(response)
        if code == "link_password" and link.password:
            code = "credentials_missing"  # only the API accepts a password
        if code == "export_too_big":
            limit = format_size(web.settings.max_unsized_bytes)
            return stop(code, provider=self._provider.label(link), size=f"more than {limit}", limit=limit)
        return web.refused(response, code, self._provider.label(link))
