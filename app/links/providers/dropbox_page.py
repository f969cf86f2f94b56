"""Dropbox without an app, as a browser goes: the file, or a folder as one zip that is made while it is sent. None of
this is promised by anybody."""

from collections.abc import Sequence

from app.links.answer import Answer
from app.links.failures import table_of
from app.links.kinds import first_kind, is_page
from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Found, RemoteFile
from app.links.providers.asking import part_headers, size_of
from app.links.providers.dropbox_links import DATA, download_address, settled
from app.links.providers.known import KnownRoute
from app.links.response_checks import readable
from app.links.web import BROWSER, Web

FAILURES = table_of(DATA, "page")
MARKS = tuple(DATA["password_marks"])


class DropboxPage(KnownRoute):
    name = "page"
    failures = FAILURES

    def probe(self, link: Link, web: Web) -> Found:
        target = settled(link, web)
        with web.get(download_address(target, target.path), {**BROWSER, "range": "bytes=0-1023"}) as answer:
            told = size_of(answer)
            empty = told is not None and told[0] == 0
            if told is None or not (empty or (answer.attachment and not is_page(answer.peek()))):
                raise self._refused(answer, link, web)
            kind = "empty" if empty else first_kind(answer.peek())
            if told[0] is None and kind != "zip":  # only a folder comes without a length, and as a zip
                raise self._refused(answer, link, web)
            file = RemoteFile(target.path, answer.name or "export", told[0], self.validator(answer), told[1])
        return Found.of(self._provider, link, file.path, [file], first_kind=kind)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        target = settled(link, web)
        headers = {**BROWSER, **part_headers(start, file.validator)}
        answer = web.get(download_address(target, file.item), headers)
        if answer.status in (200, 206) and (answer.attachment or not is_page(answer.peek())):
            return answer
        if answer.signed or answer.status not in (200, 206):
            return answer
        with answer:
            raise self._refused(answer, link, web)

    def _refused(self, answer: Answer, link: Link, web: Web) -> Exception:
        code = "link_password" if any(mark in answer.text() for mark in MARKS) else self.problem(answer)
        if code == "link_password" and link.password:
            code = "credentials_missing"  # a password is taken by the API alone
        if code == "export_too_big":
            limit = readable(web.settings.max_unsized_bytes)
            return stop(code, provider=self._provider.label(link), size=f"more than {limit}", limit=limit)
        return web.refused(answer, code, self._provider.label(link))
