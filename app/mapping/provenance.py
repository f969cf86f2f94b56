"""Which cells of a row the values of its records are made of, learned by experiment and not from columns' names.

A row is mapped as it is, and then once more for each change of each of its cells. A value names the cells whose change
changes the value. References lead to the row of their id, unless the trial lost them; a target that has a start in the
source has one in the experiment too, so that a value that comes from a reference's row is not taken for a cell's own.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from app.mapping.columns import Column, Link
from app.mapping.context import Context
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.moments import LocalMoment
from app.mapping.parse import parse_row
from app.mapping.rows import Joined, Mapped, Member, Record, Target
from app.mapping.variants import variants

BUDGET = 10_000_000  # signs that are mapped for one record
Address = tuple[str, str, str]  # a record's table, source kind and key
STAND_IN = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)  # when every target of a reference starts
START = "starts_at"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the values of one record depend on.

    `feeds` names, by cell, the record's columns that change with the cell; `table/key` names another record of the row.
    `borrowed` names, by column, the cell whose reference leads to the row that the value was taken from. `instants` are
    the moments that cells hold, as ISO text in UTC, without those that were written without an offset.
    """

    feeds: Mapping[str, frozenset[str]]
    borrowed: Mapping[str, str] = field(default_factory=dict)
    instants: Mapping[str, str] = field(default_factory=dict)


class _Attempt(NamedTuple):
    """What mapping made of the row once: its records, and the codes of its problems."""

    records: Mapping[Address, Record]
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Experiment:
    """One row of one file, with all that mapping it needs. `cells` are by attribute, as its part keeps them.

    `others` are what rows beside it have in the same columns: what a cell might well have been. `lost` are references
    that lead nowhere in the trial.
    """

    source: Source
    kind: Kind[Any]
    cells: Mapping[str, str]
    columns: Collection[str]
    context: Context
    lookups: Lookups
    others: Mapping[str, Collection[str]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def feeds(self, table: str, source_kind: str, key: str) -> Mapping[str, frozenset[str]] | None:
        """By cell, the columns of one record that are made of it. None as in `evidence`."""
        evidence = self.evidence(table, source_kind, key)
        return None if evidence is None else evidence.feeds

    def evidence(self, table: str, source_kind: str, key: str) -> Evidence | None:
        """What one record is made of.

        None where the row alone does not make the record, or is too large to be mapped again and again.
        """
        address = (table, source_kind, key)
        signs = sum(map(len, self.cells.values()))
        tries = BUDGET // max(1, signs * len(self.cells))  # for each cell
        if tries < 1:
            return None
        base = self._mapped(self.cells)
        if address not in base.records:
            return None
        feeds = {name: frozenset(self._fed(name, base, address, tries)) for name in self.cells}
        return Evidence(feeds, self._borrowed(base, address, feeds), self._instants())

    def _fed(self, name: str, base: _Attempt, address: Address, tries: int) -> Iterator[str]:
        column = self._columns.get(name.partition(":")[0])
        for variant in islice(variants(self.cells[name], self.others.get(name, ()), column, self.context), tries):
            changed = self._mapped({**self.cells, name: variant.cell})
            if not variant.may_report and not changed.codes <= base.codes:
                continue
            renamed = _renamed(base.records, changed.records)
            if renamed.get(address, address) not in changed.records:
                continue
            for where, record in base.records.items():
                other = changed.records.get(renamed.get(where, where))
                differs = _differing(record, other)
                if where == address:
                    yield from differs
                elif differs and not (column is not None and column.is_key):  # another key is another record
                    yield f"{where[0]}/{where[2]}"

    @property
    def _columns(self) -> Mapping[str, Column]:
        return {placed.name: placed.column for placed in self.kind.columns}

    def _borrowed(self, base: _Attempt, address: Address, feeds: Mapping[str, Collection[str]]) -> Mapping[str, str]:
        """By column, the cell of the reference whose target's start the value is."""
        later = self._mapped(self.cells, STAND_IN + timedelta(days=400))
        moved = _differing(base.records[address], later.records.get(address))
        links = [name for name in self.cells if (column := self._columns.get(name)) and self._has_start(column)]
        pairs = ((column, name) for column in moved for name in links if column in feeds[name])
        return dict(pairs)

    def _has_start(self, column: Column) -> bool:
        return bool(column.links_to) and self._start_of(str(column.links_to), STAND_IN) is not None

    def _start_of(self, kind_name: str, start: datetime) -> datetime | None:
        """The start of a reference's target; None of kinds whose rows have none. A joining kind has its row's."""
        kind = self.source.kind(kind_name)
        if kind.joining is not None:
            to = next((placed.column.links_to for placed in kind.columns if placed.name == kind.joining.to), None)
            return self._start_of(to, start) if to else None
        return start if any(placed.name == START for placed in kind.columns) else None

    def _instants(self) -> Mapping[str, str]:
        row = self._parsed(self.cells).row
        moments = {name: getattr(row, name, None) for name in self.cells if row is not None}
        return {
            name: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
            for name, moment in moments.items()
            if isinstance(moment, datetime) and moment.tzinfo is not None and not isinstance(moment, LocalMoment)
        }

    def _parsed(self, cells: Mapping[str, str]) -> Any:
        filled = {name: cell for name, cell in cells.items() if cell}
        return parse_row(self.kind, filled, self.context, self.columns)

    def _mapped(self, cells: Mapping[str, str], start: datetime = STAND_IN) -> _Attempt:
        parsed = self._parsed(cells)
        if parsed.row is None or self.kind.to_records is None:
            return _Attempt({})
        try:
            joined = self._joined(parsed.row, parsed.source_id or "", start)
            result = self.kind.to_records(parsed.row, joined, self.lookups)
        except (LookupError, TypeError, ValueError, AttributeError):
            return _Attempt({})  # a changed cell may be one that mapping never meets
        records = result.records if isinstance(result, Mapped) else ()
        codes = frozenset(problem.code for problem in (*parsed.problems, *result.problems))
        return _Attempt({(record.table, record.source_kind, record.key): record for record in records}, codes)

    def _joined(self, row: Any, source_id: str, start: datetime) -> Joined:
        """References as resolving would settle them, each leading to the row of its id."""
        own = self.kind.columns_for(row) if self.kind.columns_for is not None else {}
        links: list[tuple[str, Any, Column | None]] = [
            (placed.name, getattr(row, placed.name), own.get(placed.name, placed.column))
            for placed in self.kind.columns
        ]
        if self.kind.links_beside is not None:
            links += list(self.kind.links_beside(row))
        many = {
            name: tuple(
                self._target(column.links_to, key, link.name, start) for key in link.ids or (f"name:{link.name}",)
            )
            for name, link, column in links
            if isinstance(link, Link) and column is not None and column.links_to and name not in self.lost
        }
        sharing = self.kind.sharing
        members: tuple[Member, ...] = ()
        if sharing is not None and sharing.is_shared(row):
            members = tuple(Member(f"{source_id}:{one.source_id}", one) for one in many.get(sharing.by, ()))
        return Joined({name: some[0] for name, some in many.items() if some}, many, members=members)

    def _target(self, kind: str, key: str, name: str | None, start: datetime) -> Target:
        starts_at = self._start_of(kind, start)
        choice = self.lookups.plan.choice(kind, key)
        if choice.to == "match" and choice.id:
            return Target(choice.id, key, name, starts_at)
        table = next(iter(self.source.kind(kind).tables), "")
        return Target(self.lookups.ids.derive(table, kind, key) if table else key, key, name, starts_at)


def _differing(record: Record, other: Record | None) -> frozenset[str]:
    """The columns in which two records differ; all filled ones where there is no other record."""
    before, after = record.values, other.values if other is not None else {}
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _renamed(base: Mapping[Address, Record], changed: Mapping[Address, Record]) -> Mapping[Address, Address]:
    """The new address of the only record of a table that has another key after a change."""
    pairs: dict[Address, Address] = {}
    gone, new = [a for a in base if a not in changed], [a for a in changed if a not in base]
    for address in gone:
        same = [[a for a in side if a[:2] == address[:2]] for side in (gone, new)]
        if len(same[0]) == len(same[1]) == 1:
            pairs[address] = same[1][0]
    return pairs
