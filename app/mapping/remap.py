"""Maps one row again and again with other cells, together with its joined rows, as a trial would map the row.

A trial asks its index for references, members and counts. `Rejoin` computes the same from the rows that the joins lead
to: every reference leads to the row of its id, unless the trial lost the reference. `Remap` runs one attempt.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from json import dumps
from typing import Any, NamedTuple

from app.mapping.columns import NAME_QUALIFIER, Column, Link
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.joins import JoinedRow, JoinRole, course_link, ids_in, key_column
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.parse import Parsed, parse_row
from app.mapping.rows import NOTHING, Joined, Mapped, Member, Record, Target

START = "starts_at"
OTHER_PLACE = "another place"
Span = tuple[int, int]
Targets = Mapping[str, tuple[Target, ...]]


class StandIns(NamedTuple):
    """Values in place of those of rows that are not read. A column that changes with a stand-in comes from such a row.

    * `link`: the reference whose target has `starts_at` and `name`; targets of other references have the usual values.
    * `minutes`: added to the usual duration of each service.
    * `has_other_places`: the workspace has another location than usual.
    """

    link: str = ""
    starts_at: datetime = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    name: str = "Name"
    minutes: int = 0
    has_other_places: bool = False


USUAL = StandIns()


class MemberRow(NamedTuple):
    """The joined row that is about a member of the row.

    `row` is its number among the joined rows. `suffix` follows the row's id in the key of the member's record.
    """

    suffix: str
    row: int


class ParsedJoin(NamedTuple):
    """A joined row with the cells of one attempt. `number` is its index among the joined rows."""

    number: int
    joined: JoinedRow
    parsed: Parsed[Any]

    @property
    def role(self) -> JoinRole:
        """The role of the row's join."""
        return self.joined.join.role

    @property
    def has_part(self) -> bool:
        """Whether the row, with these cells, is still joined: it can be imported and refers to the row."""
        parsed = self.parsed
        if parsed.row is None or (self.joined.kind.imported and parsed.stopped is not None):
            return False
        return self.joined.join.finds(parsed.row)


@dataclass(frozen=True)
class Rejoin:
    """Everything that mapping one row needs besides its cells. `place` is the row's part number and line."""

    source: Source
    kind: Kind[Any]
    lookups: Lookups
    lost: frozenset[str] = frozenset()
    place: tuple[int, int] = (0, 0)

    def parts(self, row: Any, readings: Sequence[ParsedJoin], membership: MemberRow | None) -> tuple[ParsedJoin, ...]:
        """The joined rows that have a part in the row: importable, referring to the row, and used by mapping."""
        moving = [reading for reading in readings if reading.has_part]
        member = next((r for r in moving if membership is not None and r.number == membership.row), None)
        if member is not None and not ids_in(member.parsed.row, _whom(member.joined.kind)):
            member = None
        united = self._united(row, moving)
        return tuple(
            reading
            for reading in moving
            if (reading.role is not JoinRole.MEMBER or reading is member)
            and (reading.role is not JoinRole.COURSE or (member is not None and _lists(reading, member)))
            and (reading.role is not JoinRole.UNITED or self._overlaps(row, reading, united))
        )

    def joined(self, row: Any, source_id: str, parts: Sequence[ParsedJoin], suffix: str, stand_ins: StandIns) -> Joined:
        """The references of a row as resolving would settle them, its members and its counts.

        `suffix` is that of `MemberRow`.
        """
        many = self._references(self.kind, row, stand_ins, self.lost)
        members = self._member(parts, f"{source_id}{suffix}", stand_ins)
        sharing = self.kind.sharing
        if not members and sharing is not None and sharing.is_shared(row):
            members = tuple(
                Member(f"{source_id}:{target.source_id}", target) for target in many.get(sharing.target_link, ())
            )
        extra = _counts(parts)
        if any(reading.role is JoinRole.UNITED for reading in parts):
            extra["spans"] = dumps(self._united(row, parts))
        return Joined({name: some[0] for name, some in many.items() if some}, many, extra, members=members)

    def lookups_for(
        self,
        parts: Sequence[ParsedJoin],
        stand_ins: StandIns,
        fields: Mapping[str, Defined],
        lists: Mapping[str, Mapping[str, tuple[Any, ...]]] | None = None,
    ) -> Lookups:
        """The lookups of the trial, with the listed rows among `parts`, or with `lists` in their place.

        `fields` are custom fields that differ from those of the trial.
        """
        durations, zones = self.lookups.durations, self.lookups.zones
        if stand_ins.minutes:
            durations = {key: number + stand_ins.minutes for key, number in durations.items()}
        if stand_ins.has_other_places:
            zones = {OTHER_PLACE: next(iter(zones.values()), self.lookups.plan.timezone)}
        return replace(
            self.lookups,
            durations=durations,
            zones=zones,
            fields={**self.lookups.fields, **fields} if fields else self.lookups.fields,
            lists={**self.lookups.lists, **_by_list(parts)} if lists is None else lists,
        )

    def question(self, row: Any, context: Context, parts: Sequence[ParsedJoin]) -> dict[str, Defined]:
        """The row's own custom field as the row and the joined rows define it, by id; empty for other kinds."""
        if not self.kind.identity.is_multi_row or self.source.fields_of is None:
            return {}
        others = [(r.joined.place, r.parsed.row) for r in parts if r.role is JoinRole.DEFINED]
        rows = [(self.kind.name, other) for _, other in sorted([(self.place, row), *others], key=lambda pair: pair[0])]
        key = next(iter(ids_in(row, key_column(self.kind))), "")
        known = self.lookups.fields.get(key)
        brought = {key: known} if known is not None and known.brought else {}
        learned = self.source.fields_of(rows, context, self.lookups.plan.field_types, brought)
        return {key: learned[key]} if key in learned else {}

    def _references(
        self, kind: Kind[Any], row: Any, stand_ins: StandIns, lost: frozenset[str] = frozenset()
    ) -> dict[str, tuple[Target, ...]]:
        return {
            name: tuple(
                self._target(str(column.links_to), key, link.name, stand_ins if name == stand_ins.link else USUAL)
                for key in link.ids or (self._key_of_name(str(column.links_to), str(link.name)),)
            )
            for name, link, column in references(kind, row)
            if name not in lost
        }

    def _key_of_name(self, kind_name: str, name: str) -> str:
        """The source id of the trial's custom field of this name; else the key of a thing that rows only name.

        Of two fields with the same name, the section before the name decides, as in "Sport: Club".
        """
        bare, _, qualifier = name.partition(NAME_QUALIFIER)
        if self.source.kind(kind_name).identity.is_multi_row:
            for wanted in (bare, f"{qualifier}: {bare}"):
                fields = self._fields_by_name.get(normalise_name(wanted), ())
                if len(fields) == 1:
                    return fields[0]
        return f"name:{name}"

    @cached_property
    def _fields_by_name(self) -> Mapping[str, Sequence[str]]:
        """The source ids of the trial's custom fields by normalised name."""
        by_name: dict[str, list[str]] = defaultdict(list)
        for key, defined in self.lookups.fields.items():
            by_name[normalise_name(defined.name)].append(key)
        return by_name

    def _target(self, kind_name: str, key: str, name: str | None, stand_ins: StandIns) -> Target:
        kind = self.source.kind(kind_name)
        called = name or (f"{stand_ins.name} {key}" if kind.names.name_of is not None else None)
        starts_at = stand_ins.starts_at if has_start(self.source, kind) else None
        choice = self.lookups.plan.choice(kind.role, key)
        if choice.to == "match" and choice.id:
            return Target(choice.id, key, called, starts_at)
        table = next(iter(kind.tables), "")
        return Target(self.lookups.ids.derive(table, kind_name, key) if table else key, key, called, starts_at)

    def _member(self, parts: Sequence[ParsedJoin], key: str, stand_ins: StandIns) -> tuple[Member, ...]:
        """The member whom a joined row is about, with the references of that row."""
        reading = next((r for r in parts if r.role is JoinRole.MEMBER), None)
        if reading is None:
            return ()
        kind, row = reading.joined.kind, reading.parsed.row
        targets = {name: some[0] for name, some in self._references(kind, row, stand_ins).items()}
        for course in parts:
            link = course_link(kind, course.joined.kind) if course.role is JoinRole.COURSE else None
            if link is not None and link not in targets:
                targets[link] = self._target(course.joined.kind.name, str(course.parsed.source_id), None, stand_ins)
        return (Member(key, targets[_whom(kind)], reading.joined.place, targets, row),)

    def _united(self, row: Any, readings: Iterable[ParsedJoin]) -> list[Span]:
        """The hours of the row united with overlapping hours of other rows, in minutes of the week."""
        spans_of = self.kind.schedule.spans_of
        if spans_of is None:
            return []
        own, united = spans_of(row), list[Span]()
        for starts, ends in sorted([*own, *(span for r in readings for span in self._spans(row, r))]):
            if united and starts < united[-1][1]:
                united[-1] = (united[-1][0], max(united[-1][1], ends))
            else:
                united.append((starts, ends))
        return [whole for whole in united if any(whole[0] <= starts and ends <= whole[1] for starts, ends in own)]

    def _overlaps(self, row: Any, reading: ParsedJoin, united: Sequence[Span]) -> bool:
        return any(
            whole[0] <= starts and ends <= whole[1] for starts, ends in self._spans(row, reading) for whole in united
        )

    def _spans(self, row: Any, reading: ParsedJoin) -> tuple[Span, ...]:
        """The hours of a joined row, if they are of the same person and place as those of the row."""
        required = [placed.name for placed in self.kind.columns if placed.column.links_to and placed.column.required]
        other = reading.parsed.row
        is_alike = reading.role is JoinRole.UNITED and all(
            ids_in(other, name) == ids_in(row, name) for name in required
        )
        return self.kind.schedule.spans_of(other) if is_alike and self.kind.schedule.spans_of is not None else ()


def changed(known: Defined, before: Defined, after: Defined) -> Defined:
    """A custom field of a trial, with what differs between `before` and `after`. Options from answers are kept."""
    names = ("name", "type", "visible", "options")
    changes = {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
    return replace(known, **changes)


def references(kind: Kind[Any], row: Any) -> Iterator[tuple[str, Link, Column]]:
    """The references of a parsed row: attribute, link, and the column that describes the link in this row."""
    own = kind.references.column_overrides(row) if kind.references.column_overrides is not None else {}
    links = [(placed.name, getattr(row, placed.name), own.get(placed.name, placed.column)) for placed in kind.columns]
    if kind.references.extra_links is not None:
        links += list(kind.references.extra_links(row))
    for name, link, column in links:
        if isinstance(link, Link) and column is not None and column.links_to:
            yield name, link, column


def has_start(source: Source, kind: Kind[Any]) -> bool:
    """Whether records of the kind have a start. Rows of a joining kind have the start of the row that they join."""
    if kind.joining is not None:
        to = next((placed.column.links_to for placed in kind.columns if placed.name == kind.joining.row_link), None)
        return bool(to) and has_start(source, source.kind(str(to)))
    return any(placed.name == START for placed in kind.columns)


def _whom(joiner: Kind[Any]) -> str:
    """The attribute by which rows of a joining kind refer to their person; "" for other kinds."""
    return joiner.joining.owner_link if joiner.joining is not None else ""


def _lists(course: ParsedJoin, member: ParsedJoin) -> bool:
    return member.parsed.source_id in ids_in(course.parsed.row, course.joined.join.column)


def _counts(parts: Sequence[ParsedJoin]) -> dict[str, str]:
    """How many rows of each other kind refer to the row."""
    numbers = Counter(reading.joined.kind.name for reading in parts if reading.role is JoinRole.COUNTED)
    return {kind: str(number) for kind, number in numbers.items()}


def _by_list(parts: Sequence[ParsedJoin]) -> dict[str, dict[str, tuple[Any, ...]]]:
    """The listed rows, by kind and lookup key. Of several copies of a row, the newest."""
    lists: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for reading in parts:
        if reading.role is not JoinRole.LISTED:
            continue
        kind, row = reading.joined.kind, reading.parsed.row
        rows = lists[kind.name][reading.joined.join.key]
        identity = str(reading.parsed.source_id) if kind.imported else str(reading.number)
        if identity not in rows or _is_newer(row, rows[identity]):
            rows[identity] = row
    return {kind: {key: tuple(rows.values()) for key, rows in by_key.items()} for kind, by_key in lists.items()}


def _is_newer(row: Any, other: Any) -> bool:
    """Whether a row was changed later than another row; False if one of them has no time of change."""
    changed_at, before = getattr(row, "updated_at", None), getattr(other, "updated_at", None)
    return isinstance(changed_at, datetime) and isinstance(before, datetime) and changed_at > before


Address = tuple[str, str, str]  # a record's table, source kind and key
Cells = Mapping[str, str]


class Attempt(NamedTuple):
    """The result of mapping the row once: its records by address, the codes of its problems, and its joins.

    `parts` are the numbers of the joined rows that had a part.
    """

    records: Mapping[Address, Record]
    codes: frozenset[str] = frozenset()
    joined: Joined = NOTHING
    parts: frozenset[int] = frozenset()


class RecordedLists(Mapping[str, Any]):
    """Empty lists that record what is looked up: `lookups` has pairs of list name and key."""

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
    """Everything that one attempt needs. `rows` are the joined rows in use, in the order of the export."""

    rejoin: Rejoin
    cells: Cells
    columns: Collection[str]
    context: Context
    rows: tuple[JoinedRow, ...] = ()
    membership: MemberRow | None = None

    @property
    def kind(self) -> Kind[Any]:
        """The kind of the row."""
        return self.rejoin.kind

    def parsed(self, cells: Cells | None = None) -> Parsed[Any]:
        """The parsed row, with its own cells or with `cells` in their place."""
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
        """Maps the row once.

        `joined` gives a joined row, by number, other cells; `without` leaves a joined row out. No records if mapping
        fails: a changed cell may be invalid in a way that reading excludes.
        """
        parsed, readings = self.parsed(cells), self._readings
        if parsed.row is None or self.kind.to_records is None:
            return Attempt({})
        if joined is not None:
            number, others = joined
            reading = ParsedJoin(number, self.rows[number], self.rows[number].parsed(others))
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
    def _readings(self) -> tuple[ParsedJoin, ...]:
        return tuple(ParsedJoin(number, row, row.parsed()) for number, row in enumerate(self.rows))

    @cached_property
    def _question(self) -> dict[str, Defined]:
        row = self.parsed().row
        if row is None:
            return {}
        return self.rejoin.question(row, self.context, self.rejoin.parts(row, self._readings, self.membership))

    def _questions(self, row: Any, parts: tuple[ParsedJoin, ...]) -> dict[str, Defined]:
        """The row's own custom field, with what these cells change in it."""
        trial = self.rejoin.lookups.fields
        return {
            key: changed(trial[key], self._question[key], after)
            for key, after in self.rejoin.question(row, self.context, parts).items()
            if key in trial and key in self._question
        }
