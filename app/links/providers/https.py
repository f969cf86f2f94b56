"""A plain https link to one file: a presigned link of S3, Google Cloud Storage or Azure, or of any host if allowed."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from app.links.answer import Answer, display_name
from app.links.failures import Landings, data_of, table_of
from app.links.kinds import first_kind
from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Found, Manners, RemoteFile, Route
from app.links.providers.asking import part_headers, refusal, size_of
from app.links.providers.https_hints import checksums, expires_at
from app.links.providers.known import KnownRoute
from app.links.settings import LinkSettings
from app.links.web import Web

DATA = data_of(__file__)
STORAGE = tuple((str(s["label"]), re.compile(s["pattern"])) for s in DATA["storage"])
FAILURES = table_of(DATA)
NOT_FILES = {"html", "xml", "json"}


class Https:
    """Takes every link that no other provider knows."""

    name = "https"
    words = "Direct https links"
    unknown_name = "link_gone"
    landings = Landings()
    manners = Manners()

    def label(self, link: Link) -> str:
        return next((label for label, hosts in STORAGE if hosts.search(link.address.host)), link.address.host)

    def recognise(self, link: Link) -> bool:
        return link.address.host != ""

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return settings.allow_any_https_host or _is_storage(host)

    def check(self, link: Link, settings: LinkSettings) -> None:
        """Every host may be asked about; whether it may be asked itself is judged with its address."""

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (Direct(self),)


class Direct(KnownRoute):
    """The link itself is the file."""

    name = "direct"
    failures = FAILURES
    best_effort = False

    def probe(self, link: Link, web: Web) -> Found:
        label = self._provider.label(link)
        if not self._provider.allows(link.address.host, web.settings):
            web.judge(link.address.host)
            raise stop("link_not_recognised")
        with web.get(link.address, {"range": "bytes=0-0"}) as answer:
            size, ranges = self._size(answer, label, web)
            first = b"" if size == 0 else answer.peek()
            seen = answer
        if ranges and size != 0:
            with web.get(link.address, {"range": "bytes=0-1023"}) as answer:
                if answer.status not in (200, 206):
                    raise web.refused(answer, self.problem(answer), label)
                first = answer.peek()
        kind = first_kind(first)
        name = seen.name or display_name(unquote(link.address.path))
        if kind in NOT_FILES and not (kind != "html" and self.trusts(seen) and name.lower().endswith("." + kind)):
            raise stop("page_instead_of_file", provider=label)
        if size != 0 and kind != "zip" and not self.trusts(seen):
            raise stop("page_instead_of_file", provider=label)
        file = RemoteFile(
            item="",
            path=name or "export",
            size=size,
            validator=self.validator(seen),
            ranges=ranges,
            checksums=checksums(seen, _is_s3(seen.host)),
        )
        expires = expires_at(link.address.query)
        return Found.of(self._provider, link, file.path, [file], first_kind=kind, expires_at=expires)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        return web.get(link.address, part_headers(start, file.validator))

    def checksums(self, answer: Answer) -> Mapping[str, str]:
        return checksums(answer, _is_s3(answer.host))

    def problem(self, answer: Answer) -> str:
        if answer.status < 400:
            return "page_instead_of_file" if answer.status in (200, 206) else "provider_changed"
        return FAILURES.problem(refusal(answer))

    def trusts(self, answer: Answer) -> bool:
        return answer.attachment or _is_storage(answer.host)

    def _size(self, answer: Answer, label: str, web: Web) -> tuple[int | None, bool]:
        told = size_of(answer)
        if told is None:
            if answer.status in (206, 416):
                raise stop("provider_changed", provider=label)
            raise web.refused(answer, self.problem(answer), label)
        return told


def _is_storage(host: str) -> bool:
    return any(hosts.search(host) for _, hosts in STORAGE)


def _is_s3(host: str) -> bool:
    return STORAGE[0][1].search(host) is not None
