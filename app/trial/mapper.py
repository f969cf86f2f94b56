"""Maps the rows of a part to records in Caspen, and gives each row that does not move an outcome and problems."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlmodel import col, select

from app.caspen.load_part import RowRecords
from app.index.part import PartView, RowView, Verdict
from app.index.rows_aside import LateRows
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
from app.trial.row_counts import Tally
from app.trial.trial_context import TrialContext, cell_context
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

BEAT_ROWS = 200
KEPT_BACK = {Level.HELD: Outcome.HELD, Level.SKIPPED: Outcome.SKIPPED, Level.REFUSED: Outcome.REFUSED}
LEVELS = {outcome: level for level, outcome in KEPT_BACK.items()}
CAUSE = "spreadsheet_error_value"  # reported for rows that are kept back as well: explains an empty cell
NO_VIEW = RowView()


@dataclass
class MappedPart:
    """The mapped rows of a part: records of rows that move, in the order of the part, and the tally of all rows.

    `late` are rows that resolving let move and that mapping kept back, if other rows may refer to them. `late_lines`
    are all such rows by line, each with its outcome and problem code.
    """

    tally: Tally
    late: tuple[LateRows, ...] = ()
    late_lines: dict[int, tuple[Outcome, str | None]] = field(default_factory=dict)
    rows: list[RowRecords] = field(default_factory=list)
    source_ids: dict[int, str] = field(default_factory=dict)

    def taken(self) -> Iterator[RowRecords]:
        """Yields the rows that move and forgets each, so that rows and loaded records are not in memory together."""
        self.rows.reverse()
        while self.rows:
            yield self.rows.pop()


def map_part(
    runtime: Runtime, trial_context: TrialContext, part: Part, between: tuple[int, int] | None, beat: Heartbeat
) -> MappedPart:
    """Maps the rows of a part, or the rows from one place up to another. Raises CannotOpen for a damaged part."""
    kind = trial_context.source.kind(part.kind)
    mapped = MappedPart(Tally(part.kind, trial_context.paths.get(part.file_number)))
    head, rows = read_part(runtime.objects, part.object_key, trial_context.key)
    view = trial_context.index.part(part.kind, part.number, trial_context.plan, trial_context.ids)
    context = cell_context(trial_context, head)
    columns = frozenset(head.columns)
    members = read_members(runtime, trial_context, view)
    for place, row in enumerate(islice(rows, *(between or (None,)))):
        if place % BEAT_ROWS == 0:
            beat(place)
        parsed = parse_row(kind, row.cells, context, columns)
        _map_row(mapped, kind, row, with_rows(view.rows.get(row.line, NO_VIEW), members), parsed, trial_context)
        del row, parsed  # the next one may be as large
    mapped.late = trial_context.index.late_rows(part.kind, part.number, mapped.late_lines)
    return mapped


def map_made(trial_context: TrialContext) -> list[Record]:
    """The records of things that rows only name, without things that the workspace has."""
    records = []
    for kind, mention in trial_context.index.made(trial_context.plan):
        if normalise_name(mention.name) in trial_context.lookups.existing.get(mention.table, {}):
            continue
        maker = trial_context.source.kind(kind)
        records.append(maker.naming.record_makers[mention.table](mention, trial_context.lookups))
        if maker.naming.extra_records is not None:
            records += maker.naming.extra_records(mention, trial_context.lookups)
    return records


def existing_by_name(trial_context: TrialContext) -> dict[str, frozenset[str]]:
    """By table, the ids of workspace records that rows only name. The trial does not bring these."""
    ids: dict[str, frozenset[str]] = {}
    for _, mention in trial_context.index.made(trial_context.plan):
        existing_id = trial_context.lookups.existing.get(mention.table, {}).get(normalise_name(mention.name))
        if existing_id is not None:
            ids[mention.table] = ids.get(mention.table, frozenset()) | {existing_id}
    return ids


def line_at(runtime: Runtime, trial_context: TrialContext, part: Part, place: int) -> int | None:
    """The line in its file of the row at a place of a part; None beyond the end."""
    _, rows = read_part(runtime.objects, part.object_key, trial_context.key)
    row = next(islice(rows, place, None), None)
    return row.line if row else None


def _map_row(
    mapped: MappedPart, kind: Kind[Any], row: PartRow, view: RowView, parsed: Parsed[Any], trial_context: TrialContext
) -> None:
    tally, line = mapped.tally, row.line
    problems = [*map(row_problem, row.codes), *view.problems, *_row_problems(row, parsed)]
    kept_back = _kept_back(view, problems, parsed)
    if view.verdict is not None and view.is_late:
        _keep_late(mapped, line, parsed, view.verdict, problems)
        return
    if kept_back is not None:
        outcome, code = kept_back
        tally.row(outcome)
        if view.verdict is None:
            mapped.late_lines[line] = outcome, code
        reasons = [p for p in problems if KEPT_BACK.get(p.severity) is outcome or p.code == CAUSE]
        tally.note(line, parsed.source_id, reasons + ([Problem(code)] if code else []))
        return
    assert kind.to_records is not None  # noqa: S101 - parts of kinds that do not move are never mapped
    result = kind.to_records(parsed.row, view.joined, trial_context.lookups)
    if not isinstance(result, Mapped):
        mapped.late_lines[line] = result.outcome, result.problem.code if result.problem else None
    if not isinstance(result, Mapped) and result.outcome is Outcome.LEFT_OUT:
        tally.row(result.outcome)  # nothing is reported of a row that the clinic left out
        return
    tally.note(line, parsed.source_id, problems)
    tally.note(line, parsed.source_id, result.problems)
    if isinstance(result, Mapped):
        if kind.schedule.numbers_of is not None:
            for name, number in kind.schedule.numbers_of(parsed.row):
                tally.numbers[name] += number
        if result.records:
            mapped.rows.append((line, result.records))
            if parsed.source_id is not None:
                mapped.source_ids[line] = parsed.source_id
        else:
            tally.row(Outcome.UNCHANGED)
        return
    tally.row(result.outcome)
    if result.problem is not None:
        tally.note(line, parsed.source_id, [result.problem])


def _keep_late(mapped: MappedPart, line: int, parsed: Parsed[Any], verdict: Verdict, problems: list[Problem]) -> None:
    """Counts a row that mapping kept back before, with the same problems."""
    mapped.tally.row(verdict.outcome)
    if verdict.outcome is Outcome.LEFT_OUT:
        return
    mapped.tally.note(line, parsed.source_id, problems)
    if verdict.code is not None:
        mapped.tally.note(line, parsed.source_id, [Problem(verdict.code, level=LEVELS.get(verdict.outcome))])


def _row_problems(row: PartRow, parsed: Parsed[Any]) -> list[Problem]:
    """The problems of a row's cells; none for a row that is no record or a line that is invalid JSON.

    A row with a cut cell has no problem of a missing value: the value may be in the part that was cut.
    """
    if NOT_A_RECORD in row.codes or BAD_LINE in row.codes:
        return []
    lacks = parsed.stopped.code if parsed.stopped and "cell_too_large" in row.codes else None
    return [problem for problem in parsed.problems if problem.code != lacks]


def _kept_back(view: RowView, problems: list[Problem], parsed: Parsed[Any]) -> tuple[Outcome, str | None] | None:
    """The outcome and code of a row that does not move: by its verdict, else by its first stopping problem."""
    if view.verdict is not None:
        return view.verdict.outcome, view.verdict.code
    for problem in problems:
        if problem.severity in KEPT_BACK:
            return KEPT_BACK[problem.severity], problem.code
    return None if parsed.row is not None else (Outcome.SKIPPED, "missing_id")


Place = tuple[int, int]
"""A part and a line."""


def read_members(runtime: Runtime, trial_context: TrialContext, view: PartView) -> Mapping[Place, Any]:
    """By place, the parsed own rows of the members of a part's rows. These rows may be in other parts."""
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
                Part.migration_id == trial_context.trial.migration_id,
                Part.export_number == trial_context.export_number,
                col(Part.number).in_(list(wanted)),
            )
        ).all()
    return {
        place: row for part in parts for place, row in _rows(runtime, trial_context, part, wanted[part.number]).items()
    }


def with_rows(view: RowView, rows: Mapping[Place, Any]) -> RowView:
    """A row's view with the own rows of its members."""
    members = view.joined.members
    if not members:
        return view
    with_own_rows = tuple(replace(m, row=rows.get(m.place)) if m.place is not None else m for m in members)
    return view._replace(joined=view.joined._replace(members=with_own_rows))


def _rows(runtime: Runtime, trial_context: TrialContext, part: Part, lines: set[int]) -> dict[Place, Any]:
    kind = trial_context.source.kind(part.kind)
    head, rows = read_part(runtime.objects, part.object_key, trial_context.key)
    context, columns = cell_context(trial_context, head), frozenset(head.columns)
    return {
        (part.number, row.line): parse_row(kind, row.cells, context, columns).row for row in rows if row.line in lines
    }
