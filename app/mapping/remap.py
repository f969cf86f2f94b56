"""One row mapped again and again with other cells, its joined rows with it, as a trial would map it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.joins import JoinedRow
from app.mapping.kind import Kind
from app.mapping.parse import Parsed, parse_row
from app.mapping.rejoin import USUAL, Membership, Reading, Rejoin, StandIns, changed
from app.mapping.rows import NOTHING, Joined, Mapped, Record

Address = tuple[str, str, str]  # a record's table, source kind and key
Cells = Mapping[str, str]


class Attempt(NamedTuple):
    """What mapping made of the row once: its records, the codes of its problems, and what the row was joined with.

    `parts` are the numbers of the joined rows that had a part.
    """

    records: Mapping[Address, Record]
    codes: frozenset[str] = frozenset()
    joined: Joined = NOTHING
    parts: frozenset[int] = frozenset()


class RecordedLists(Mapping[str, Any]):
    """Empty lists that note what is looked up in them: `lookups` has pairs of a list and a key."""

    def __init__(self, name: str = "", lookups: set[tuple[str, str]] | None = None) -> None:
        self._name = name
        self.lookups: set[tuple[str, str]] = set() if lookups is None else lookups

    def __getitem__(self, key: str) -> "RecordedLists":
        if not self._name:
            return RecordedLists(key, self.lookups)
        self.lookups.add((self._name, key))
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class Remap:
    """All that mapping one row needs. `rows` are the joined rows in use, in the order of the export."""

    rejoin: Rejoin
    cells: Cells
    columns: Collection[str]
    context: Context
    rows: tuple[JoinedRow, ...] = ()
    membership: Membership | None = None

    @property
    def kind(self) -> Kind[Any]:
        return self.rejoin.kind

    def parsed(self, cells: Cells | None = None) -> Parsed[Any]:
        """The row as it is, or with other cells."""
        filled = {name: cell for name, cell in (self.cells if cells is None else cells).items() if cell}
        return parse_row(self.kind, filled, self.context, self.columns)

    def attempt(
        self,
        cells: Cells | None = None,
        *,
        joined: tuple[int, Cells] | None = None,
        without: int | None = None,
        stand_ins: StandIns = USUAL,
        lists: RecordedLists | None = None,
    ) -> Attempt:
        """Maps the row once. `joined` gives a joined row, by its number, other cells; `without` leaves one away.

        No records where mapping fails: a changed cell may be one that mapping never meets.
        """
        parsed, readings = self.parsed(cells), self._readings
        if parsed.row is None or self.kind.to_records is None:
            return Attempt({})
        if joined is not None:
            number, others = joined
            reading = Reading(number, self.rows[number], self.rows[number].parsed(others))
            readings = (*readings[:number], reading, *readings[number + 1 :])
        suffix = self.membership.suffix if self.membership is not None else ""
        try:
            parts = self.rejoin.parts(parsed.row, [r for r in readings if r.number != without], self.membership)
            settled = self.rejoin.joined(parsed.row, parsed.source_id or "", parts, suffix, stand_ins)
            lookups = self.rejoin.lookups_for(parts, stand_ins, self._questions(parsed.row, parts), lists)
            result = self.kind.to_records(parsed.row, settled, lookups)
        except (LookupError, TypeError, ValueError, AttributeError):
            return Attempt({})
        records = result.records if isinstance(result, Mapped) else ()
        problems = [*parsed.problems, *result.problems, *(p for each in readings for p in each.parsed.problems)]
        return Attempt(
            {(record.table, record.source_kind, record.key): record for record in records},
            frozenset(problem.code for problem in problems),
            settled,
            frozenset(reading.number for reading in parts),
        )

    @cached_property
    def _readings(self) -> tuple[Reading, ...]:
        return tuple(Reading(number, row, row.parsed()) for number, row in enumerate(self.rows))

    @cached_property
    def _question(self) -> dict[str, Defined]:
        row = self.parsed().row
        if row is None:
            return {}
        return self.rejoin.question(row, self.context, self.rejoin.parts(row, self._readings, self.membership))

    def _questions(self, row: Any, parts: tuple[Reading, ...]) -> dict[str, Defined]:
        """The row's own question, with what these cells change in the question."""
        trial = self.rejoin.lookups.fields
        return {
            key: changed(trial[key], self._question[key], after)
            for key, after in self.rejoin.question(row, self.context, parts).items()
            if key in trial and key in self._question
        }
