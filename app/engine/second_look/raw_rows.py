"""The rows of one file of an export as it was handed over, whatever shape the file has."""

from collections.abc import Iterator, Mapping, Sequence

from app.engine.reading.entries import Found
from app.engine.second_look.note_pages import note_pages
from app.engine.second_look.plain import Headers, Lined, plain_rows, under_header
from app.engine.second_look.relations import with_ids
from app.engine.second_look.sheets import sheet_rows
from app.engine.second_look.table_lines import NotPlain
from app.mapping.columns import Placed
from app.mapping.kind import Source
from app.mapping.second_look import Look, bare
from app.migration.models import ExportFile

WORKBOOK = "xlsx"
_PAGES = "*.html"


class RawFiles:
    """The files of an export by path. A folder of note pages is one file, and so is each sheet of a workbook."""

    def __init__(self, found: Found, source: Source, pairs: Mapping[str, Mapping[str, str]]) -> None:
        self._pairs = pairs  # by file and header, the column that the clinic paired it with
        self._entries = found.entries
        self._pages = {f"{folder}{_PAGES}" for folder in found.entries.page_folders()}
        self.attached = frozenset(found.attached.folders())  # each of them counts as one file
        self._kinds = source.kinds
        self._nested = source.nested
        self._lists = frozenset(key for kind in source.kinds for key in (kind.name, *kind.json_keys))

    def rows(self, file: ExportFile, looks: Sequence[Look]) -> Iterator[Lined]:
        """The rows of a file, by bare headers, each with the place by which problems of it are told: its line, its
        number among objects or pages. Raises NotPlain where the file cannot be verified.

        An id under a header of the clinic's own has the header of the kind's id. Relations have theirs under one name.
        """
        own = self._own_key(file)
        rows = ((line, with_ids(row)) for line, row in self._raw(file, looks, own))
        if own is None or not looks:
            return rows
        return ((line, {bare(looks[0].key[0]): row.get(own, ""), **row}) for line, row in rows)

    def _raw(self, file: ExportFile, looks: Sequence[Look], own_key: str | None) -> Iterator[Lined]:
        if file.path in self._pages:
            return note_pages(self._entries.pages(file.path.removesuffix(_PAGES)), _page_headers(looks))
        entry = self._entries.at(file.path)
        if entry is None or entry.refused:
            raise NotPlain
        headers = self._headers(file, looks, own_key)
        if file.encoding == WORKBOOK:
            return under_header(sheet_rows(entry.open, entry.sheet, headers.are_in), headers)
        otherwise = file.facts.get("otherwise")
        return plain_rows(
            entry.open,
            file.encoding,
            otherwise=otherwise,
            headers=headers,
            lists=self._lists | set(file.facts.get("lists", ())),
            in_lines=bool(file.facts.get("in_lines")),
            damages=[(start, end, rows) for start, end, rows in file.facts.get("damages", ())],
            open_marks=dict(file.facts.get("open_marks", ())),
            nested=self._nested,
            only=entry.list,
        )

    def _own_key(self, file: ExportFile) -> str | None:
        """The bare header that the clinic paired with the id of the file's kind."""
        keys = {placed.name for placed in self._columns(file) if placed.column.is_key}
        paired = self._pairs.get(file.path, {})
        return next((bare(header) for header, attribute in paired.items() if attribute in keys), None)

    def _headers(self, file: ExportFile, looks: Sequence[Look], own_key: str | None) -> Headers:
        keys = {key for look in looks for key in look.key} | ({own_key} if own_key else set())
        known = {name for placed in self._columns(file) for name in placed.known_as()} | self._pairs.get(
            file.path, {}
        ).keys()
        return Headers(frozenset(map(bare, keys)), frozenset(map(bare, known)))

    def _columns(self, file: ExportFile) -> tuple[Placed, ...]:
        return next((kind.columns for kind in self._kinds if kind.name == file.kind), ())


def _page_headers(looks: Sequence[Look]) -> dict[str, str]:
    """Under which headers the parts of a note page are compared."""
    headers = {"id": looks[0].key[0]} if looks else {}
    for name, column in (("patient", "client_id"), ("title", "title"), ("content", "body")):
        for seen in (seen for look in looks for seen in look.seen if seen.column == column):
            headers[name] = seen.headers[0]
    return headers
