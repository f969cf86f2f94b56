"""Turns the rows of one part into what they become in Caspen, and says of each row that does not move why not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlmodel import col, select

from app.caspen.load_part import RowRecords
from app.index.part import PartView, RowView
from app.mapping.kind import Kind
from app.mapping.names import normalise_name
from app.mapping.parse import Parsed, parse_row
from app.mapping.rows import Mapped, Outcome, Record
from app.migration.models import Part
from app.problems import Level, Problem
from app.reading.json_lines import BAD_LINE
from app.reading.not_records import CODE as NOT_A_RECORD
from app.reading.parts import PartRow, read_part
from app.reading.problem_counts import row_problem
from app.trial.context import Bench, context_of
from app.trial.row_counts import Tally
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

BEAT_ROWS = 200
STAYS = {Level.HELD: Outcome.HELD, Level.SKIPPED: Outcome.SKIPPED, Level.REFUSED: Outcome.REFUSED}
CAUSE = "spreadsheet_error_value"  # reported for a row that stays, too: its own code does not say why the cell is empty
NOT_SEEN = RowView()


@dataclass
class MappedPart:
    """Rows that move, with their records, in the order of the part; and what became of the others."""

    tally: Tally
    rows: list[RowRecords] = field(default_factory=list)
    source_ids: dict[int, str] = field(default_factory=dict)

    def taken(self) -> Iterator[RowRecords]:
        """The rows that move, each forgotten once it is given away: they are not held beside what is made of them."""
        self.rows.reverse()
        while self.rows:
            yield self.rows.pop()


def map_part(
    runtime: Runtime, bench: Bench, part: Part, between: tuple[int, int] | None, beat: Heartbeat
) -> MappedPart:
    """Maps a part's rows, or those between two places of it."""
    kind = bench.source.kind(part.kind)
    mapped = MappedPart(Tally(part.kind, bench.paths.get(part.file_number)))
    head, rows = read_part(runtime.objects, part.object_key, bench.key)
    view = bench.index.part(part.kind, part.number, bench.plan, bench.ids)
    context = context_of(bench, head)
    columns = frozenset(head.columns)
    members = read_members(runtime, bench, view)
    for place, row in enumerate(islice(rows, *(between or (None,)))):
        if place % BEAT_ROWS == 0:
            beat(place)
        parsed = parse_row(kind, row.cells, context, columns)
        _map_row(mapped, kind, row, with_rows(view.rows.get(row.line, NOT_SEEN), members), parsed, bench)
        del row, parsed  # the next one may be as large
    return mapped


def map_made(bench: Bench) -> list[Record]:
    """The records of what rows only name."""
    found = []
    for kind, mention in bench.index.made(bench.plan):
        if normalise_name(mention.name) in bench.lookups.existing.get(mention.table, {}):
            continue
        maker = bench.source.kind(kind)
        found.append(maker.naming.record_makers[mention.table](mention, bench.lookups))
        if maker.naming.extra_records is not None:
            found += maker.naming.extra_records(mention, bench.lookups)
    return found


def found_by_name(bench: Bench) -> dict[str, frozenset[str]]:
    """What rows only name and the workspace has already: its records by table, which the trial does not bring."""
    found: dict[str, frozenset[str]] = {}
    for _, mention in bench.index.made(bench.plan):
        there = bench.lookups.existing.get(mention.table, {}).get(normalise_name(mention.name))
        if there is not None:
            found[mention.table] = found.get(mention.table, frozenset()) | {there}
    return found


def line_at(runtime: Runtime, bench: Bench, part: Part, place: int) -> int | None:
    """The line of the row at a place of a part."""
    _, rows = read_part(runtime.objects, part.object_key, bench.key)
    row = next(islice(rows, place, None), None)
    return row.line if row else None


def _map_row(
    mapped: MappedPart, kind: Kind[Any], row: PartRow, view: RowView, parsed: Parsed[Any], bench: Bench
) -> None:
    tally, line = mapped.tally, row.line
    told = [*map(row_problem, row.codes), *view.problems, *_said(row, parsed)]
    stays = _stays(view, told, parsed)
    if stays is not None:
        outcome, code = stays
        tally.row(outcome)
        reasons = [p for p in told if STAYS.get(p.severity) is outcome or p.code == CAUSE]
        tally.tell(line, parsed.source_id, reasons + ([Problem(code)] if code else []))
        return
    assert kind.to_records is not None  # noqa: S101 - kinds that do not move never come here
    result = kind.to_records(parsed.row, view.joined, bench.lookups)
    if not isinstance(result, Mapped) and result.outcome is Outcome.LEFT_OUT:
        tally.row(result.outcome)  # nothing is reported of a row that the clinic left out
        return
    tally.tell(line, parsed.source_id, told)
    tally.tell(line, parsed.source_id, result.problems)
    if isinstance(result, Mapped):
        if kind.schedule.numbers_of is not None:
            for name, number in kind.schedule.numbers_of(parsed.row):
                tally.said[name] += number
        if result.records:
            mapped.rows.append((line, result.records))
            if parsed.source_id is not None:
                mapped.source_ids[line] = parsed.source_id
        else:
            tally.row(Outcome.UNCHANGED)
        return
    tally.row(result.outcome)
    if result.problem is not None:
        tally.tell(line, parsed.source_id, [result.problem])


def _said(row: PartRow, parsed: Parsed[Any]) -> list[Problem]:
    """What its cells say. A row that was too large to be kept whole lacks no value: a cell of it may have been cut.

    Cells of a row that is no record, and of a line that is no JSON, say nothing.
    """
    if NOT_A_RECORD in row.codes or BAD_LINE in row.codes:
        return []
    lacks = parsed.stopped.code if parsed.stopped and "cell_too_large" in row.codes else None
    return [problem for problem in parsed.problems if problem.code != lacks]


def _stays(view: RowView, told: list[Problem], parsed: Parsed[Any]) -> tuple[Outcome, str | None] | None:
    """Why a row does not move: resolving's verdict, else the first problem that stops it."""
    if view.verdict is not None:
        return view.verdict.outcome, view.verdict.code
    for problem in told:
        if problem.severity in STAYS:
            return STAYS[problem.severity], problem.code
    return None if parsed.row is not None else (Outcome.SKIPPED, "missing_id")


# The members of groups as rows of their own tell of them: read from where they lie, for the part that needs them.

Place = tuple[int, int]


def read_members(runtime: Runtime, bench: Bench, view: PartView) -> Mapping[Place, Any]:
    """By part and line, the rows that tell more of the members of a part's rows."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for row in view.rows.values():
        for member in row.joined.members:
            if member.place is not None:
                wanted[member.place[0]].add(member.place[1])
    if not wanted:
        return {}
    with runtime.ledger.read() as session:
        parts = session.exec(
            select(Part).where(
                Part.migration_id == bench.trial.migration_id,
                Part.export_number == bench.export_number,
                col(Part.number).in_(list(wanted)),
            )
        ).all()
    return {place: row for part in parts for place, row in _rows(runtime, bench, part, wanted[part.number]).items()}


def with_rows(view: RowView, rows: Mapping[Place, Any]) -> RowView:
    """A row's view with the rows of its members."""
    members = view.joined.members
    if not members:
        return view
    told = tuple(replace(m, row=rows.get(m.place)) if m.place is not None else m for m in members)
    return view._replace(joined=view.joined._replace(members=told))


def _rows(runtime: Runtime, bench: Bench, part: Part, lines: set[int]) -> dict[Place, Any]:
    kind = bench.source.kind(part.kind)
    head, rows = read_part(runtime.objects, part.object_key, bench.key)
    context, columns = context_of(bench, head), frozenset(head.columns)
    return {
        (part.number, row.line): parse_row(kind, row.cells, context, columns).row for row in rows if row.line in lines
    }
