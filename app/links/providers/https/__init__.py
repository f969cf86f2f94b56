"""Plain https links to a single file: a presigned link of a storage service, or of any host where allowed."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from app.links.failure_tables import AddressRules, parse_failure_table
from app.links.file_responses import build_range_headers, parse_refusal, parse_size
from app.links.file_signatures import first_kind
from app.links.host_provider import ProviderRoute
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import LinkContents, RateLimitPolicy, RemoteFile, Route
from app.links.provider_folder import load_provider_data
from app.links.providers.https.presigned import checksums, expires_at
from app.links.response import ProviderResponse, display_name
from app.links.share_link import ShareLink
from app.links.web_client import WebClient

DATA = load_provider_data(__file__)
STORAGE = tuple((str(s["label"]), re.compile(s["pattern"])) for s in DATA["storage"])
FAILURES = parse_failure_table(DATA)
NOT_FILES = {"html", "xml", "json"}


class Https:
    """Matches every link that no other provider recognises."""

    name = "https"
    words = str(DATA["label"])
    unknown_name = "link_gone"
    redirect_rules = AddressRules()
    rate_limits = RateLimitPolicy()

    def label(self, link: ShareLink) -> str:
        return next((label for label, hosts in STORAGE if hosts.search(link.address.host)), link.address.host)

    def recognise(self, link: ShareLink) -> bool:
        return link.address.host != ""

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return settings.allow_any_https_host or _is_storage(host)

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        """Accepts every link. The route checks the host."""

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (DirectRoute(self),)


class DirectRoute(ProviderRoute):
    """Downloads the link itself."""

    name = "direct"
    failures = FAILURES
    best_effort = False

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        label = self._provider.label(link)
        if not self._provider.allows(link.address.host, web.settings):
            web.require_public(link.address.host)
            raise stop("link_not_recognised")
        with web.get(link.address, {"range": "bytes=0-0"}) as response:
            size, ranges = self._require_size(response, label, web)
            first = b"" if size == 0 else response.peek()
            opened = response
        if ranges and size != 0:
            with web.get(link.address, {"range": "bytes=0-1023"}) as response:
                if response.status not in (200, 206):
                    raise web.refused(response, self.problem(response), label)
                first = response.peek()
        kind = first_kind(first)
        name = opened.name or display_name(unquote(link.address.path))
        if kind in NOT_FILES and not (kind != "html" and self.trusts(opened) and name.lower().endswith("." + kind)):
            raise stop("page_instead_of_file", provider=label)
        if size != 0 and kind != "zip" and not self.trusts(opened):
            raise stop("page_instead_of_file", provider=label)
        file = RemoteFile(
            item="",
            path=name or "export",
            size=size,
            validator=self.validator(opened),
            ranges=ranges,
            checksums=checksums(opened, _is_s3(opened.host)),
        )
        expires = expires_at(link.address.query)
        return LinkContents.build(self._provider, link, file.path, [file], first_kind=kind, expires_at=expires)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        return web.get(link.address, build_range_headers(start, file.validator))

    def checksums(self, response: ProviderResponse) -> Mapping[str, str]:
        return checksums(response, _is_s3(response.host))

    def problem(self, response: ProviderResponse) -> str:
        if response.status < 400:
            return "page_instead_of_file" if response.status in (200, 206) else "provider_changed"
        return FAILURES.problem(parse_refusal(response))

    def trusts(self, response: ProviderResponse) -> bool:
        return response.attachment or _is_storage(response.host)

    def _require_size(self, response: ProviderResponse, label: str, web: WebClient) -> tuple[int | None, bool]:
        sized = parse_size(response)
        if sized is None:
            if response.status in (206, 416):
                raise stop("provider_changed", provider=label)
            raise web.refused(response, self.problem(response), label)
        return sized


def _is_storage(host: str) -> bool:
    return any(hosts.search(host) for _, hosts in STORAGE)


def _is_s3(host: str) -> bool:
    return STORAGE[0][1].search(host) is not None
