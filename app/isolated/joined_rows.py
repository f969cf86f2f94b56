"""Searches the parts of an export for the rows that have a part in one row's records."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from app.mapping.context import Context
from app.mapping.joins import Join, JoinedRow
from app.mapping.kind import Source
from app.reading.file_watch import FileWatch
from app.reading.parts import PartHead, PartRow, read_part, read_row, rows_with
from app.storage import CannotOpen, LocalObjects

MOST_ROWS = 500  # of one kind
SECONDS = 6.0  # to search the parts of an export for one record
OTHER_ROWS, OTHER_VALUES, OTHER_SIGNS = 60, 5, 2_000  # rows, values of a column, characters of a value
Values = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PartRequest:
    """A part of the export: the kind of its rows, its number, and its key in storage."""

    kind: str
    number: int
    object_key: str


@dataclass
class PartRows:
    """The rows of an export, within limits of time and number.

    `context` is the clinic's; each file has its own order of dates. `is_whole` becomes False if a search took too long
    or matched too many rows, so that rows may be missing.
    """

    objects: LocalObjects
    data_key: bytes
    source: Source
    parts: Sequence[PartRequest]
    context: Context
    watch: FileWatch
    is_whole: bool = True
    heads: dict[int, PartHead] = field(default_factory=dict)  # by number, of the parts that were opened
    _others: dict[str, Values] = field(default_factory=dict)
    _until: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    def find(self, joins: Sequence[Join]) -> list[JoinedRow]:
        """The rows that any of the joins leads to, in the order of the export; a row once for each join."""
        wanted: dict[str, list[Join]] = defaultdict(list)
        for join in joins:
            wanted[join.kind].append(join)
        rows: list[JoinedRow] = []
        for part in sorted(self.parts, key=lambda part: part.number):
            if part.kind not in wanted or not self._goes_on(rows):
                continue
            try:
                rows += self._matching(part, wanted[part.kind])
            except (FileNotFoundError, CannotOpen):
                self.is_whole = False
        return rows[:MOST_ROWS]

    def at(self, part: PartRequest, line: int, join: Join) -> JoinedRow | None:
        """The row on a line of a part, as if `join` had found it; None if the part or the line is gone."""
        try:
            head, row = read_row(self.objects, part.object_key, self.data_key, line)
        except (FileNotFoundError, CannotOpen):
            self.is_whole = False
            return None
        self._opened(part, head)
        return None if row is None else self._joined(join, part, head, row)

    def _goes_on(self, rows: list[JoinedRow]) -> bool:
        if len(rows) >= MOST_ROWS or time.monotonic() > self._until:
            self.is_whole = False
        return self.is_whole

    def _matching(self, part: PartRequest, joins: list[Join]) -> list[JoinedRow]:
        """The rows of one part that a join leads to."""
        ids = {id_ for join in joins for id_ in join.ids}
        head, rows = rows_with(self.objects, part.object_key, self.data_key, sorted(ids))
        self._opened(part, head)
        joined_rows: list[JoinedRow] = []
        for row in rows:
            if len(joined_rows) >= MOST_ROWS:
                self.is_whole = False
                break
            for join in joins:
                joined = self._joined(join, part, head, row)
                parsed = joined.parsed()
                if parsed.row is not None and join.finds(parsed.row):
                    joined_rows.append(joined)
        return joined_rows

    def _opened(self, part: PartRequest, head: PartHead) -> None:
        if part.number not in self.heads:
            self.heads[part.number] = head
            self.watch.begin(head.file)

    def _others_of(self, part: PartRequest, kind: str) -> Values:
        """By attribute, contents of the first rows of a part; the same part for all rows of a kind."""
        if kind not in self._others:
            _, rows = read_part(self.objects, part.object_key, self.data_key)
            self._others[kind] = values_in(islice(rows, OTHER_ROWS))
        return self._others[kind]

    def _joined(self, join: Join, part: PartRequest, head: PartHead, row: PartRow) -> JoinedRow:
        context, others = head.within(self.context), self._others_of(part, head.kind)
        kind = self.source.kind(head.kind)
        return JoinedRow(join, kind, row.cells, frozenset(head.columns), context, (part.number, row.line), others)


def values_in(rows: Iterable[PartRow]) -> Values:
    """By attribute, up to OTHER_VALUES different contents."""
    values: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        for name, cell in row.cells.items():
            if len(cell) <= OTHER_SIGNS and len(values[name]) < OTHER_VALUES:
                values[name][cell] = None
    return {name: tuple(cells) for name, cells in values.items()}
