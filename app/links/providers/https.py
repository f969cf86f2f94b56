"""A plain https link to one file: a presigned link of S3, Google Cloud Storage or Azure, or of any host if allowed."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from app.links.answer import Answer, display_name
from app.links.failures import data_of, table_of
from app.links.kinds import first_kind
from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Found, RemoteFile, Validator
from app.links.providers.https_errors import refusal
from app.links.providers.https_hints import checksums, expires_at
from app.links.settings import LinkSettings
from app.links.web import Web

DATA = data_of(__file__)
STORAGE = tuple((str(s["label"]), re.compile(s["pattern"])) for s in DATA["storage"])
FAILURES = table_of(DATA)
NOT_FILES = {"html", "xml", "json"}


class Https:
    """Takes every link that no other provider knows."""

    name = "https"
    unknown_name = "link_gone"

    def label(self, link: Link) -> str:
        return next((label for label, hosts in STORAGE if hosts.search(link.address.host)), link.address.host)

    def recognise(self, link: Link) -> bool:
        return link.address.host != ""

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return settings.allow_any_https_host or _is_storage(host)

    def probe(self, link: Link, web: Web) -> Found:
        if not self.allows(link.address.host, web.settings):
            web.judge(link.address.host)
            raise stop("link_not_recognised")
        with web.get(link.address, {"range": "bytes=0-0"}) as answer:
            size, ranges = self._size(answer, link, web)
            first = b"" if size == 0 else answer.peek()
            seen = answer
        if ranges and size != 0:
            with web.get(link.address, {"range": "bytes=0-1023"}) as answer:
                if answer.status not in (200, 206):
                    raise web.refused(answer, self.problem(answer), self.label(link))
                first = answer.peek()
        kind = first_kind(first)
        name = seen.name or display_name(unquote(link.address.path))
        if kind in NOT_FILES and not (kind != "html" and self.trusts(seen) and name.lower().endswith("." + kind)):
            raise stop("page_instead_of_file", provider=self.label(link))
        if size != 0 and kind != "zip" and not self.trusts(seen):
            raise stop("page_instead_of_file", provider=self.label(link))
        file = RemoteFile(
            item="",
            path=name or "export",
            size=size,
            validator=self.validator(seen),
            ranges=ranges,
            checksums=checksums(seen, _is_s3(seen.host)),
        )
        return Found(
            provider=self.name,
            label=self.label(link),
            name=file.path,
            size=size,
            expires_at=expires_at(link.address.query),
            first_kind=kind,
            files=(file,),
            upgraded=link.upgraded,
        )

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        headers: dict[str, str] = {}
        if start:
            headers["range"] = f"bytes={start}-"
            if file.validator.if_range:
                headers["if-range"] = file.validator.if_range
        return web.get(link.address, headers)

    def validator(self, answer: Answer) -> Validator:
        if etag := answer.headers.get("etag", "").strip():
            return Validator("etag", etag)
        if modified := answer.headers.get("last-modified", "").strip():
            return Validator("last_modified", modified)
        return Validator()

    def problem(self, answer: Answer) -> str:
        if answer.status < 400:
            return "provider_changed"
        return FAILURES.problem(refusal(answer))

    def trusts(self, answer: Answer) -> bool:
        return answer.attachment or _is_storage(answer.host)

    def _size(self, answer: Answer, link: Link, web: Web) -> tuple[int | None, bool]:
        """The size, and whether parts can be had, by the answer to a request for one byte."""
        part = answer.content_range
        if answer.status == 206 and part is not None and part.start == 0:
            return part.total, True
        if answer.status == 200:
            return answer.length, False
        if answer.status == 416 and part is not None and part.total == 0:
            return 0, False
        if answer.status in (206, 416):
            raise stop("provider_changed", provider=self.label(link))
        raise web.refused(answer, self.problem(answer), self.label(link))


def _is_storage(host: str) -> bool:
    return any(hosts.search(host) for _, hosts in STORAGE)


def _is_s3(host: str) -> bool:
    return STORAGE[0][1].search(host) is not None
