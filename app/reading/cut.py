"""The second pass over a file: writes its rows into parts and their identities into the index."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, Protocol

import structlog

from app.index.attachments import Attachments
from app.index.entry import IndexEntry, entry_of
from app.mapping.cells import is_error_word, plain
from app.mapping.columns import Reader, RowColumn
from app.mapping.context import Context
from app.mapping.emails import email_alone, email_or_text, is_email
from app.mapping.flags import boolean
from app.mapping.ids import NOTHING
from app.mapping.kind import Kind
from app.mapping.layout import Layout
from app.mapping.moments import birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time
from app.mapping.numbers import money, whole
from app.mapping.parse import QUARANTINED, Parsed, RowParser
from app.mapping.rows import Outcome
from app.mapping.storable import REMOVED, storable_row
from app.mapping.text import as_written, string, string_as_written, text
from app.problems import Level, Problem
from app.reading.delimited import ROWS_IN_CELL
from app.reading.file_index_columns import FileFinder, file_columns
from app.reading.json_lines import BAD_LINE
from app.reading.limits import MOST_PARTS, Limits, has_too_many_parts
from app.reading.nested_headers import object_cell
from app.reading.not_records import CODE as NOT_A_RECORD
from app.reading.parts import PartHead, PartWriter
from app.reading.problem_counts import ProblemTally
from app.reading.recognise import Header
from app.reading.results import PartInfo
from app.reading.second_columns import counting_cell, second_columns
from app.reading.survey import is_ragged, is_rounded
from app.reading.text_rows import TextRow
from app.storage.objects import Objects

log = structlog.get_logger()
_HELD_BY_READING = ("row_too_long", "cell_too_large", "link_conflict", ROWS_IN_CELL)
ARCHIVED = "true"  # cell of a row whose file name says archived
CELL_LIMIT = 32_767  # UTF-16 units that Excel holds in a cell (Excel specifications and limits)
_OUTCOMES = {Level.SKIPPED: Outcome.SKIPPED, Level.HELD: Outcome.HELD, Level.REFUSED: Outcome.HELD}


class IndexSink(Protocol):
    """The methods of the index that reading uses."""

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int: ...

    def present(self, kind: str) -> None: ...

    def drop_file(self, file: int) -> None: ...

    @property
    def attachments(self) -> Attachments: ...


class _NoSink:
    """Drops index entries of short lists: nothing refers to their rows, only their parts are kept."""

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        """Does nothing. Returns 0."""
        return 0

    def present(self, kind: str) -> None:
        """Does nothing."""

    def drop_file(self, file: int) -> None:
        """Does nothing."""

    @property
    def attachments(self) -> Attachments:
        """Raises LookupError: rows of short lists name no files."""
        raise LookupError("such rows name no files")


NO_INDEX: IndexSink = _NoSink()


@dataclass(frozen=True, slots=True)
class PartStore:
    """Where parts are written: encrypted objects whose keys begin with `prefix`, within `limits`. Contents of patients'
    files are stored under `files`, by checksum."""

    objects: Objects
    prefix: str
    data_key: bytes
    limits: Limits = field(default_factory=Limits)
    files: str = "files/"


def part_columns(header: Header) -> tuple[tuple[str, ...], Callable[[list[str]], list[str | None]]]:
    """Returns the columns of a part, and a function from a file's row to the part's cells.

    Cells are trimmed; columns of one attribute become a single cell, see `counting_cell`. Columns of an object's
    members become a JSON cell, unless the object has a filled cell of its own. Empty cells are None.
    """
    columns = tuple(dict.fromkeys(header.columns))
    raw = {p.name for p in header.kind.columns if p.column.raw}
    raw_at = [n for n, c in enumerate(header.columns) if c in raw]
    width = len(header.columns)
    paths = header.member_paths
    places = [[n for n, c in enumerate(header.columns) if c == column and not paths[n]] for column in columns]
    members = [[n for n, c in enumerate(header.columns) if c == column and paths[n]] for column in columns]

    def trimmed(row: list[str]) -> list[str | None]:
        cells = [cell.strip() or None for cell in row[:width]]
        if len(cells) < width:
            cells += [None] * (width - len(cells))
        for at in raw_at:
            if cells[at] is not None:
                cells[at] = row[at]
        return cells

    def joined(row: list[str]) -> list[str | None]:
        cells = trimmed(row)
        return [cells[where[0]] if len(where) == 1 else counting_cell([cells[n] for n in where]) for where in places]

    def gathered(row: list[str]) -> list[str | None]:
        cells, whole = trimmed(row), joined(row)
        for at, where in enumerate(members):
            if where and whole[at] in (None, "null"):
                whole[at] = object_cell((paths[n], cells[n]) for n in where) or whole[at]
        return whole

    if any(members):
        return columns, gathered
    return columns, trimmed if len(columns) == width else joined


class Cutter:
    """Writes the rows of a file into parts. `tally` collects the problems of rows, `parts` the written parts, `keyless`
    counts rows without an id."""

    def __init__(
        self,
        header: Header,
        context: Context,
        head: PartHead,
        store: PartStore,
        sink: IndexSink,
        tally: ProblemTally,
        first_part: int,
        *,
        layout: Layout,
        archived: str = "",
    ) -> None:
        self._kind: Kind[Any] = header.kind
        self._header = header
        self._context = context
        self._parser: RowParser[Any] = RowParser(header.kind, context, remembers=True)
        columns, self._cells = part_columns(header)
        self._second = second_columns(header, context)
        self._finder: FileFinder | None = None
        filing = header.kind.filing
        if filing and not set(columns) & set(file_columns(filing)):
            self._finder = FileFinder(header.kind, columns, head.file_number, head.file, sink.attachments, layout)
            columns += file_columns(filing)
        self._archived = archived
        columns += (archived,) if archived else ()
        self._head = replace(head, columns=columns, archived=archived)
        self._columns = frozenset(columns)
        self._width = len(header.columns)
        self._least = header.least
        self._ids = [
            n
            for n, c in enumerate(header.columns)
            for p in header.kind.columns
            if p.name == c and (p.column.is_key or p.column.links_to)
        ]
        self._writer = PartWriter(store.objects, store.prefix, store.data_key, store.limits)
        self._sink = sink
        self._tally = tally
        self._number = first_part
        self._entries: list[IndexEntry] = []
        self.parts: list[PartInfo] = []
        self.keyless = 0

    def cut(
        self,
        rows: Iterator[TextRow],
        *,
        has_rounded: bool,
        not_records: frozenset[int] = frozenset(),
        delimiter: str | None = None,
        usual_width: int = 0,
    ) -> None:
        """Writes all rows. `has_rounded` enables the check for rounded ids; `not_records` are the lines of repeated
        headers and totals. `usual_width` is the cell count of most rows, used only with a `delimiter`."""
        most = usual_width if delimiter else sys.maxsize
        shifted = Shifted(self._header, self._context, delimiter or "")
        for line, raw, codes in rows:
            row = storable_row(raw)
            if row is None:
                row = raw
            else:
                codes = (*codes, REMOVED)
            if line in not_records:
                codes = (NOT_A_RECORD,)
            elif len(longest := max(row, key=len, default="")) >= CELL_LIMIT // 2:
                if _may_be_cut(longest, row):
                    codes = (*codes, "cell_may_be_cut")
                if len(longest) > MOST_PARTS and any(map(_has_too_many_parts, row)):
                    row = ["" if _has_too_many_parts(cell) else cell for cell in row]
                    codes = (*codes, "cell_too_large")
            is_whole = "cell_too_large" not in codes and NOT_A_RECORD not in codes
            if len(row) != self._width and is_whole and is_ragged(row, self._width, self._least):
                codes = (*codes, "row_too_short" if len(row) < self._width else "row_too_long")
            elif len(row) > most and is_whole and shifted.is_shifted(row, most):
                codes = (*codes, "row_too_long")
            if has_rounded and any(at < len(row) and is_rounded(row[at]) for at in self._ids):
                codes = (*codes, "id_maybe_rounded")
            if self._second is not None and NOT_A_RECORD not in codes:
                codes = tuple(dict.fromkeys((*codes, *self._second.codes(row))))
            cells = self._cells(row)
            if self._finder is not None:
                codes += self._finder.add(cells)
            if self._archived:
                cells.append(ARCHIVED)
            self._entries.append(self._entry(line, cells, codes))
            if self._writer.add(line, cells, codes):
                self._close()
            del raw, row, cells  # the next row may be as large
        if self._writer.rows:
            self._close()

    def _close(self) -> None:
        part = self._writer.close(self._number, self._head)
        self._sink.add(self._kind.name, part.number, self._entries, file=self._head.file_number)
        self._entries = []
        self.parts.append(part)
        self._number += 1

    def _entry(self, line: int, cells: list[str | None], codes: tuple[str, ...]) -> IndexEntry:
        if NOT_A_RECORD in codes or BAD_LINE in codes:
            self._tally.row(line, None, codes, ())
            verdict = (Outcome.HELD, BAD_LINE) if BAD_LINE in codes else (Outcome.SKIPPED, NOT_A_RECORD)
            return IndexEntry(line, None, codes=codes, blocked=verdict)
        filled = {c: v for c, v in zip(self._head.columns, cells, strict=True) if v is not None}
        parsed = self._parser.parse_safely(filled, self._columns)
        if (stopped := parsed.stopped) is not None and stopped.code == QUARANTINED:
            log.error("row_set_aside", kind=self._kind.name, file=self._head.file_number, line=line, **stopped.details)
        if codes or parsed.problems:
            self._tally.row(line, parsed.source_id, codes, _row_problems(codes, parsed))
        blocked = _blocked(codes, parsed)
        if parsed.row is None:
            self.keyless += 1
            return IndexEntry(line, None, codes=codes, blocked=blocked)
        return entry_of(
            self._kind,
            line,
            parsed.source_id,
            parsed.row,
            codes=codes,
            blocked=blocked,
            zone_assumed=any(problem.code == "timezone_assumed" for problem in parsed.problems),
        )


def _may_be_cut(longest: str, row: list[str]) -> bool:
    """Returns whether a cell is exactly as long as a spreadsheet allows, in UTF-16 units."""
    if len(longest) == CELL_LIMIT:
        return True
    near = (cell for cell in row if CELL_LIMIT // 2 <= len(cell) <= CELL_LIMIT)
    return any(len(cell.encode("utf-16-le", "surrogatepass")) == 2 * CELL_LIMIT for cell in near)


def _has_too_many_parts(cell: str) -> bool:
    """Returns whether a cell is JSON of too many objects and lists."""
    return has_too_many_parts(cell) and cell.lstrip()[:1] in ("{", "[")


def _row_problems(codes: tuple[str, ...], parsed: Parsed[Any]) -> Iterable[Problem]:
    """Returns the problems of a row's cells. With a cell over the limit, the problem that blocks the row and a missing
    id are dropped: the lost cell may have caused both."""
    if "cell_too_large" in codes:
        stopped = parsed.stopped.code if parsed.stopped else "missing_id"
        return [problem for problem in parsed.problems if problem.code not in (stopped, "missing_id")]
    return parsed.problems


def _blocked(codes: tuple[str, ...], parsed: Parsed[Any]) -> tuple[Outcome, str] | None:
    for code in _HELD_BY_READING:
        if code in codes:
            return Outcome.HELD, code
    stopped: Problem | None = parsed.stopped
    return None if stopped is None else (_OUTCOMES[stopped.severity], stopped.code)


# Shifted rows: an unquoted comma inside a cell moves every later cell one column to the right.
#
# If the last cell was empty, the row is only longer by empty cells, as with a trailing comma: its length proves
# nothing. The row is shifted if cells of exact types do not fit their columns, and all fit after neighbouring cells
# are joined again.

_EXACT = frozenset({birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time, boolean, whole, money})
_WORDS = frozenset({text, as_written, string, string_as_written, email_alone, email_or_text})
_BAD = frozenset({"bad_date", "bad_date_of_birth", "bad_boolean"})
_FITS, _SAYS_NOTHING, _MISFITS = 1, 0, -1
_MOST = 4  # commas in a cell
_LONGEST = 1000  # characters of a cell that may be exact


class Shifted:
    """Finds shifted rows among the rows of a file that are longer than usual."""

    def __init__(self, header: Header, context: Context, delimiter: str) -> None:
        placed = {each.name: each for each in header.kind.columns}
        in_serials = replace(context, in_serials=True)
        self._columns = [placed.get(name) for name in header.columns]
        self._contexts = [in_serials if name in context.serials.columns else context for name in header.columns]
        self._delimiter = delimiter

    def is_shifted(self, row: list[str], usual: int) -> bool:
        """Returns whether cells of the row are certainly shifted. `usual` is the usual cell count."""
        as_it_is = [self._fit(at, cell) for at, cell in enumerate(row[: len(self._columns)])]
        if _MISFITS not in as_it_is:
            return False
        return any(self._fits_moved_back(row, as_it_is, by) for by in range(1, min(len(row) - usual, _MOST) + 1))

    def _fits_moved_back(self, row: list[str], as_it_is: list[int], by: int) -> bool:
        """Returns whether joining cells at some column makes all later cells fit, and more of them than before."""
        width = len(self._columns)
        back = [self._fit(at, row[at + by]) if at + by < len(row) else _SAYS_NOTHING for at in range(width)]
        misfits, fits = _counted(as_it_is, width)
        misfits_back, fits_back = _counted(back, width)
        for at in range(width - 1):
            if misfits_back[at + 1] or not misfits[at]:
                continue
            joined = self._fit(at, self._delimiter.join(row[at : at + by + 1]))
            if joined != _MISFITS and fits_back[at + 1] + (joined == _FITS) > fits[at]:
                return True
        return False

    def _fit(self, at: int, cell: str) -> int:
        """Returns whether a cell fits its column. Empty cells and columns of free text say nothing."""
        column, value = self._columns[at], cell.strip()
        if (
            column is None
            or not value
            or len(value) > _LONGEST
            or is_error_word(value)
            or plain(value).lower() in NOTHING
        ):
            return _SAYS_NOTHING
        if column.column.is_key or column.column.links_to:
            return _id_fit(column, value)
        read = column.column.read
        if read in _WORDS and column.name.endswith("email"):
            return _FITS if is_email(value) else _SAYS_NOTHING if "@" in value else _MISFITS
        return _exact_fit(read, value, self._contexts[at]) if read in _EXACT else _SAYS_NOTHING


def _id_fit(column: RowColumn, value: str) -> int:
    """A number is an id. Several words are not; a single word may be."""
    bare = value.strip("=\"' ")
    if bare.replace(",", "").replace(" ", "").isdigit():
        return _FITS
    return _MISFITS if column.column.is_key and (" " in bare or "@" in bare) else _SAYS_NOTHING


def _exact_fit(read: Reader, value: str, context: Context) -> int:
    codes: list[str] = []
    value_read = read(value, context, codes.append)
    if _BAD.isdisjoint(codes) and value_read is not None:
        return _FITS
    return _MISFITS if value_read is None else _SAYS_NOTHING


def _counted(verdicts: list[int], width: int) -> tuple[list[int], list[int]]:
    """Returns, for each position, how many cells from there to the end misfit, and how many fit."""
    whole_row = [*verdicts, *[_SAYS_NOTHING] * (width - len(verdicts))]
    behind = [[each == wanted for each in reversed(whole_row)] for wanted in (_MISFITS, _FITS)]
    misfits, fits = ([*[*accumulate(each)][::-1], 0] for each in behind)
    return misfits, fits
