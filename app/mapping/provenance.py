"""Which cells the values of a row's records are made of, learned by experiment and not from columns' names.

A row is mapped as it is, and then once more for each change of each of its cells. A value names the cells whose change
changes the value, and the cells of joined rows (see `joins.py`) in the same way. References lead to the row of their
id, unless the trial lost them. Values of rows that are not read have stand-ins, so that a value that comes from a
reference's row is not taken for a cell's own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from app.mapping.cell_changes import JOINED_TRIES, Borrowed, CellChanges, column_of
from app.mapping.context import Context
from app.mapping.joins import JoinedRow, Role, ids_in
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.moments import LocalMoment
from app.mapping.rejoin import Membership, Rejoin
from app.mapping.remap import RecordedLists, Remap
from app.mapping.rows import NOTHING, Mapped, Record
from app.mapping.variants import variants
from app.problems import Problem

BUDGET = 10_000_000  # signs that are mapped for one record
MOST_JOINED = 60  # joined rows whose cells are changed


@dataclass(frozen=True, slots=True)
class JoinedEvidence:
    """What the cells of a joined row feed of the record. `instants` as in `Evidence`, `problems` those of its cells."""

    row: JoinedRow
    feeds: Mapping[str, frozenset[str]]
    instants: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, row: JoinedRow, feeds: Mapping[str, frozenset[str]]) -> "JoinedEvidence":
        parsed = row.parsed()
        return cls(row, feeds, instants_of(parsed.row, row.cells), parsed.problems)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the values of one record depend on.

    `feeds` names, by cell, the record's columns that change with the cell; `table/key` names another record of the row.
    `borrowed` names, by column, the reference to the row that the value was taken from. `instants` are the moments that
    cells hold, as ISO text in UTC, without those that were written without an offset. `joined` are the joined rows that
    feed the record. `assumed` are columns that depend on which places there are. In `unlike` columns the record of the
    trial has another value.
    """

    feeds: Mapping[str, frozenset[str]]
    borrowed: Mapping[str, Borrowed] = field(default_factory=dict)
    instants: Mapping[str, str] = field(default_factory=dict)
    joined: tuple[JoinedEvidence, ...] = ()
    assumed: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()


def nothing_unlike(record: Record, /) -> frozenset[str]:
    """No column is known to differ."""
    return frozenset()


@dataclass(frozen=True)
class Experiment:
    """One row of one file, with all that mapping it needs. `cells` are by attribute, as its part keeps them.

    `others` are what rows beside it have in the same columns: what a cell might well have been. `lost` are references
    that lead nowhere in the trial. `joined` are the rows that joins found, in the order of the export. `merged` are ids
    of people who were merged into somebody whom the record names. `place` is the row's own part and line. `unlike`
    gives the columns in which a record differs from that of the trial.
    """

    source: Source
    kind: Kind[Any]
    cells: Mapping[str, str]
    columns: Collection[str]
    context: Context
    lookups: Lookups
    others: Mapping[str, Collection[str]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    joined: tuple[JoinedRow, ...] = ()
    merged: frozenset[str] = frozenset()
    place: tuple[int, int] = (0, 0)
    unlike: Callable[[Record], frozenset[str]] = nothing_unlike

    def feeds(self, table: str, source_kind: str, key: str) -> Mapping[str, frozenset[str]] | None:
        """By cell, the columns of one record that are made of it. None as in `evidence`."""
        evidence = self.evidence(table, source_kind, key)
        return None if evidence is None else evidence.feeds

    def list_lookups(self) -> frozenset[tuple[str, str]]:
        """What mapping looks up in lists for the row: each list with the key."""
        recorded = RecordedLists()
        self._remap(None).attempt(lists=recorded)
        return frozenset(recorded.lookups)

    def evidence(self, table: str, source_kind: str, key: str) -> Evidence | None:
        """What one record is made of.

        None where the rows do not make the record, or are too large to be mapped again and again.
        """
        address = (table, source_kind, key)
        remap = self._most_like(address)
        if remap is None:
            return None
        filled = [self.cells, *(row.cells for row in remap.rows)]
        signs = sum(len(cell) for cells in filled for cell in cells.values())
        tries = BUDGET // max(1, signs * sum(map(len, filled)))  # for each cell
        if tries < 1:
            return None
        changes = CellChanges(remap, address, remap.attempt(), tries, self.others)
        feeds = changes.own()
        joined = (JoinedEvidence.of(row, fed) for row, fed in zip(remap.rows, changes.joined, strict=True))
        return Evidence(
            feeds,
            changes.borrowed(),
            instants_of(remap.parsed().row, self.cells),
            tuple(each for each in joined if any(each.feeds.values())),
            changes.assumed(),
            self.unlike(changes.base.records[address]),
        )

    def _remap(self, membership: Membership | None) -> Remap:
        """The row with the joined rows in use: of those that tell of members, only that of this membership."""
        member = membership.row if membership is not None else None
        rows = [(n, row) for n, row in enumerate(self.joined) if row.join.role is not Role.MEMBER][:MOST_JOINED]
        rows = sorted(
            [*rows, *((n, row) for n, row in enumerate(self.joined) if n == member)], key=lambda pair: pair[0]
        )
        place = next((place for place, (number, _) in enumerate(rows) if number == member), 0)
        return Remap(
            Rejoin(self.source, self.kind, self.lookups, self.lost, self.place),
            self.cells,
            self.columns,
            self.context,
            tuple(row for _, row in rows),
            membership and membership._replace(row=place),
        )

    def _most_like(self, address: tuple[str, str, str]) -> Remap | None:
        """The row with that joined row for its member that makes the record most like the trial's."""
        best: tuple[int, Remap] | None = None
        for membership in self._memberships(address[2]):
            remap = self._remap(membership)
            record = remap.attempt().records.get(address)
            if record is None:
                continue
            difference = len(self.unlike(record))
            if best is None or difference < best[0]:
                best = (difference, remap)
            if not difference:
                break
        return best and best[1]

    def _memberships(self, key: str) -> Iterator[Membership | None]:
        """The joined rows that may tell of the member whose record has this key, the likeliest first.

        The key is that of the row, alone, or with the member's id, and with that of the joined row where the member has
        several places. Further records of the member have more behind it.
        """
        own_id = self._remap(None).parsed().source_id or ""
        pieces = key.removeprefix(f"{own_id}:").split(":") if key.startswith(f"{own_id}:") else []
        suffixes = ["".join(f":{piece}" for piece in pieces[:number]) for number in range(len(pieces), -1, -1)]
        candidates = [
            (number, row, parsed)
            for number, row in enumerate(self.joined)
            if row.join.role is Role.MEMBER and (parsed := row.parsed()).row is not None
        ]
        candidates.sort(key=lambda candidate: (candidate[2].source_id not in pieces, _is_off(candidate[2].row)))
        people = self.merged | set(pieces[:1])
        for suffix in suffixes:
            for number, row, parsed in candidates:
                whom = ids_in(parsed.row, row.kind.joining.by) if row.kind.joining is not None else ()
                if not suffix or not people.isdisjoint(whom):
                    yield Membership(suffix, number)
        yield None


def cells_behind(row: JoinedRow, value: Callable[[Any], object]) -> frozenset[str]:
    """The cells of a row whose change changes a value of the parsed row."""
    before = value(row.parsed().row)

    def is_behind(name: str) -> bool:
        column = column_of(row.kind, name)
        changes = islice(variants(row.cells[name], row.others.get(name, ()), column, row.context), JOINED_TRIES)
        parsed = (row.parsed({**row.cells, name: change.cell}).row for change in changes)
        return any(each is not None and value(each) != before for each in parsed)

    return frozenset(name for name in row.cells if is_behind(name))


def minutes_of(kind: Kind[Any], row: Any, lookups: Lookups) -> int | None:
    """How long what a row of a kind becomes usually takes."""
    result = kind.to_records(row, NOTHING, lookups) if kind.to_records is not None else None
    records = result.records if isinstance(result, Mapped) else ()
    minutes = (record.values.get("duration") for record in records)
    return next((number for number in minutes if isinstance(number, int)), None)


def instants_of(row: Any, cells: Iterable[str]) -> dict[str, str]:
    """The moments that cells hold, as ISO text in UTC, without those that were written without an offset."""
    moments = {name: getattr(row, name, None) for name in cells if row is not None}
    return {
        name: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        for name, moment in moments.items()
        if isinstance(moment, datetime) and moment.tzinfo is not None and not isinstance(moment, LocalMoment)
    }


def _is_off(row: Any) -> bool:
    """Whether a place was cancelled: of several places of one person, the first other one counts."""
    return getattr(row, "cancelled_at", None) is not None
