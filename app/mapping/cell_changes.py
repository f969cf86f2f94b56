"""Which columns of a record change when one cell of the record's row, or of a joined row, has another content.

`variants` gives other valid contents of a cell. `CellChanges` maps the row with each of them and compares the records.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from app.mapping.columns import Column
from app.mapping.context import Context
from app.mapping.joins import JoinRole
from app.mapping.kind import Kind
from app.mapping.remap import USUAL, Address, Attempt, Remap, StandIns, has_start, references
from app.mapping.rows import Record

JOINED_TRIES = 4  # changes of each cell of a joined row
LONG = 20_000  # characters; a longer cell is only emptied
NUMBERS = 12  # numbers in one cell that are changed, one after the other
START, NAME, MINUTES = "start", "name", "minutes"
NO_COLUMNS: frozenset[str] = frozenset()
Feeds = dict[str, frozenset[str]]  # by cell, the columns that change with the cell
Tries = Iterable[tuple[Attempt, bool]]  # attempts, each with whether it may report new problems

_READS_EMPTY = "reads_empty"  # among problem codes: the cell reads as empty
_OPPOSITES = {"true": "false", "false": "true", "yes": "no", "no": "yes", "y": "n", "n": "y", "1": "0", "0": "1"}
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A value that comes from the row to which the reference in `cell` leads. `value` is START, NAME or MINUTES."""

    cell: str
    value: str


class Effect(NamedTuple):
    """The columns that change with a cell: `fed` by the cell, `loose` only because other rows are then joined."""

    fed: frozenset[str] = NO_COLUMNS
    loose: frozenset[str] = NO_COLUMNS


@dataclass(frozen=True)
class CellChanges:
    """Experiments with the cells behind one record.

    * `address`: table, source kind and key of the record.
    * `base`: the attempt with unchanged cells.
    * `tries`: the number of changes of each cell.
    * `others`: by column, contents in other rows of the same file.

    Results name the record's columns. Another record that the row makes is named `table/key`, as if it was a column.
    """

    remap: Remap
    address: Address
    base: Attempt
    tries: int
    others: Mapping[str, Collection[str]]

    def own(self) -> Feeds:
        """By cell of the row, the columns that change with it. The row's id gets only what no other cell feeds."""
        cells, kind = self.remap.cells, self.remap.kind
        effects = {name: self._effect(column_of(kind, name), self._own_tries(name)) for name in cells}
        by_others = _all(self.joined)
        certain = by_others.union(*(effect.fed for effect in effects.values()))
        feeds = {name: effect.fed | (effect.loose - certain) for name, effect in effects.items()}
        _without_key(kind, feeds, by_others)
        return feeds

    @cached_property
    def joined(self) -> tuple[Feeds, ...]:
        """For each joined row: by cell, the columns that change with the cell.

        The joining link and the id of a joined row get only columns without another cell. The list column of a course
        of treatment is always named. A column whose value needs one of the joined rows is not attributed to joined rows
        that the value does not need.
        """
        effects = [self._of_joined(number) for number in range(len(self.remap.rows))]
        certain = NO_COLUMNS.union(*(effect.fed for row in effects for effect in row.values()))
        rows = [{name: effect.fed | (effect.loose - certain) for name, effect in row.items()} for row in effects]
        for joined, feeds, row in zip(self.remap.rows, rows, effects, strict=True):
            _without_key(joined.kind, feeds, NO_COLUMNS)
            if joined.join.role is JoinRole.COURSE:
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
        """The columns that differ in any attempt; without a usable attempt, the destination of the cell's column."""
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
        """The columns in which an attempt gives another value than the unchanged cells."""
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
        """The record's column that is the destination of a cell's column; empty where the record has no such column."""
        _, _, name = (column.destination or "").partition(".")
        return frozenset([name]) if name in self.base.records[self.address].values else NO_COLUMNS

    def borrowed(self) -> dict[str, Borrowed]:
        """By column of the record, the reference whose target gives the value."""
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
        """The columns that hold a default location: a location that no cell names."""
        values, zones = self.base.records[self.address].values, self.remap.rejoin.lookups.zones
        moved = self._moved(StandIns(has_other_places=True))
        return frozenset(column for column in moved if values.get(column) in zones)

    def _moved(self, stand_ins: StandIns) -> frozenset[str]:
        """The columns of the record that change with other stand-ins."""
        attempt = self.remap.attempt(stand_ins=stand_ins)
        return _differing(self.base.records[self.address], attempt.records.get(self.address))


def column_of(kind: Kind[Any], name: str) -> Column | None:
    """The column of a cell, by attribute (or `attribute:rest` for gathered headers); None for an unknown attribute."""
    attribute = name.partition(":")[0]
    return next((placed.column for placed in kind.columns if placed.name == attribute), None)


def _is_key(column: Column | None) -> bool:
    return column is not None and column.is_key


def _without_key(kind: Kind[Any], feeds: Feeds, by_others: frozenset[str]) -> None:
    """Removes from the columns of the row's id those that other cells feed."""
    for name in feeds:
        if _is_key(column_of(kind, name)):
            feeds[name] -= by_others | _all([{other: fed for other, fed in feeds.items() if other != name}])


def _all(rows: Iterable[Feeds]) -> frozenset[str]:
    return NO_COLUMNS.union(*(fed for row in rows for fed in row.values()))


def _differing(record: Record, other: Record | None) -> frozenset[str]:
    """The columns in which two records differ; every filled column if `other` is None."""
    before, after = record.values, other.values if other is not None else {}
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _renamed(base: Mapping[Address, Record], attempt: Mapping[Address, Record]) -> Mapping[Address, Address]:
    """By old address, the new address of a record whose key changed, for tables with exactly one such record."""
    pairs: dict[Address, Address] = {}
    gone, new = [a for a in base if a not in attempt], [a for a in attempt if a not in base]
    for address in gone:
        same = [[a for a in side if a[:2] == address[:2]] for side in (gone, new)]
        if len(same[0]) == len(same[1]) == 1:
            pairs[address] = same[1][0]
    return pairs


class Variant(NamedTuple):
    """Another content for a cell.

    `may_report`: the variant counts although mapping reports a problem that the unchanged cell does not have. For other
    variants a new problem spoils the experiment: the unreadable text would be kept in the record's notes.
    """

    cell: str
    may_report: bool = False


def variants(cell: str, others: Collection[str], column: Column | None, context: Context) -> Iterator[Variant]:
    """The empty cell, then contents of the same type that the column reads without further problems.

    `others` are contents of the same column in other rows. `column` is None for a cell without a described column.
    """
    yield Variant("", may_report=True)
    if len(cell) > LONG:
        return
    opposite = _OPPOSITES.get(cell.strip().lower())
    if opposite is not None:
        yield Variant(opposite, may_report=True)
    candidates = dict.fromkeys([*others, *_changed(cell)])
    reports = _reports(cell, column, context)
    for candidate in candidates:
        if candidate and candidate != cell and _reports(candidate, column, context) <= reports:
            yield Variant(candidate, may_report=_READS_EMPTY in reports)


def _changed(cell: str) -> Iterator[str]:
    """Contents made from the cell: changed JSON, another number, another address, a longer text."""
    if cell[:1] in "[{":
        yield from _changed_json(cell)
    tokens = set(_NUMBER.findall(cell))
    for match in islice(_NUMBER.finditer(cell), NUMBERS):
        number = next((number for number in _numbers_near(match[0]) if number not in tokens), None)
        if number is not None:
            yield f"{cell[: match.start()]}{number}{cell[match.end() :]}"
    if "@" in cell:
        yield f"x{cell.strip()}"
    elif any(map(str.isalpha, cell)) and cell[:1] not in "[{":
        yield f"{cell} more"


def _numbers_near(number: str) -> Iterator[str]:
    """Numbers of the same length that differ in the last digit, the next one first."""
    last = int(number[-1])
    return (f"{number[:-1]}{(last + step) % 10}" for step in range(1, 10))


def _changed_json(cell: str) -> Iterator[str]:
    """The same JSON structure with longer texts and flipped flags."""
    try:
        yield json.dumps(_changed_value(json.loads(cell)))
    except (ValueError, RecursionError):
        return


def _changed_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _changed_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed_value(inner) for inner in value]
    if isinstance(value, bool):
        return not value
    return f"{value} more" if isinstance(value, str) else value


def _reports(cell: str, column: Column | None, context: Context) -> frozenset[str]:
    """The problem codes that reading the cell gives, and _READS_EMPTY for a cell that reads as empty."""
    if column is None:
        return frozenset()
    codes: list[str] = []
    try:
        value = column.read(cell, context, codes.append)
    except (LookupError, TypeError, ValueError, AttributeError):
        return frozenset({"unreadable"})
    return frozenset(codes) | (frozenset({_READS_EMPTY}) if value is None else frozenset())
