"""What changes in a record when one cell of its row, or of a joined row, has another content."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from app.mapping.columns import Column
from app.mapping.joins import Role
from app.mapping.kind import Kind
from app.mapping.rejoin import USUAL, StandIns, has_start, references
from app.mapping.remap import Address, Attempt, Remap
from app.mapping.rows import Record
from app.mapping.variants import variants

JOINED_TRIES = 4  # changes of each cell of a joined row
START, NAME, MINUTES = "start", "name", "minutes"
NOTHING: frozenset[str] = frozenset()
Feeds = dict[str, frozenset[str]]  # by cell, the columns that change with the cell
Tries = Iterable[tuple[Attempt, bool]]  # each with whether the attempt may report new problems


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A value of the row to which the reference in `cell` leads: its START, its NAME or its MINUTES."""

    cell: str
    value: str


class Effect(NamedTuple):
    """The columns that change with a cell. In the `loose` ones, only because other rows are joined then."""

    fed: frozenset[str] = NOTHING
    loose: frozenset[str] = NOTHING


@dataclass(frozen=True)
class CellChanges:
    """Changes the cells behind the record of one address. `base` is the row as it is, `tries` the changes of each cell.

    `others` are contents of the row's columns in other rows. Another record of the row is one column: `table/key`.
    """

    remap: Remap
    address: Address
    base: Attempt
    tries: int
    others: Mapping[str, Collection[str]]

    def own(self) -> Feeds:
        """What the row's own cells feed. Its id feeds only what no other cell feeds."""
        cells, kind = self.remap.cells, self.remap.kind
        effects = {name: self._effect(column_of(kind, name), self._own_tries(name)) for name in cells}
        by_others = _all(self.joined)
        certain = by_others.union(*(effect.fed for effect in effects.values()))
        feeds = {name: effect.fed | (effect.loose - certain) for name, effect in effects.items()}
        _without_key(kind, feeds, by_others)
        return feeds

    @cached_property
    def joined(self) -> tuple[Feeds, ...]:
        """What the cells of each joined row feed.

        How a row is joined, and its id, feed only what no other cell feeds; the list of a course of treatment is named
        all the same. A row without which a column is the same feeds the column only where no row does without which the
        column is another one.
        """
        effects = [self._of_joined(number) for number in range(len(self.remap.rows))]
        certain = NOTHING.union(*(effect.fed for row in effects for effect in row.values()))
        rows = [{name: effect.fed | (effect.loose - certain) for name, effect in row.items()} for row in effects]
        for joined, feeds, row in zip(self.remap.rows, rows, effects, strict=True):
            _without_key(joined.kind, feeds, NOTHING)
            if joined.join.role is Role.COURSE:
                feeds[joined.join.column] = row[joined.join.column].loose  # the list gives the course to its members
        needed = [self._differs(self.remap.attempt(without=number)) for number in range(len(rows))]
        by_needed = _all([{n: fed & need for n, fed in row.items()} for row, need in zip(rows, needed, strict=True)])
        return tuple(
            {name: fed - (by_needed - need) for name, fed in row.items()}
            for row, need in zip(rows, needed, strict=True)
        )

    def _of_joined(self, number: int) -> dict[str, Effect]:
        kind, cells = self.remap.rows[number].kind, self.remap.rows[number].cells
        return {name: self._effect(column_of(kind, name), self._joined_tries(number, name)) for name in cells}

    def _own_tries(self, name: str) -> Tries:
        cells, column = self.remap.cells, column_of(self.remap.kind, name)
        changes = variants(cells[name], self.others.get(name, ()), column, self.remap.context)
        for change in islice(changes, self.tries):
            yield self.remap.attempt({**cells, name: change.cell}), change.may_report

    def _joined_tries(self, number: int, name: str) -> Tries:
        row = self.remap.rows[number]
        changes = variants(row.cells[name], row.others.get(name, ()), column_of(row.kind, name), row.context)
        for change in islice(changes, min(self.tries, JOINED_TRIES)):
            cells = {**row.cells, name: change.cell}
            yield self.remap.attempt(joined=(number, cells)), change.may_report

    def _effect(self, column: Column | None, tries: Tries) -> Effect:
        """What differs in any of the attempts. A cell that nothing else could be in feeds what its column describes."""
        fed, loose = set[str](), set[str]()
        is_tried = False
        for attempt, may_report in tries:
            if not may_report and not attempt.codes <= self.base.codes:
                continue
            renamed = _renamed(self.base.records, attempt.records)
            if renamed.get(self.address, self.address) not in attempt.records:
                continue
            is_tried = True
            differs = self._differs(attempt, renamed, with_others=not _is_key(column))  # another key is another record
            (fed if attempt.parts == self.base.parts else loose).update(differs)
        if not is_tried and column is not None:
            fed |= self._described(column)
        return Effect(frozenset(fed), frozenset(loose))

    def _differs(
        self, attempt: Attempt, renamed: Mapping[Address, Address] | None = None, *, with_others: bool = True
    ) -> frozenset[str]:
        """The columns in which an attempt gives another value."""
        addresses = _renamed(self.base.records, attempt.records) if renamed is None else renamed
        differs = set[str]()
        for where, record in self.base.records.items():
            columns = _differing(record, attempt.records.get(addresses.get(where, where)))
            if where == self.address:
                differs |= columns
            elif columns and with_others:
                differs.add(f"{where[0]}/{where[2]}")
        return frozenset(differs)

    def _described(self, column: Column) -> frozenset[str]:
        """The column of the record to which a cell goes, as its own column is described."""
        _, _, name = (column.destination or "").partition(".")
        return frozenset([name]) if name in self.base.records[self.address].values else NOTHING

    def borrowed(self) -> dict[str, Borrowed]:
        """By column, the reference to the row that the value was taken from."""
        rejoin, row = self.remap.rejoin, self.remap.parsed().row
        kinds = {
            name: rejoin.source.kind(str(column.links_to))
            for name, _, column in references(rejoin.kind, row)
            if name in self.remap.cells
        }
        borrowed: dict[str, Borrowed] = {}
        for column in self._moved(StandIns(minutes=7)):
            for name, target in self.base.joined.targets.items():
                if name in kinds and target.id in rejoin.lookups.durations:
                    borrowed[column] = Borrowed(name, MINUTES)
        later = USUAL.starts_at + timedelta(days=400)
        for name, kind in kinds.items():
            if has_start(rejoin.source, kind):
                moved = self._moved(StandIns(name, starts_at=later))
                borrowed |= dict.fromkeys(moved, Borrowed(name, START))
            if kind.names.name_of is not None:
                moved = self._moved(StandIns(name, name="Another name"))
                borrowed |= dict.fromkeys(moved, Borrowed(name, NAME))
        return borrowed

    def assumed(self) -> frozenset[str]:
        """The columns that hold a place which no cell names."""
        values, zones = self.base.records[self.address].values, self.remap.rejoin.lookups.zones
        moved = self._moved(StandIns(has_other_places=True))
        return frozenset(column for column in moved if values.get(column) in zones)

    def _moved(self, stand_ins: StandIns) -> frozenset[str]:
        """The columns of the record that change with stand-ins."""
        attempt = self.remap.attempt(stand_ins=stand_ins)
        return _differing(self.base.records[self.address], attempt.records.get(self.address))


def column_of(kind: Kind[Any], name: str) -> Column | None:
    """The column that describes a cell of a row."""
    attribute = name.partition(":")[0]
    return next((placed.column for placed in kind.columns if placed.name == attribute), None)


def _is_key(column: Column | None) -> bool:
    return column is not None and column.is_key


def _without_key(kind: Kind[Any], feeds: Feeds, by_others: frozenset[str]) -> None:
    """Takes from the id of a row what other cells feed."""
    for name in feeds:
        if _is_key(column_of(kind, name)):
            feeds[name] -= by_others | _all([{other: fed for other, fed in feeds.items() if other != name}])


def _all(rows: Iterable[Feeds]) -> frozenset[str]:
    return NOTHING.union(*(fed for row in rows for fed in row.values()))


def _differing(record: Record, other: Record | None) -> frozenset[str]:
    """The columns in which two records differ; all filled ones where there is no other record."""
    before, after = record.values, other.values if other is not None else {}
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _renamed(base: Mapping[Address, Record], attempt: Mapping[Address, Record]) -> Mapping[Address, Address]:
    """The new address of the only record of a table that has another key after a change."""
    pairs: dict[Address, Address] = {}
    gone, new = [a for a in base if a not in attempt], [a for a in attempt if a not in base]
    for address in gone:
        same = [[a for a in side if a[:2] == address[:2]] for side in (gone, new)]
        if len(same[0]) == len(same[1]) == 1:
            pairs[address] = same[1][0]
    return pairs
