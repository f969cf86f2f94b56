"""Dropbox by its API, with the operator's app and nobody's account: names, versions and fingerprints are told."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.errors import Stop
from app.links.answer import Answer, Json, display_name
from app.links.failures import table_of
from app.links.kinds import first_kind
from app.links.link import Address, Link
from app.links.listing import Entry, Folder, Listing, Pages, listed
from app.links.network_errors import Cut, Unanswered
from app.links.problems import stop
from app.links.provider import Found, RemoteFile, Validator
from app.links.providers.asking import part_headers, refusal, text_of
from app.links.providers.dropbox_answers import file_of, result_of, sums_of
from app.links.providers.dropbox_links import DATA, Target, settled
from app.links.providers.known import KnownRoute
from app.links.web import BROWSER, Ask, Web

API, CONTENT = "api.dropboxapi.com", "content.dropboxapi.com"
FAILURES = table_of(DATA, "api")
MARKS = tuple(DATA["password_marks"])
LISTED_AGAIN = 3


class ListingReset(Exception):
    """Dropbox has forgotten the cursor: the folder is listed from its beginning."""


class DropboxApi(KnownRoute):
    name = "api"
    failures = FAILURES
    confirms = True

    def probe(self, link: Link, web: Web) -> Found:
        target = settled(link, web)
        told = self._meta(target, target.path, link, web)
        name = text_of(told, "name")
        if told[".tag"] == "folder":
            found = self._listing(target, link, web)
            return Found.of(self._provider, link, name, found.files, folder=True, warnings=found.warnings)
        file = file_of(told, target.path, display_name(name) or "export")
        kind = "empty" if file.size == 0 else self._first_kind(link, file, web)
        return Found.of(self._provider, link, name, [file], first_kind=kind)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        target = settled(link, web)
        told = self._meta(target, target.path, link, web)
        if told[".tag"] == "folder":
            return self._listing(target, link, web).files
        return [file_of(told, target.path, display_name(text_of(told, "name")) or "export")]

    def file(self, link: Link, file: RemoteFile, web: Web) -> RemoteFile | None:
        told = self._meta(settled(link, web), file.item, link, web)
        return file_of(told, file.item, file.path) if told[".tag"] == "file" else None

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        return self._opened(link, file, web, part_headers(start, Validator()))

    def validator(self, answer: Answer) -> Validator:
        rev = text_of(result_of(answer), "rev")
        return Validator("rev", rev) if rev else Validator()

    def checksums(self, answer: Answer) -> Mapping[str, str]:
        return sums_of(result_of(answer))

    def trusts(self, answer: Answer) -> bool:
        return True

    def _opened(self, link: Link, file: RemoteFile, web: Web, headers: Mapping[str, str]) -> Answer:
        target = settled(link, web)
        told = {"url": target.url, **_some(path=file.item, link_password=link.password)}
        argument = json.dumps(told).replace("\x7f", "\\u007f")
        address = Address(CONTENT, "/2/sharing/get_shared_link_file")
        secrets = {**_app(web), "dropbox-api-arg": argument}
        answer = web.ask(Ask(address, dict(headers), secrets, "POST"))
        if answer.status == 409:
            with answer:
                raise self._refused(answer, target, link, web)
        return answer

    def _first_kind(self, link: Link, file: RemoteFile, web: Web) -> str:
        with self._opened(link, file, web, {"range": "bytes=0-1023"}) as answer:
            if answer.status not in (200, 206):
                raise self.refused(answer, link, web)
            return first_kind(answer.peek())

    def _meta(self, target: Target, path: str, link: Link, web: Web) -> Json:
        asked = {"url": target.url, **_some(path=path, link_password=link.password)}
        told = self._posted("/2/sharing/get_shared_link_metadata", asked, target, link, web)
        if told.get(".tag") not in ("file", "folder"):
            raise stop("provider_changed")
        permissions = told.get("link_permissions")
        if isinstance(permissions, dict) and permissions.get("allow_download") is False:
            raise stop("link_download_disabled", name=text_of(told, "name"))
        return told

    def _listing(self, target: Target, link: Link, web: Web) -> Listing:
        for _ in range(LISTED_AGAIN):
            try:
                return listed(
                    Folder(target.path), lambda folder: self._children(folder, target, link, web), web.settings
                )
            except ListingReset:
                continue
        raise stop("provider_changed")

    def _children(self, folder: Folder, target: Target, link: Link, web: Web) -> Iterator[Entry]:
        pages = Pages(web.settings)
        asked: dict[str, Any] = {
            "path": folder.item,
            "shared_link": {"url": target.url, **_some(password=link.password)},
            "recursive": False,
            "limit": 2000,
            "include_non_downloadable_files": False,
        }
        page = self._posted("/2/files/list_folder", asked, target, link, web)
        while True:
            if not isinstance(page.get("entries"), list):
                raise stop("provider_changed")
            for told in page["entries"]:
                name = text_of(told, "name")
                item, path = f"{folder.item}/{name}", folder.holding(name)
                if told.get(".tag") == "folder":
                    yield Folder(item, path)
                elif told.get(".tag") == "file":
                    yield file_of(told, item, path)
            if page.get("has_more") is not True:
                return
            cursor = pages.turn(text_of(page, "cursor"))
            page = self._posted("/2/files/list_folder/continue", {"cursor": cursor}, target, link, web)

    def _posted(self, path: str, asked: Mapping[str, Any], target: Target, link: Link, web: Web) -> Json:
        headers = {"content-type": "application/json"}
        ask = Ask(Address(API, path), headers, _app(web), "POST", json.dumps(asked).encode())
        with web.ask(ask) as answer:
            if answer.status == 200:
                return answer.json()
            raise self._refused(answer, target, link, web)

    def _refused(self, answer: Answer, target: Target, link: Link, web: Web) -> Exception:
        """A link with a password and a private one are refused alike; the page of the link tells them apart."""
        said = refusal(answer)
        if said.code == "reset":
            return ListingReset()
        code = FAILURES.problem(said)
        if said.code == "shared_link_access_denied":
            if link.password:
                code = "link_password_wrong"
            elif _asks_for_password(target, web):
                code = "link_password"
        return web.refused(answer, code, self._provider.label(link))


def _asks_for_password(target: Target, web: Web) -> bool:
    try:
        with web.get(target.root, BROWSER) as answer:
            return answer.status == 200 and any(mark in answer.text() for mark in MARKS)
    except Stop as reason:
        return reason.problem.code == "link_password"
    except (Cut, Unanswered):
        return False


def _app(web: Web) -> dict[str, str]:
    pair = f"{web.settings.dropbox_app_key}:{web.settings.dropbox_app_secret}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def _some(**given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}
