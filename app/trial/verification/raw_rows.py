"""The rows of the raw files of an export, in any format."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser

from app.mapping.columns import RowColumn
from app.mapping.html_limits import bounded
from app.mapping.kind import Source
from app.mapping.page_styles import split_styles
from app.mapping.verified_kinds import VerifiedKind, bare_header
from app.migration.models import ExportFile
from app.reading.entries import ExportFiles, FileEntry
from app.reading.refusal import Refused
from app.trial.verification.plain import Headers, Lined, plain_rows, under_header
from app.trial.verification.relations import with_ids
from app.trial.verification.sheets import sheet_rows
from app.trial.verification.table_lines import NotPlain
from app.trial.verification.unread import UNREAD

WORKBOOK = "xlsx"
_PAGES = "*.html"


class RawFiles:
    """The files of an export by path. A folder of note pages counts as a file, and so does each sheet of a workbook."""

    def __init__(self, export: ExportFiles, source: Source, pairs: Mapping[str, Mapping[str, str]]) -> None:
        self._pairs = pairs  # by file and header, the column that the clinic chose
        self._entries = export.entries
        self._pages = {f"{folder}{_PAGES}" for folder in export.entries.page_folders()}
        self.attached = frozenset(export.attached.folders())  # each folder counts as a file
        self._kinds = source.kinds
        self._format = source.raw_format
        self._lists = frozenset(key for kind in source.kinds for key in (kind.name, *kind.recognition.json_keys))

    def rows(self, file: ExportFile, verified_kinds: Sequence[VerifiedKind]) -> Iterator[Lined]:
        """The rows of a file by bare headers, each with its line, or its number among objects or pages.

        The id is under the header of the kind's id, whatever header the clinic chose. Ids of relations are under
        `..._id` headers. Raises NotPlain for a file that cannot be verified, at any row.
        """
        own = self._own_key(file)
        rows = ((line, with_ids(row)) for line, row in self._raw(file, verified_kinds, own))
        if own is None or not verified_kinds:
            return rows
        return ((line, {bare_header(verified_kinds[0].key_headers[0]): row.get(own, ""), **row}) for line, row in rows)

    def _raw(self, file: ExportFile, verified_kinds: Sequence[VerifiedKind], own_key: str | None) -> Iterator[Lined]:
        if file.path in self._pages:
            return note_pages(self._entries.pages(file.path.removesuffix(_PAGES)), _page_headers(verified_kinds))
        entry = self._entries.at(file.path)
        if entry is None or entry.refused:
            raise NotPlain
        headers = self._headers(file, verified_kinds, own_key)
        if file.encoding == WORKBOOK:
            return under_header(sheet_rows(entry.open, entry.sheet, headers.are_in), headers, self._format)
        otherwise = file.facts.get("otherwise")
        return plain_rows(
            entry.open,
            file.encoding,
            otherwise=otherwise,
            headers=headers,
            lists=self._lists | set(file.facts.get("lists", ())),
            in_lines=bool(file.facts.get("in_lines")),
            damages=[(start, end, rows) for start, end, rows in file.facts.get("damages", ())],
            open_marks={mark[0]: mark[1] for mark in file.facts.get("open_marks", ())},
            raw_format=self._format,
            only=entry.list,
        )

    def _own_key(self, file: ExportFile) -> str | None:
        """The bare header that the clinic chose for the id of the file's kind, or None."""
        keys = {placed.name for placed in self._columns(file) if placed.column.is_key}
        paired = self._pairs.get(file.path, {})
        return next((self._format.bare(header) for header, attribute in paired.items() if attribute in keys), None)

    def _headers(self, file: ExportFile, verified_kinds: Sequence[VerifiedKind], own_key: str | None) -> Headers:
        keys = {key for verified_kind in verified_kinds for key in verified_kind.key_headers} | (
            {own_key} if own_key else set()
        )
        known = {name for placed in self._columns(file) for name in placed.normalised_headers()} | self._pairs.get(
            file.path, {}
        ).keys()
        bare = self._format.bare
        return Headers(frozenset(map(bare, keys)), frozenset(map(bare, known)), self._format)

    def _columns(self, file: ExportFile) -> tuple[RowColumn, ...]:
        return next((kind.columns for kind in self._kinds if kind.name == file.kind), ())


def _page_headers(verified_kinds: Sequence[VerifiedKind]) -> dict[str, str]:
    """The headers under which the parts of a note page are compared."""
    headers = {"id": verified_kinds[0].key_headers[0]} if verified_kinds else {}
    for name, column in (("patient", "client_id"), ("title", "title"), ("content", "body")):
        for verified_column in (
            verified_column
            for verified_kind in verified_kinds
            for verified_column in verified_kind.columns
            if verified_column.column == column
        ):
            headers[name] = verified_column.headers[0]
    return headers


LARGEST = 5 << 20  # bytes of a page
_NUMBER = re.compile(r"\[([^\]]+)\]\.[A-Za-z]{1,5}$")
_OWNER = re.compile(r"([A-Za-z._:-]*[0-9][A-Za-z0-9._:-]*)(?:\s+-\s+.*)?")
_FRAME = frozenset({"html", "body"})
_UNSEEN = frozenset({"script", "style"})
_ABOVE = frozenset({"html", "head", "meta", "link", "base", "title", "style", "script"})  # what a page's head holds


def note_pages(entries: Iterable[FileEntry], headers: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """A row for each page of a folder, with its number from 1. `headers` are those of id, patient, title and content.

    A page that cannot be read has a row whose title and content are `UNREAD`.
    """
    for number_of_page, entry in enumerate(entries, start=1):
        *folders, name = entry.path.removeprefix(entry.page or "").split("/")
        number, owners = _NUMBER.search(name), filter(None, map(_OWNER.fullmatch, folders))
        owner = next(owners, None)
        cells = {"id": number[1] if number else "", "patient": owner[1] if owner else ""}
        page = _page(entry)
        cells |= {"title": page.title, "content": page.text} if page else {"title": UNREAD, "content": UNREAD}
        yield number_of_page, {bare_header(headers[name]): cell for name, cell in cells.items() if name in headers}


def _page(entry: FileEntry) -> "_Words | None":
    """The words of a page; None for a page that is unreadable, longer than LARGEST bytes, or not UTF-8."""
    if entry.refused:
        return None
    try:
        with entry.open() as stream:
            data = stream.read(LARGEST + 1)
        page = _Words()
        page.feed(bounded(split_styles(data.decode("utf-8-sig")).text))
        page.close()
    except (Refused, OSError, ValueError, AssertionError, RecursionError):  # the parser asserts what a page may hold
        return None
    return page if len(data) <= LARGEST else None


class _Words(HTMLParser):
    """The visible text of a page. The first heading of the first level is the title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._unseen = 0
        self._in_title = False
        self._above: str | None = None  # the element of the page's head that is open
        self._has_words = False
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """The text with tags between its pieces, which show where words may be separated."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ABOVE:
            self._above, self._has_words = None, True
        elif tag == "head":
            self._above = None if self._has_words else tag
        elif self._above is not None:
            self._above = tag
        self._unseen += tag in _UNSEEN
        self._in_title = self._in_title or (tag == "h1" and not self.title)
        self._mark(tag, f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._mark(tag, f"</{tag}>")
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if self._above is not None:
            self._above = None if tag == "head" else "head"
        if tag == "h1":
            self._in_title = False

    def close(self) -> None:
        """Ends the page. A title that is not closed becomes text of the page."""
        super().close()
        if self._in_title:
            self._pieces.append(self.title.replace("<", "&lt;"))
            self.title = ""

    def handle_data(self, data: str) -> None:
        if self._unseen or (self._above is not None and (self._above == "title" or not data.strip())):
            return
        self._above, self._has_words = None, self._has_words or bool(data.strip())
        if self._in_title:
            self.title += data
        else:
            self._pieces.append(data.replace("<", "&lt;"))

    def _mark(self, tag: str, mark: str) -> None:
        if not self._unseen and self._above is None and tag not in _FRAME and tag != "head":
            self._pieces.append(mark)
