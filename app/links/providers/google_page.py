"""Google Drive without a key, as a browser goes: the download page with its form of confirmation, and the plain list
of a shared folder. None of this is promised by anybody."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urljoin

from app.errors import Stop
from app.links.answer import Answer
from app.links.failures import table_of
from app.links.kinds import first_kind, is_page
from app.links.link import Address, Link, host_matches
from app.links.listing import Document, Entry, Folder, listed
from app.links.normalise import parse
from app.links.problems import stop
from app.links.provider import Found, RemoteFile
from app.links.providers.asking import part_headers, size_of
from app.links.providers.google_links import DATA, Target, target_of
from app.links.providers.known import KnownRoute
from app.links.providers.markup import read_page
from app.links.web import BROWSER, Web

HOST = "drive.google.com"
FORMS = tuple(DATA["forms"])
FAILURES = table_of(DATA, "page")
OLD_LINK = re.compile(r"/uc\?export=download&confirm=")
OLD_JSON = re.compile(r'"downloadUrl"\s*:\s*"([^"]+)"')
NOT_A_FILE = {"link_private_or_gone", "provider_changed", "link_download_disabled"}
NATIVE = "docs.google.com"


class GooglePage(KnownRoute):
    name = "page"
    failures = FAILURES

    def probe(self, link: Link, web: Web) -> Found:
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

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def file(self, link: Link, file: RemoteFile, web: Web) -> RemoteFile | None:
        found = self._file(Target.of_item(file.item), link, web)
        return found.files[0]

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        return self._reached(Target.of_item(file.item), part_headers(start, file.validator), web)

    def _target(self, link: Link) -> Target:
        target = target_of(link)
        if target is None:
            raise stop("link_not_recognised")
        return target

    def _file(self, target: Target, link: Link, web: Web) -> Found:
        with self._reached(target, {"range": "bytes=0-1023"}, web) as answer:
            told = size_of(answer)
            empty = told is not None and told[0] == 0
            if told is None or not (empty or (answer.attachment and not is_page(answer.peek()))):
                raise self.refused(answer, link, web)
            kind = "empty" if empty else first_kind(answer.peek())
            file = RemoteFile(target.item, answer.name or "export", told[0], self.validator(answer), told[1])
        return Found.of(self._provider, link, file.path, [file], first_kind=kind)

    def _reached(self, target: Target, headers: Mapping[str, str], web: Web) -> Answer:
        """The file, past the page that asks to confirm; or the page that stands in its place."""
        key = f"&resourcekey={quote(target.key, safe='')}" if target.key else ""
        sent = {**BROWSER, **headers}
        answer = web.get(Address(HOST, f"/uc?export=download&id={target.id}{key}"), sent)
        if answer.status != 200 or answer.attachment or not is_page(answer.peek()):
            return answer
        try:
            onward = self._confirmed(answer, target)
        except BaseException:
            answer.close()
            raise
        if onward is None:
            return answer
        answer.close()
        answer = web.get(onward, sent)
        if answer.status == 200 and not answer.attachment and self._confirmed(answer, target) is not None:
            answer.close()
            raise stop("provider_changed")  # the page once more: confirming did not help
        return answer

    def _confirmed(self, answer: Answer, target: Target) -> Address | None:
        """Where the page's form leads, if it has one: to Google, and to the very file that we asked for."""
        text = answer.text()
        page = read_page(text)
        if (form := page.form("download-form")) is not None:
            if form.method != "get" or form.fields.get("id") != target.id:
                raise stop("provider_changed")
            query = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in form.fields.items())
            return self._own(f"{form.action}{'&' if '?' in form.action else '?'}{query}", answer)
        older = next((href for href in page.links if OLD_LINK.search(href)), None)
        if older is None and (said := OLD_JSON.search(text)) is not None:
            older = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), said[1])
        if older is None:
            return None
        address = self._own(urljoin(answer.address.secret_url, older), answer)
        if address.parameters.get("id", target.id) != target.id:
            raise stop("provider_changed")
        return address

    def _own(self, url: str, answer: Answer) -> Address:
        try:
            address, http = parse(urljoin(answer.address.secret_url, url))
        except Stop:
            raise stop("provider_changed") from None
        if http or not host_matches(address.host, FORMS):
            raise stop("provider_changed")
        return address

    def _folder(self, target: Target, link: Link, web: Web) -> Found:
        found = listed(Folder(target.item), lambda folder: self._entries(folder, link, web), web.settings)
        return Found.of(self._provider, link, "Shared folder", found.files, folder=True, warnings=found.warnings)

    def _entries(self, folder: Folder, link: Link, web: Web) -> Iterator[Entry]:
        target = Target.of_item(folder.item)
        key = f"&resourcekey={quote(target.key, safe='')}" if target.key else ""
        address = Address(HOST, f"/embeddedfolderview?id={target.id}{key}&hl=en")
        with web.get(address, BROWSER) as answer:
            if answer.status != 200:
                raise self.refused(answer, link, web)
            text = answer.text()
            entries = read_page(text, "flip-entry").entries
            if not entries and "flip-" not in text:
                raise self.refused(answer, link, web)
        for entry in entries:
            path = folder.holding(entry.texts.get("flip-entry-title", ""))
            shape, _ = parse(urljoin(address.secret_url, entry.href))
            if shape.host == NATIVE:
                yield Document(path)
                continue
            found = target_of(Link(shape))
            if found is None or not entry.id.endswith(found.id):
                raise stop("provider_changed")
            yield Folder(found.item, path) if found.kind == "folder" else RemoteFile(found.item, path, None)
