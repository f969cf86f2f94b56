"""The second walk over a sound file: its rows go into parts, and what identifies them into the index."""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, Protocol

import structlog

from app.index.attachments import Attachments
from app.index.entry import IndexEntry, entry_of
from app.mapping.cells import is_error, plain
from app.mapping.columns import Reader, RowColumn
from app.mapping.context import Context
from app.mapping.emails import email_alone, email_or_text, is_email
from app.mapping.equality import digests_of
from app.mapping.flags import boolean
from app.mapping.ids import NOTHING
from app.mapping.kind import Kind
from app.mapping.moments import birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time
from app.mapping.numbers import money, whole
from app.mapping.parse import QUARANTINED, Parsed, parse_row
from app.mapping.rows import Outcome
from app.mapping.storable import REMOVED, storable_row
from app.mapping.text import string, text
from app.problems import Level, Problem
from app.reading.delimited import ROWS_IN_CELL
from app.reading.file_index_columns import FOUND, Beside
from app.reading.json_lines import BAD_LINE
from app.reading.limits import Limits
from app.reading.nested_headers import object_cell
from app.reading.not_records import CODE as NOT_A_RECORD
from app.reading.parts import LARGE, PartHead, PartWriter
from app.reading.problem_counts import Tally
from app.reading.recognise import Header
from app.reading.results import PartInfo
from app.reading.rows import Raw
from app.reading.survey import is_ragged, is_rounded
from app.storage.objects import Objects

log = structlog.get_logger()
_HELD_BY_READING = ("row_too_long", "cell_too_large", "link_conflict", ROWS_IN_CELL)
ARCHIVED = "true"  # the cell of a row whose file is called archived
CELL_LIMIT = 32_767  # characters of UTF-16 that a spreadsheet holds in one cell
_OUTCOMES = {Level.SKIPPED: Outcome.SKIPPED, Level.HELD: Outcome.HELD, Level.REFUSED: Outcome.HELD}


class Sink(Protocol):
    """The index, as far as reading needs it."""

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int: ...

    def present(self, kind: str) -> None: ...

    def drop_file(self, file: int) -> None: ...

    @property
    def attachments(self) -> Attachments: ...


class _NoSink:
    """For rows that nothing refers to: short lists, of which only the parts are kept."""

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        return 0

    def present(self, kind: str) -> None:
        """Nothing is noted."""

    def drop_file(self, file: int) -> None:
        """There is nothing to forget."""

    @property
    def attachments(self) -> Attachments:
        raise LookupError("such rows name no files")


NO_SINK: Sink = _NoSink()


@dataclass(frozen=True, slots=True)
class Store:
    """Where parts go: encrypted objects under `prefix`, of at most so many rows and bytes each.

    What belongs to patients lies under `files`, by its sum.
    """

    objects: Objects
    prefix: str
    data_key: bytes
    limits: Limits = field(default_factory=Limits)
    files: str = "files/"


def cells_of(header: Header) -> tuple[tuple[str, ...], Callable[[list[str]], list[str | None]]]:
    """The columns of a part, and how a file's row becomes its cells: trimmed, doubled columns as one.

    Columns of an object's members become one cell of JSON, unless the object has a filled cell of its own.
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
        return [next((cells[n] for n in where if cells[n] is not None), None) for where in places]

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
    """Cuts one file. `tally` gathers what its rows had to say; `parts` what was written."""

    def __init__(
        self,
        header: Header,
        context: Context,
        head: PartHead,
        store: Store,
        sink: Sink,
        tally: Tally,
        first_part: int,
        *,
        archived: str = "",
    ) -> None:
        self._kind: Kind[Any] = header.kind
        self._header = header
        self._context = context
        columns, self._cells = cells_of(header)
        self._beside: Beside | None = None
        if header.kind.filing and not set(columns) & set(FOUND):
            self._beside = Beside(header.kind, columns, head.file_number, head.file, sink.attachments)
            columns += FOUND
        self._archived = archived
        columns += (archived,) if archived else ()
        self._head = replace(head, columns=columns)
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
        rows: Iterator[Raw],
        *,
        has_rounded: bool,
        not_records: frozenset[int] = frozenset(),
        delimiter: str | None = None,
        usual_width: int = 0,
    ) -> None:
        """Cuts all rows. `usual_width` is how many cells most rows have, where a `delimiter` tells cells apart."""
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
            elif len(longest := max(row, key=len, default="")) >= CELL_LIMIT // 2 and _may_be_cut(longest, row):
                codes = (*codes, "cell_may_be_cut")
            is_whole = "cell_too_large" not in codes and NOT_A_RECORD not in codes
            if len(row) != self._width and is_whole and is_ragged(row, self._width, self._least):
                codes = (*codes, "row_too_short" if len(row) < self._width else "row_too_long")
            elif len(row) > most and is_whole and shifted.is_shifted(row, most):
                codes = (*codes, "row_too_long")
            if has_rounded and any(at < len(row) and is_rounded(row[at]) for at in self._ids):
                codes = (*codes, "id_maybe_rounded")
            cells = self._cells(row)
            if self._beside is not None:
                codes += self._beside.add(cells)
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
            stays = (Outcome.HELD, BAD_LINE) if BAD_LINE in codes else (Outcome.SKIPPED, NOT_A_RECORD)
            return IndexEntry(line, None, _hashed({})[0], codes=codes, blocked=stays)
        filled = {c: v for c, v in zip(self._head.columns, cells, strict=True) if v is not None}
        parsed: Parsed[Any] = parse_row(self._kind, filled, self._context, self._columns)
        if (stopped := parsed.stopped) is not None and stopped.code == QUARANTINED:
            log.error("row_set_aside", kind=self._kind.name, file=self._head.file_number, line=line, **stopped.details)
        if codes or parsed.problems:
            self._tally.row(line, parsed.source_id, codes, _beside(codes, parsed))
        blocked = _blocked(codes, parsed)
        if parsed.row is None:
            self.keyless += 1
            content, _ = _hashed(filled)
            return IndexEntry(line, None, content, codes=codes, blocked=blocked)
        values = vars(parsed.row)
        if self._archived:  # which the file's name says, and no cell of the row
            filled = {c: v for c, v in filled.items() if c != self._archived}
            values = {**values, self._archived: None}
        content, on_its_clock = _hashed(filled, self._said(values, parsed.row, filled), self._context)
        return entry_of(
            self._kind,
            line,
            parsed.source_id,
            parsed.row,
            content,
            clock_hash=on_its_clock,
            codes=codes,
            blocked=blocked,
            zone_assumed=any(problem.code == "timezone_assumed" for problem in parsed.problems),
        )

    def _said(self, values: Mapping[str, Any], row: Any, cells: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The values by which a row is compared; None for a large one, of which the cells are."""
        if sum(map(len, cells.values())) > LARGE:
            return None
        if self._kind.identity.compared_values is None:
            return values
        try:
            return {**values, **self._kind.identity.compared_values(row, self._context.country)}
        except Exception as fault:  # such a row equals only one that is written alike
            log.warning("row_not_compared", kind=self._kind.name, fault=type(fault).__name__)
            return values


def _may_be_cut(longest: str, row: list[str]) -> bool:
    """Whether any text of a row has as many characters as a spreadsheet can hold in a cell, counted as it counts."""
    if len(longest) == CELL_LIMIT:
        return True
    near = (cell for cell in row if CELL_LIMIT // 2 <= len(cell) <= CELL_LIMIT)
    return any(len(cell.encode("utf-16-le", "surrogatepass")) == 2 * CELL_LIMIT for cell in near)


def _beside(codes: tuple[str, ...], parsed: Parsed[Any]) -> Iterable[Problem]:
    """What cells have to say. What keeps a row by itself is nothing of its own where some of it could not be kept."""
    if "cell_too_large" in codes:
        stopped = parsed.stopped.code if parsed.stopped else "missing_id"
        return [problem for problem in parsed.problems if problem.code not in (stopped, "missing_id")]
    return parsed.problems


def _hashed(
    cells: Mapping[str, str], values: Mapping[str, Any] | None = None, context: Context | None = None
) -> tuple[bytes, bytes | None]:
    """By which equal rows are known. Of a large one the cells are hashed that it was read from, and never copied."""
    if values is not None and context is not None:
        return digests_of(values, cells, context.zone)
    digest = hashlib.blake2b(digest_size=16)
    for name, cell in cells.items():
        digest.update(f"{name}:{len(cell)}:".encode("utf-8", "surrogatepass"))
        for at in range(0, len(cell), LARGE):
            digest.update(cell[at : at + LARGE].encode("utf-8", "surrogatepass"))
    return digest.digest(), None


def _blocked(codes: tuple[str, ...], parsed: Parsed[Any]) -> tuple[Outcome, str] | None:
    for code in _HELD_BY_READING:
        if code in codes:
            return Outcome.HELD, code
    stopped: Problem | None = parsed.stopped
    return None if stopped is None else (_OUTCOMES[stopped.severity], stopped.code)


# A row in which a comma that nobody quoted moved every later cell one column on, and whose last cell was empty.
#
# Such a row is longer than the others by cells that are empty, so that its length alone says nothing: a trailing
# comma looks the same. What its cells say is certain where cells of an exact kind do not fit the columns that they
# stand in, and all of them fit once two neighbouring cells are put together again.

_EXACT = frozenset({birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time, boolean, whole, money})
_WORDS = frozenset({text, string, email_alone, email_or_text})
_BAD = frozenset({"bad_date", "bad_date_of_birth", "bad_boolean"})
_FITS, _SAYS_NOTHING, _MISFITS = 1, 0, -1
_MOST = 4  # commas in one cell
_LONGEST = 1000  # signs of a cell that may be exact


class Shifted:
    """Judges the rows of one file that are longer than usual."""

    def __init__(self, header: Header, context: Context, delimiter: str) -> None:
        placed = {each.name: each for each in header.kind.columns}
        in_serials = replace(context, in_serials=True)
        self._columns = [placed.get(name) for name in header.columns]
        self._contexts = [in_serials if name in context.serials.columns else context for name in header.columns]
        self._delimiter = delimiter

    def is_shifted(self, row: list[str], usual: int) -> bool:
        """Whether it is certain that cells of the row stand behind their columns. `usual` is how long rows are."""
        as_it_is = [self._fit(at, cell) for at, cell in enumerate(row[: len(self._columns)])]
        if _MISFITS not in as_it_is:
            return False
        return any(self._fits_moved_back(row, as_it_is, by) for by in range(1, min(len(row) - usual, _MOST) + 1))

    def _fits_moved_back(self, row: list[str], as_it_is: list[int], by: int) -> bool:
        """Whether a place is found behind which everything fits, and more does, once the cells are moved back."""
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
        """Whether a cell is what its column holds. Empty cells and columns of words say nothing."""
        column, value = self._columns[at], cell.strip()
        if column is None or not value or len(value) > _LONGEST or is_error(value) or plain(value).lower() in NOTHING:
            return _SAYS_NOTHING
        if column.column.is_key or column.column.links_to:
            return _id_fit(column, value)
        read = column.column.read
        if read in _WORDS and column.name.endswith("email"):
            return _FITS if is_email(value) else _SAYS_NOTHING if "@" in value else _MISFITS
        return _exact_fit(read, value, self._contexts[at]) if read in _EXACT else _SAYS_NOTHING


def _id_fit(column: RowColumn, value: str) -> int:
    """A number is an id. Words with blanks between them are none; a single word may be one."""
    bare = value.strip("=\"' ")
    if bare.replace(",", "").replace(" ", "").isdigit():
        return _FITS
    return _MISFITS if column.column.is_key and (" " in bare or "@" in bare) else _SAYS_NOTHING


def _exact_fit(read: Reader, value: str, context: Context) -> int:
    codes: list[str] = []
    found = read(value, context, codes.append)
    if _BAD.isdisjoint(codes) and found is not None:
        return _FITS
    return _MISFITS if found is None else _SAYS_NOTHING


def _counted(verdicts: list[int], width: int) -> tuple[list[int], list[int]]:
    """From each place to the end, how many cells misfit, and how many fit."""
    whole_row = [*verdicts, *[_SAYS_NOTHING] * (width - len(verdicts))]
    behind = [[each == wanted for each in reversed(whole_row)] for wanted in (_MISFITS, _FITS)]
    misfits, fits = ([*[*accumulate(each)][::-1], 0] for each in behind)
    return misfits, fits
