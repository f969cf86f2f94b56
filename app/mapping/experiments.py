"""Which cells the values of a row's records come from, learned by experiment and not from column names.

The row is mapped once unchanged, and once for each change of each cell. A value comes from the cells whose change
changes the value; cells of joined rows (see `joins.py`) are tried in the same way. Every reference leads to the row of
its id, unless the trial lost the reference. A row that is not read gets a placeholder value, so that a value of such a
row is never attributed to a cell of this row.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from app.mapping.cell_changes import JOINED_TRIES, Borrowed, CellChanges, column_of, variants
from app.mapping.context import Context
from app.mapping.joins import JoinedRow, JoinRole, ids_in
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.moments import has_offset
from app.mapping.remap import MemberRow, RecordedLists, Rejoin, Remap
from app.mapping.rows import NOTHING, Mapped, Record
from app.problems import Problem

BUDGET = 10_000_000  # characters that may be mapped for one record, over all attempts
MOST_JOINED = 60  # joined rows whose cells are changed


@dataclass(frozen=True, slots=True)
class JoinedEvidence:
    """The columns of the record that the cells of a joined row feed.

    `feeds` and `instants` as in `Evidence`. `problems` are the parse problems of the row.
    """

    row: JoinedRow
    feeds: Mapping[str, frozenset[str]]
    instants: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, row: JoinedRow, feeds: Mapping[str, frozenset[str]]) -> "JoinedEvidence":
        """The evidence of a joined row whose `feeds` are known: parses the row for instants and problems."""
        parsed = row.parsed()
        return cls(row, feeds, instants_of(parsed.row, row.cells), parsed.problems)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The cells and rows that the values of one record depend on.

    * `feeds`: by cell, the record's columns that change with the cell; `table/key` names another record of the row.
    * `borrowed`: by column, the reference whose target gives the value.
    * `instants`: by cell, the moment that the cell holds, as ISO text in UTC; only moments written with an offset.
    * `joined`: the joined rows that feed the record.
    * `assumed`: columns that hold a default location.
    * `unlike`: columns in which the trial's record has another value than this experiment.
    """

    feeds: Mapping[str, frozenset[str]]
    borrowed: Mapping[str, Borrowed] = field(default_factory=dict)
    instants: Mapping[str, str] = field(default_factory=dict)
    joined: tuple[JoinedEvidence, ...] = ()
    assumed: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()


def nothing_unlike(record: Record, /) -> frozenset[str]:
    """The default for `Experiment.unlike`: no column differs from the trial."""
    return frozenset()


@dataclass(frozen=True)
class Experiment:
    """One row of one file, with everything that mapping the row needs. Makes no change outside itself.

    * `cells`: by attribute, as the part stores them; `columns`: the attributes that the file has a column for.
    * `others`: by attribute, contents of the same column in other rows, to try in place of the row's own cell.
    * `lost`: references that led nowhere in the trial.
    * `joined`: the rows that the row's joins lead to, in the order of the export.
    * `merged`: ids of people who were merged into a person whom the record names.
    * `place`: the part number and the line of the row.
    * `unlike`: receives a record, returns the columns in which the trial's record differs.
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
        """By cell, the columns of one record that the cell feeds. None as in `evidence`."""
        evidence = self.evidence(table, source_kind, key)
        return None if evidence is None else evidence.feeds

    def list_lookups(self) -> frozenset[tuple[str, str]]:
        """The pairs of list name and key that mapping looks up for the row in `Lookups.lists`."""
        recorded = RecordedLists()
        self._remap(None).attempt(lists=recorded)
        return frozenset(recorded.lookups)

    def evidence(self, table: str, source_kind: str, key: str) -> Evidence | None:
        """The evidence of one record.

        None if the rows do not make this record, or if they are too large for BUDGET.
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

    def _remap(self, membership: MemberRow | None) -> Remap:
        """The row with its joined rows; of the rows about members, only the row of `membership`."""
        member = membership.row if membership is not None else None
        rows = [(n, row) for n, row in enumerate(self.joined) if row.join.role is not JoinRole.MEMBER][:MOST_JOINED]
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
        """The row with the member's joined row whose record differs least from the trial's; None without a record."""
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

    def _memberships(self, key: str) -> Iterator[MemberRow | None]:
        """The joined rows that may be about the member whose record has this key, the likeliest first; then None.

        The key is the row's id, alone or followed by the member's id, and by the joined row's id if the member has
        several places in the row. Further records of the member have a longer key.
        """
        own_id = self._remap(None).parsed().source_id or ""
        pieces = key.removeprefix(f"{own_id}:").split(":") if key.startswith(f"{own_id}:") else []
        suffixes = ["".join(f":{piece}" for piece in pieces[:number]) for number in range(len(pieces), -1, -1)]
        candidates = [
            (number, row, parsed)
            for number, row in enumerate(self.joined)
            if row.join.role is JoinRole.MEMBER and (parsed := row.parsed()).row is not None
        ]
        candidates.sort(key=lambda candidate: (candidate[2].source_id not in pieces, _is_cancelled(candidate[2].row)))
        people = self.merged | set(pieces[:1])
        for suffix in suffixes:
            for number, row, parsed in candidates:
                whom = ids_in(parsed.row, row.kind.joining.owner_link) if row.kind.joining is not None else ()
                if not suffix or not people.isdisjoint(whom):
                    yield MemberRow(suffix, number)
        yield None


def cells_behind(row: JoinedRow, value: Callable[[Any], object]) -> frozenset[str]:
    """The cells of a row whose change changes `value`, a function of the parsed row."""
    before = value(row.parsed().row)

    def is_behind(name: str) -> bool:
        column = column_of(row.kind, name)
        changes = islice(variants(row.cells[name], row.others.get(name, ()), column, row.context), JOINED_TRIES)
        parsed = (row.parsed({**row.cells, name: change.cell}).row for change in changes)
        return any(each is not None and value(each) != before for each in parsed)

    return frozenset(name for name in row.cells if is_behind(name))


def minutes_of(kind: Kind[Any], row: Any, lookups: Lookups) -> int | None:
    """The `duration` in minutes of the record that a row of a kind becomes; None without such a record."""
    result = kind.to_records(row, NOTHING, lookups) if kind.to_records is not None else None
    records = result.records if isinstance(result, Mapped) else ()
    minutes = (record.values.get("duration") for record in records)
    return next((number for number in minutes if isinstance(number, int)), None)


def instants_of(row: Any, cells: Mapping[str, str]) -> dict[str, str]:
    """By cell, the moment as ISO text in UTC (`2026-11-30T23:00:00Z`).

    Moments that were written without an offset, such as a day alone, are left out.
    """
    named = (name for name, cell in cells.items() if has_offset(cell)) if row is not None else ()
    moments = {name: getattr(row, name, None) for name in named}
    return {
        name: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        for name, moment in moments.items()
        if isinstance(moment, datetime) and moment.tzinfo is not None
    }


def _is_cancelled(row: Any) -> bool:
    """Whether a place was cancelled. Of several places of one person, the first that is not cancelled counts."""
    return getattr(row, "cancelled_at", None) is not None
