"""Google Drive by its API, with the operator's key: names, sizes and fingerprints are told, folders are listed."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.links.answer import Answer, display_name
from app.links.failures import table_of
from app.links.kinds import first_kind
from app.links.link import Address, Link
from app.links.listing import Document, Entry, Folder, Listing, Pages, listed
from app.links.problems import stop
from app.links.provider import Found, RemoteFile, Validator
from app.links.providers.asking import part_headers, refusal, text_of
from app.links.providers.google_links import DATA, Target, target_of
from app.links.providers.known import KnownRoute
from app.links.web import Web

HOST, BASE = "www.googleapis.com", "/drive/v3/files"
FAILURES = table_of(DATA, "api")
FOLDER, SHORTCUT = "application/vnd.google-apps.folder", "application/vnd.google-apps.shortcut"
NATIVE = "application/vnd.google-apps."
FIELDS = (
    "id,name,mimeType,size,md5Checksum,sha1Checksum,sha256Checksum,modifiedTime,version,headRevisionId,trashed,"
    "resourceKey,capabilities(canDownload),shortcutDetails"
)
DAY_IS_SPENT = "dailyLimitExceeded"
SUMS = {"md5": "md5Checksum", "sha1": "sha1Checksum", "sha256": "sha256Checksum"}
Meta = Mapping[str, Any]
log = logging.getLogger(__name__)


class GoogleApi(KnownRoute):
    name = "api"
    failures = FAILURES
    confirms = True
    best_effort = False

    def probe(self, link: Link, web: Web) -> Found:
        target, told = self._at_end(link, web)
        name = text_of(told, "name")
        if told["mimeType"] == FOLDER:
            found = self._listing(target, link, web)
            return Found.of(self._provider, link, name, found.files, folder=True, warnings=found.warnings)
        file = self._file(target, told, display_name(name) or "export")
        kind = "empty" if file.size == 0 else self._first_kind(link, file, web)
        return Found.of(self._provider, link, name, [file], first_kind=kind)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        target, told = self._at_end(link, web)
        if told["mimeType"] == FOLDER:
            return self._listing(target, link, web).files
        return [self._file(target, told, display_name(text_of(told, "name")) or "export")]

    def file(self, link: Link, file: RemoteFile, web: Web) -> RemoteFile | None:
        target = Target.of_item(file.item)
        told = self._meta(target, link, web)
        return None if told.get("trashed") is True else self._file(target, told, file.path)

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        target = Target.of_item(file.item)
        address = Address(HOST, f"{BASE}/{target.id}?alt=media&supportsAllDrives=true")
        return web.get(address, part_headers(start, Validator()), self._secrets(target, web))

    def validator(self, answer: Answer) -> Validator:
        return Validator()  # the revision is the metadata's to tell

    def problem(self, answer: Answer) -> str:
        said = refusal(answer)
        if said.code == DAY_IS_SPENT:  # it passes for the clinic; that it happens is for the operators to mend
            log.error("what our key may ask for in a day is used up provider=%s", self._provider.name)
        return FAILURES.problem(said)

    def trusts(self, answer: Answer) -> bool:
        return True

    def _first_kind(self, link: Link, file: RemoteFile, web: Web) -> str:
        target = Target.of_item(file.item)
        address = Address(HOST, f"{BASE}/{target.id}?alt=media&supportsAllDrives=true")
        with web.get(address, {"range": "bytes=0-1023"}, self._secrets(target, web)) as answer:
            if answer.status not in (200, 206):
                raise self._refused(answer, link, web)
            return first_kind(answer.peek())

    def _at_end(self, link: Link, web: Web) -> tuple[Target, Meta]:
        """What a link leads to in the end: shortcuts are followed, and not in a circle."""
        target, seen = target_of(link), set[str]()
        while target is not None and target.id not in seen:
            seen.add(target.id)
            told = self._meta(target, link, web)
            if told.get("trashed") is True:
                raise stop("link_gone")
            if told["mimeType"] != SHORTCUT:
                return target, told
            target = _behind(told)
        raise stop("provider_changed")

    def _listing(self, target: Target, link: Link, web: Web) -> Listing:
        return listed(Folder(target.item), lambda folder: self._children(folder, link, web), web.settings)

    def _children(self, folder: Folder, link: Link, web: Web) -> Iterator[Entry]:
        parent, pages, token = Target.of_item(folder.item), Pages(web.settings), ""
        asked = quote(f"'{parent.id}' in parents and trashed=false", safe="")
        while True:
            query = f"q={asked}&pageSize=1000&supportsAllDrives=true&includeItemsFromAllDrives=true"
            query += f"&fields={quote(f'nextPageToken,incompleteSearch,files({FIELDS})', safe='')}"
            query += f"&pageToken={quote(token, safe='')}" if token else ""
            page = self._json(Address(HOST, f"{BASE}?{query}"), parent, link, web)
            if page.get("incompleteSearch") is True or not isinstance(page.get("files"), list):
                raise stop("provider_changed")
            for told in page["files"]:
                yield self._entry(folder, told, link, web)
            token = text_of(page, "nextPageToken")
            if not token:
                return
            pages.turn(token)

    def _entry(self, folder: Folder, told: Meta, link: Link, web: Web) -> Entry:
        path, target = folder.holding(text_of(told, "name")), Target(text_of(told, "id"), text_of(told, "resourceKey"))
        seen: set[str] = set()
        while told.get("mimeType") == SHORTCUT:
            target = _behind(told)
            if target.id in seen:
                raise stop("provider_changed")
            seen.add(target.id)
            told = self._meta(target, link, web)
        if told.get("mimeType") == FOLDER:
            return Folder(target.item, path)
        if text_of(told, "mimeType").startswith(NATIVE):
            return Document(path)
        return self._file(target, told, path)

    def _file(self, target: Target, told: Meta, path: str) -> RemoteFile:
        if text_of(told, "mimeType").startswith(NATIVE):
            raise stop("native_document", name=path)
        if told.get("capabilities", {}).get("canDownload") is False:
            raise stop("link_download_disabled", name=path)
        size = text_of(told, "size")
        if not (size.isascii() and size.isdigit()):
            raise stop("provider_changed")
        return RemoteFile(
            item=target.item,
            path=path,
            size=int(size),
            validator=Validator("revision", text_of(told, "headRevisionId")),
            checksums={name: text_of(told, key).lower() for name, key in SUMS.items() if told.get(key)},
            page=text_of(told, "mimeType") in ("text/html", "application/xhtml+xml"),
        )

    def _meta(self, target: Target, link: Link, web: Web) -> Meta:
        address = Address(HOST, f"{BASE}/{target.id}?supportsAllDrives=true&fields={quote(FIELDS, safe='')}")
        told = self._json(address, target, link, web)
        if not isinstance(told.get("mimeType"), str):
            raise stop("provider_changed")
        return told

    def _json(self, address: Address, target: Target, link: Link, web: Web) -> Meta:
        with web.get(address, None, self._secrets(target, web)) as answer:
            if answer.status != 200:
                raise self._refused(answer, link, web)
            return answer.json()

    def _refused(self, answer: Answer, link: Link, web: Web) -> Exception:
        return web.refused(answer, self.problem(answer), self._provider.label(link))

    def _secrets(self, target: Target, web: Web) -> Mapping[str, str]:
        key = {"x-goog-drive-resource-keys": target.item} if target.key else {}
        return {"x-goog-api-key": web.settings.google_drive_api_key, **key}


def _behind(told: Meta) -> Target:
    details = told.get("shortcutDetails")
    if not isinstance(details, dict) or not details.get("targetId"):
        raise stop("provider_changed")
    return Target(text_of(details, "targetId"), text_of(details, "targetResourceKey"))
