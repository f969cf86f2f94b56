"""Explains the values of one record of a trial: the cells of its own row and of joined rows that they come from."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from app.caspen.column_hashes import ColumnHasher
from app.caspen.record_ids import Ids
from app.isolated.joined_rows import PartRequest, PartRows
from app.mapping.cell_changes import MINUTES, NAME, START, Borrowed, column_of
from app.mapping.columns import Column
from app.mapping.context import Context
from app.mapping.experiments import Evidence, Experiment, JoinedEvidence, cells_behind, minutes_of
from app.mapping.joins import (
    Join,
    JoinedRow,
    JoinRole,
    courses_of,
    ids_in,
    joins_of,
    key_column,
    merged_into,
    people_of,
)
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.parse import Parsed, parse_row
from app.mapping.plan import Plan
from app.mapping.remap import START as START_COLUMN
from app.mapping.remap import references
from app.mapping.rows import Record
from app.mapping.trial_json import TrialFacts
from app.problems import Problem
from app.trial.trial_facts import lookups_of, settled

OPTIONS = "options"  # the column of a question, of which an answer has ids
_PIECES = re.compile(r"[,;|\s\"\[\]]+")
MERGES = 5  # a client that was merged into one that was merged, and so on


@dataclass(frozen=True, slots=True)
class TargetRequest:
    """The row of a record that `column` of the requested record refers to."""

    column: str
    part: PartRequest
    line: int


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """Another record whose `columns` the page shows with the requested record, and its row."""

    table: str
    source_kind: str
    source_id: str
    columns: tuple[str, ...]
    part: PartRequest
    line: int


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """The record whose cells are requested, and its trial: plan and facts as JSON, the moment as ISO text.

    * `codes`: the problems that the trial reported for the row. A reference whose problem is among them led to no row.
    * `hasher`: hashes a mapped value of the record's table; `hashes`: by column, the hash of the trial's value.
    * `part`: the number of the row's part; `parts`: the parts of kinds whose rows may have a part in the record.
    * `targets`, `others`: further rows, by their place.
    """

    table: str
    source_kind: str
    source_id: str
    workspace_id: str
    plan: str
    moment: str
    facts: str
    hasher: ColumnHasher
    codes: tuple[str, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)
    part: int = 0
    parts: tuple[PartRequest, ...] = ()
    targets: tuple[TargetRequest, ...] = ()
    others: tuple[OtherRequest, ...] = ()

    @property
    def address(self) -> tuple[str, str, str]:
        """Table, source kind and key of the record."""
        return self.table, self.source_kind, self.source_id


@dataclass(frozen=True, slots=True)
class JoinedAnswer:
    """A row that has a part in the record.

    `cells` are the cells that feed the record; `columns` are all columns of the part. `feeds` and `instants` as in
    `Evidence`.
    """

    role: JoinRole
    kind: str
    file: str
    file_number: int
    line: int
    columns: tuple[str, ...]
    cells: dict[str, str]
    feeds: dict[str, tuple[str, ...]]
    instants: dict[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceAnswer:
    """`Evidence` as it is sent to a page. Cells of values that come from the target of a reference are in `joined`."""

    feeds: dict[str, tuple[str, ...]]
    borrowed: dict[str, Borrowed]
    instants: dict[str, str]
    joined: tuple[JoinedAnswer, ...]
    assumed: tuple[str, ...]
    unlike: tuple[str, ...]


@dataclass(frozen=True)
class OwnRow:
    """The record's own row. `place` is its part number and line, `others` are contents of its columns in other rows."""

    kind: Kind[Any]
    columns: Sequence[str]
    cells: Mapping[str, str]
    place: tuple[int, int]
    context: Context
    others: Mapping[str, tuple[str, ...]]


def evidence_of(asked: RecordRequest, own: OwnRow, rows: PartRows) -> EvidenceAnswer | None:
    """The evidence of a record.

    None if the rows do not make the record, or are too large to be mapped again and again.
    """
    search = _Search(asked, own, rows)
    evidence = search.evidence()
    if evidence is None:
        return None
    joined = [*map(search.answer, evidence.joined), *search.targets(evidence), *search.others()]
    joined += search.options(own.kind, own.cells, search.parsed.row, "option_ids")
    elsewhere = {f"{other.table}/{other.source_id}" for other in asked.others}
    return EvidenceAnswer(
        {name: tuple(sorted(fed - elsewhere)) for name, fed in evidence.feeds.items()},
        dict(evidence.borrowed),
        dict(evidence.instants),
        tuple(joined),
        tuple(sorted(evidence.assumed)),
        tuple(sorted(evidence.unlike)),
    )


@dataclass(frozen=True)
class _Search:
    """Searches the rows that have a part in one record of a trial."""

    asked: RecordRequest
    own: OwnRow
    rows: PartRows

    def evidence(self) -> Evidence | None:
        """The evidence of the record. Merged people are searched if the record differs from the trial's."""
        joined = self._joined()
        evidence = self._tried(joined)
        if evidence is None or evidence.unlike:
            merged = self._merged(joined)
            more = self._tried(self._joined(merged), merged) if merged else None
            if more is not None and (evidence is None or len(more.unlike) < len(evidence.unlike)):
                return more
        return evidence

    def answer(self, evidence: JoinedEvidence) -> JoinedAnswer:
        """A joined row in the form for a page."""
        row, fed = evidence.row, {name: tuple(sorted(columns)) for name, columns in evidence.feeds.items() if columns}
        head = self.rows.heads[row.place[0]]
        return JoinedAnswer(
            row.join.role,
            head.kind,
            head.file,
            head.file_number,
            row.place[1],
            head.columns,
            {name: row.cells[name] for name in fed},
            fed,
            {name: instant for name, instant in evidence.instants.items() if name in fed},
            tuple(problem for problem in evidence.problems if problem.column in fed),
        )

    def targets(self, evidence: Evidence) -> Iterator[JoinedAnswer]:
        """The rows that references lead to, with the cells of the values that the record takes from them."""
        for column, borrowed in evidence.borrowed.items():
            row = self._target(borrowed, evidence.feeds.get(borrowed.cell, frozenset()))
            if row is not None:
                yield self._behind(row, column, _VALUES[borrowed.value](row, self._lookups))
        for column in evidence.assumed:
            row = self._referred_to(frozenset([column]))
            if row is not None and row.kind.names.name_of is not None:
                yield self._behind(row, column, row.kind.names.name_of)

    def others(self) -> Iterator[JoinedAnswer]:
        """The rows of other records that the page shows with this record, with the cells of their values."""
        for other in self.asked.others:
            join = Join(JoinRole.TARGET, other.part.kind, "", frozenset())
            row = self.rows.at(other.part, other.line, join)
            if row is None:
                continue
            evidence = self._experiment_on(row).evidence(other.table, other.source_kind, other.source_id)
            if evidence is None:
                continue
            name, columns = f"{other.table}/{other.source_id}", frozenset(other.columns)
            feeds = {cell: frozenset([name]) for cell, fed in evidence.feeds.items() if fed & columns}
            yield self.answer(JoinedEvidence.of(row, feeds))
            yield from self.options(row.kind, row.cells, row.parsed().row, name)

    def options(self, kind: Kind[Any], cells: Mapping[str, str], row: Any, column: str) -> Iterator[JoinedAnswer]:
        """The rows that define the options of an answer that has only ids. `column` is the column of the answer."""
        for _, link, described in references(kind, row) if kind.identity.unique_link_pair else ():
            asking = self.rows.source.kind(str(described.links_to))
            if not asking.identity.is_multi_row or asking.identity.key_suffix_of is None:
                continue
            for option in self.rows.find([Join(JoinRole.TARGET, asking.name, key_column(asking), frozenset(link.ids))]):
                chosen = asking.identity.key_suffix_of(option.parsed().row)
                names = {name for name in option.cells if _goes_to(column_of(asking, name), OPTIONS)}
                if chosen and any(chosen in _PIECES.split(cell) for cell in cells.values()):
                    yield self.answer(JoinedEvidence.of(option, dict.fromkeys(names, frozenset([column]))))

    def _tried(self, joined: Sequence[JoinedRow], merged: frozenset[str] = frozenset()) -> Evidence | None:
        shared = self.own.kind.sharing.target_link if self.own.kind.sharing is not None else None
        lost = frozenset(
            placed.name
            for placed in self.own.kind.columns
            if not placed.column.dropped_link_codes.isdisjoint(self.asked.codes)
            and placed.name != shared  # one member's does not lose the others
        )
        for without in dict.fromkeys((lost, frozenset[str]())):
            evidence = self._experiment(joined, merged, without).evidence(*self.asked.address)
            if evidence is not None:
                return evidence
        return None

    def _joined(self, merged: frozenset[str] = frozenset()) -> list[JoinedRow]:
        """The rows that have a part in the own row, or in rows that were merged into it."""
        source, kind, parsed = self.rows.source, self.own.kind, self.parsed
        if parsed.row is None or parsed.source_id is None:
            return []
        joins = [
            join._replace(ids=join.ids | merged)
            if join.role is JoinRole.LISTED and join.key == parsed.source_id
            else join
            for join in joins_of(source, kind, parsed.row, parsed.source_id, self._list_lookups)
        ]
        rows = [row for row in self.rows.find(joins) if row.place != self.own.place]
        members = [row for row in rows if row.join.role is JoinRole.MEMBER]
        if members:
            ids = {str(row.parsed().source_id) for row in members}
            rows += self.rows.find(list(courses_of(source, members[0].kind, ids)))
        return rows

    def _merged(self, joined: Sequence[JoinedRow]) -> frozenset[str]:
        """The ids of people who were merged into the person of the row, or into one of its members."""
        kind, ids = self.own.kind, {str(self.parsed.source_id)}
        member = next((row.kind for row in joined if row.join.role is JoinRole.MEMBER), None)
        if member is not None:
            kind, ids = people_of(self.rows.source, member), set(self.asked.source_id.split(":")[1:2])
        merged: set[str] = set()
        while ids and len(merged) < MERGES and (join := merged_into(kind, ids)) is not None:
            ids = {str(row.parsed().source_id) for row in self.rows.find([join])} - merged
            merged |= ids
        return frozenset(merged)

    def _target(self, borrowed: Borrowed, fed: frozenset[str]) -> JoinedRow | None:
        """The target row of a reference: the row of the record that the trial's record refers to, or of the id."""
        if (row := self._referred_to(fed)) is not None and borrowed.value != NAME:
            return row
        column = next((placed.column for placed in self.own.kind.columns if placed.name == borrowed.cell), None)
        ids = frozenset(ids_in(self.parsed.row, borrowed.cell))
        if column is None or column.links_to is None or not ids:
            return None
        kind = self.rows.source.kind(column.links_to)
        return next(iter(self.rows.find([Join(JoinRole.TARGET, kind.name, key_column(kind), ids)])), None)

    def _referred_to(self, columns: frozenset[str]) -> JoinedRow | None:
        target = next((target for target in self.asked.targets if target.column in columns), None)
        if target is None:
            return None
        return self.rows.at(target.part, target.line, Join(JoinRole.TARGET, target.part.kind, "", frozenset()))

    def _behind(self, row: JoinedRow, column: str, value: Callable[[Any], object]) -> JoinedAnswer:
        return self.answer(JoinedEvidence.of(row, {name: frozenset([column]) for name in cells_behind(row, value)}))

    def _unlike(self, record: Record) -> frozenset[str]:
        """The columns in which the trial's record has another value than this experiment's record."""
        trial, now = self.asked.hashes, self.asked.hasher.hashes(record.values)
        return frozenset(name for name in trial.keys() | now.keys() if trial and trial.get(name) != now.get(name))

    def _experiment(
        self, joined: Sequence[JoinedRow] = (), merged: frozenset[str] = frozenset(), lost: frozenset[str] = frozenset()
    ) -> Experiment:
        own, rows = self.own, tuple(joined)
        columns, place = frozenset(own.columns), own.place
        return Experiment(
            self.rows.source, own.kind, own.cells, columns, own.context, self._lookups, own.others, lost, rows, merged,
            place, self._unlike,
        )  # fmt: skip

    def _experiment_on(self, row: JoinedRow) -> Experiment:
        return Experiment(self.rows.source, row.kind, row.cells, row.columns, row.context, self._lookups, row.others)

    @cached_property
    def parsed(self) -> Parsed[Any]:
        return parse_row(self.own.kind, self.own.cells, self.own.context, frozenset(self.own.columns))

    @cached_property
    def _list_lookups(self) -> frozenset[tuple[str, str]]:
        return self._experiment().list_lookups()

    @cached_property
    def _lookups(self) -> Lookups:
        facts: TrialFacts = json.loads(self.asked.facts)
        plan = settled(Plan.model_validate_json(self.asked.plan), facts)
        ids = Ids(self.asked.workspace_id, self.rows.source.name)
        return lookups_of(datetime.fromisoformat(self.asked.moment), plan, ids, facts, {})


def _goes_to(column: Column | None, name: str) -> bool:
    return column is not None and (column.destination or "").partition(".")[2] == name


def _start(row: JoinedRow, lookups: Lookups) -> Callable[[Any], object]:
    return lambda parsed: getattr(parsed, START_COLUMN, None)


def _name(row: JoinedRow, lookups: Lookups) -> Callable[[Any], object]:
    return row.kind.names.name_of or (lambda parsed: None)


def _minutes(row: JoinedRow, lookups: Lookups) -> Callable[[Any], object]:
    return lambda parsed: minutes_of(row.kind, parsed, lookups)


_VALUES = {START: _start, NAME: _name, MINUTES: _minutes}
