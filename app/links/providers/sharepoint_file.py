"""A file of SharePoint by its link, and each file of a shared folder by its own id."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from app.links.answer import Answer
from app.links.kinds import first_kind, is_page
from app.links.link import Address, Link
from app.links.listing import Listing
from app.links.provider import Found, RemoteFile
from app.links.providers.asking import part_headers, size_of
from app.links.providers.known import KnownRoute
from app.links.providers.sharepoint_folder import Place, enter_folder, list_folder
from app.links.providers.sharepoint_links import COOKIE, entered, in_session, is_folder, problem_of, with_download
from app.links.web import BROWSER, Web

GUID = re.compile(r"[0-9A-Fa-f-]{36}")


class SharePointBrowser(KnownRoute):
    """The item of a link's own file is empty; those of a folder are `WEB|GUID`."""

    name = "browser"

    def probe(self, link: Link, web: Web) -> Found:
        if is_folder(link):
            place, found = self._listing(link, web)
            return Found.of(self._provider, link, place.name, found.files, folder=True, warnings=found.warnings)
        with self._opened(link, {"range": "bytes=0-1023"}, web) as answer:
            told = size_of(answer)
            empty = told is not None and told[0] == 0
            if told is None or not (empty or (answer.attachment and not is_page(answer.peek()))):
                raise self.refused(answer, link, web)
            kind = "empty" if empty else first_kind(answer.peek())
            file = RemoteFile("", answer.name or "export", told[0], self.validator(answer), told[1])
        return Found.of(self._provider, link, file.path, [file], first_kind=kind)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return self._listing(link, web)[1].files if is_folder(link) else self.probe(link, web).files

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        """The bytes of one file from `start`. The session cookie lasts for an hour: a resumed download begins a new
        session, and an expired one is renewed once before the answer is judged."""
        headers = part_headers(start, file.validator)
        if start:
            web.forget()
        if not file.item:
            return self._opened(link, headers, web)

        if not web.has_cookie(COOKIE):
            enter_folder(link, web)
        address = _download(link, file.item)
        return in_session(web, lambda: web.get(address, {**BROWSER, **headers}), lambda: enter_folder(link, web))

    def problem(self, answer: Answer) -> str:
        return problem_of(answer)

    def _opened(self, link: Link, headers: dict[str, str], web: Web) -> Answer:
        return in_session(web, lambda: entered(with_download(link.address), link, web, headers))

    def _listing(self, link: Link, web: Web) -> tuple[Place, Listing]:
        web.forget()
        place, page = enter_folder(link, web)
        return place, list_folder(place, page, link, web, self._provider.label(link))


def _download(link: Link, item: str) -> Address:
    root, _, guid = item.partition("|")
    return Address(link.address.host, f"{quote(root, safe='/')}/_layouts/15/download.aspx?UniqueId={guid}")
