"""Maps the rows of an export to records and loads them into a private trial workspace.

A part is mapped and loaded in one transaction. Each row that does not move gets an outcome and problems.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.caspen.digests import Digest
from app.caspen.kept_columns import KeptColumns
from app.caspen.load_part import RowRecords, load_part
from app.caspen.native import brought_fields
from app.caspen.part_fences import Fate, PartKey, PartLoaded
from app.caspen.relied_records import acts_so_far
from app.caspen.stores import WorkspaceChanged
from app.caspen.text_limits import is_over_limit
from app.caspen.workspace_snapshot import load_workspace
from app.errors import Stop
from app.index.part import PARENT, PartView, RowView, Verdict
from app.index.rows_aside import LateRows, changed_to_json, late_to_json
from app.mapping.kind import Kind
from app.mapping.names import normalise_name
from app.mapping.parse import Parsed, RowParser, parse_row
from app.mapping.plan import Plan
from app.mapping.rows import Delivered, FormerRecord, Mapped, Outcome, Record
from app.mapping.trial_json import RowsAsideJson
from app.matching.cached_index import open_index
from app.matching.workspace_records import known_clients, known_fields
from app.migration.exports import files_of
from app.migration.fates import COPIES
from app.migration.ledger_json import PieceRows, WorkResult
from app.migration.models import Migration, Part, ProblemLine, Trial
from app.problems import Level, Problem
from app.reading.json_lines import BAD_LINE
from app.reading.not_records import CODE as NOT_A_RECORD
from app.reading.parts import PartRow, read_part
from app.reading.problem_counts import row_problem
from app.sources import source as source_named
from app.trial.delivered_columns import kept_columns
from app.trial.own_questions import fields_of
from app.trial.relied_workspace_records import acts_to_json, matched, to_json
from app.trial.row_counts import Tally, problem_rows
from app.trial.set_aside import note_set_aside
from app.trial.trial_context import TrialContext, cell_context, trial_contexts
from app.trial.trial_facts import settled
from app.trial.zones import durations_of, zones_of
from app.worker.heartbeat import Heartbeat
from app.worker.leases import QUARANTINED, SPLIT, Lease, Piece, create_missing, next_number, rows_of_piece
from app.worker.outcome import Done, Exhausted
from app.worker.runtime import Runtime

# The problem code of a row whose records an earlier move brought.
CODES_OF_EARLIER = {
    Fate.UPDATED: "already_imported",
    Fate.UNCHANGED: "already_imported",
    Fate.HELD: "changed_in_caspen",
}
# The problems of a row that moves while another record of the row is held. The row is not held.
CHANGED_BESIDE = Problem(CODES_OF_EARLIER[Fate.HELD], level=Level.WARNING)
PARENT_BESIDE = Problem(PARENT, level=Level.WARNING)
OVER_LIMIT = Problem("content_over_limit")
BEAT_ROWS = 200
FORMER_IN_USE = "former_record_in_use"
KEPT_BACK = {Level.HELD: Outcome.HELD, Level.SKIPPED: Outcome.SKIPPED, Level.REFUSED: Outcome.REFUSED}
LEVELS = {outcome: level for level, outcome in KEPT_BACK.items()}
CAUSE = "spreadsheet_error_value"  # reported for rows that are kept back as well, as it explains an empty cell
NO_VIEW = RowView()
Place = tuple[int, int]
"""A part and a line."""


@dataclass
class MappedPart:
    """The mapped rows of a part: records of rows that move, in the order of the part, and the tally of all rows.

    `former` are the records that rows may have become in an earlier export, by line. They are looked for where an
    earlier move brought records to the workspace: `delivered` is None elsewhere. `kept` is what this export has no
    column for: a row that is empty for lack of a column gives up nothing.
    `unread` is by line what cells that cannot be read would have given.

    `late` are rows that resolving let move and that mapping kept back, if other rows may refer to them. `late_lines`
    are all such rows by line, each with its outcome and problem code.
    """

    tally: Tally
    late: tuple[LateRows, ...] = ()
    late_lines: dict[int, tuple[Outcome, str | None]] = field(default_factory=dict)
    rows: list[RowRecords] = field(default_factory=list)
    source_ids: dict[int, str] = field(default_factory=dict)
    delivered: Delivered | None = None
    former: dict[int, tuple[FormerRecord, ...]] = field(default_factory=dict)
    kept: KeptColumns | None = None
    unread: dict[int, KeptColumns] = field(default_factory=dict)

    def taken(self) -> Iterator[RowRecords]:
        """Yields the rows that move and forgets each, so that rows and loaded records are not in memory together."""
        self.rows.reverse()
        while self.rows:
            yield self.rows.pop()


def open_store(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Creates the empty trial store and notes the workspace's facts. A second call replaces the store.

    Raises Stop when the workspace has changed since the checklist.
    """
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
    acts = acts_so_far(runtime.caspen, migration.workspace_id)
    facts = load_workspace(runtime.caspen, migration.workspace_id)
    version = facts.version if trial.workspace_version < 0 else trial.workspace_version
    try:
        runtime.caspen.create_trial(migration.workspace_id, migration.id, trial.number, version)
    except WorkspaceChanged:
        raise Stop(Problem("workspace_changed")) from None
    plan = Plan.model_validate(trial.plan)
    brought = brought_fields(runtime.caspen, migration.workspace_id, migration.source)
    matches: WorkResult = {"known_clients": known_clients(runtime, migration, beat)}
    with open_index(runtime, migration) as index:
        chosen = settled(plan, matches)
        questions = fields_of(runtime, migration, chosen, trial.started_at.date(), beat, brought, index)
    same_fields, questions, native = known_fields(runtime, migration, questions)
    matches["known_fields"] = same_fields
    return Done(
        {
            **matches,
            "seen": acts_to_json(acts),
            "matched": matched(runtime, migration.workspace_id, settled(plan, matches)),
            "own_places": list(facts.zones),
            "zones": zones_of(runtime, migration, facts, beat),
            "durations": durations_of(runtime, migration, facts, beat),
            "existing": facts.existing(),
            "fields": {token: known.to_json() for token, known in questions.items()},
            "native_fields": native,
            "refused_kinds": _refused_kinds(runtime, migration),
        }
    )


def _refused_kinds(runtime: Runtime, migration: Migration) -> list[str]:
    """The kinds of the export's refused files, as far as they are known."""
    with runtime.ledger.read() as session:
        files = files_of(session, migration.id, migration.export_number)
    return sorted({file.kind for file in files if file.refused and file.kind})


def parts(session: Session, migration: Migration) -> Iterable[Piece]:
    """The parts of the export whose kinds move, one piece each."""
    moving = [kind.name for kind in source_named(migration.source).kinds if kind.imported]
    query = select(Part.number, Part.rows).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        col(Part.kind).in_(moving),
    )
    return [Piece(number, rows) for number, rows in session.exec(query.order_by(col(Part.number)))]


def load(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Maps the rows of a part and loads their records in one transaction of Caspen's database.

    A second call, after a worker died, adopts the records that the first call loaded.
    """
    trial_context = trial_contexts.of(runtime, migration)
    with runtime.ledger.read() as session:
        part = _part(session, migration, lease)
    mapped = map_part(runtime, trial_context, part, _between(lease), beat)
    return _loaded(runtime, migration, trial_context, lease, mapped, beat)


def load_made(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Loads the records of things that rows only name, such as a reason for cancelling, as part 0."""
    trial_context = trial_contexts.of(runtime, migration)
    made = map_made(trial_context)
    key = PartKey(migration.id, trial_context.trial.number, 0, lease.epoch)
    with beat.during():
        loaded = load_part(
            runtime.caspen,
            trial_context.store,
            trial_context.ids,
            key,
            [(0, made)],
            moment=trial_context.trial.started_at,
        )
        runtime.caspen.index_trial(trial_context.store)
    return Done(_result(loaded, {"by_name": to_json(existing_by_name(trial_context))}))


def halve(runtime: Runtime, migration: Migration, lease: Lease) -> Exhausted:
    """Splits a part that failed three times in halves. A single row that still fails is set aside with a problem."""
    with runtime.ledger.read() as session:
        part = _part(session, migration, lease)
    start, stop = _between(lease) or (0, part.rows)
    if stop - start > 1:
        middle = (start + stop) // 2

        def split(session: Session) -> None:
            number = max(next_number(session, lease), _highest_part(session, migration) + 1)
            halves = ((number, start, middle), (number + 1, middle, stop))
            pieces = [Piece(n, b - a, PieceRows(part=part.number, start=a, stop=b)) for n, a, b in halves]
            create_missing(session, lease.migration_id, lease.run, lease.phase, pieces)

        return Exhausted(SPLIT, {}, split)
    problem = Problem("row_quarantined", kind=part.kind)
    rows = problem_rows(migration.id, lease.run, lease.number, [_at_row(runtime, migration, part, start, problem)])

    def quarantine(session: Session) -> None:
        session.connection().execute(sa.insert(ProblemLine), rows)
        note_set_aside(session, lease)

    no_records: WorkResult = {"records": {}, "digests": {}, "places": str(Digest())}
    place: WorkResult = {"part": part.number, "start": start, "stop": stop}
    result: WorkResult = {"kind": part.kind, "outcomes": {Outcome.HELD.value: 1}, **no_records, **place}
    return Exhausted(QUARANTINED, result, quarantine)


def _loaded(
    runtime: Runtime,
    migration: Migration,
    trial_context: TrialContext,
    lease: Lease,
    mapped: MappedPart,
    beat: Heartbeat,
) -> Done:
    key = PartKey(migration.id, trial_context.trial.number, lease.number, lease.epoch)
    with beat.during():
        loaded = load_part(
            runtime.caspen,
            trial_context.store,
            trial_context.ids,
            key,
            mapped.taken(),
            moment=trial_context.trial.started_at,
            held=trial_context.index.aside.changed_ids,
            former=mapped.former,
            stands=trial_context.index.rows_among,
            kept=mapped.kept,
            unread=mapped.unread,
        )
    for fate, number in Counter(loaded.fates.values()).items():
        mapped.tally.outcomes[Outcome(fate.value)] += number
    for line, fate in loaded.fates.items():
        code = _code_of_held(loaded, line) if fate is Fate.HELD else CODES_OF_EARLIER.get(fate)
        if code is not None:
            mapped.tally.note(line, mapped.source_ids.get(line), [Problem(code)])
    for line in loaded.kept:
        mapped.tally.note(line, mapped.source_ids.get(line), [CHANGED_BESIDE])
    for line in loaded.left_in_use:
        mapped.tally.note(line, mapped.source_ids.get(line), [Problem(FORMER_IN_USE, level=Level.WARNING)])
    for line in loaded.cleared:
        mapped.tally.note(line, mapped.source_ids.get(line), [Problem("former_record_removed")])
    for line in loaded.orphans:
        if loaded.fates.get(line) is not Fate.HELD:
            mapped.tally.note(line, mapped.source_ids.get(line), [PARENT_BESIDE])
    aside = _aside(trial_context, mapped, loaded, int(lease.result.get("part", lease.number)))
    problems = problem_rows(migration.id, lease.run, lease.number, mapped.tally.problems.values())

    def write(session: Session) -> None:
        session.connection().execute(
            sa.delete(ProblemLine).where(
                col(ProblemLine.migration_id) == migration.id,
                col(ProblemLine.run) == lease.run,
                col(ProblemLine.part) == lease.number,
            )
        )
        if problems:
            session.connection().execute(sa.insert(ProblemLine), problems)
        if aside:
            note_set_aside(session, lease)

    return Done({**_result(loaded, mapped.tally.to_result()), **aside, **rows_of_piece(lease.result)}, write)


def _code_of_held(loaded: PartLoaded, line: int) -> str:
    """The problem code of a row that was held while it was loaded."""
    if line in loaded.held_in_use:
        return FORMER_IN_USE
    return PARENT if line in loaded.orphans else CODES_OF_EARLIER[Fate.HELD]


def _aside(trial_context: TrialContext, mapped: MappedPart, loaded: PartLoaded, part: int) -> RowsAsideJson:
    """The rows of a part that other rows may have to wait for: kept back by mapping, or held while they were loaded."""
    index, kind = trial_context.index, mapped.tally.kind
    orphans = index.late_rows(
        kind, part, {line: (Outcome.HELD, _code_of_held(loaded, line)) for line in loaded.new_orphans}
    )
    lines = loaded.held_ids.keys() - frozenset(loaded.new_orphans)
    changed = index.rows_on(kind, part, lines) if lines else ()
    ids = (record_id for some in loaded.held_ids.values() for record_id in some)
    return {
        **late_to_json((*mapped.late, *orphans)),
        **changed_to_json(changed if index.parts_with_children(changed) else (), ids),
    }


def _result(loaded: PartLoaded, more: WorkResult) -> WorkResult:
    return {
        **more,
        "records": dict(loaded.records),
        "digests": {kind: str(digest) for kind, digest in loaded.digests.items()},
        "places": str(loaded.places),
        **({"former": {table: list(ids) for table, ids in loaded.former.items()}} if loaded.former else {}),
    }


def _part(session: Session, migration: Migration, lease: Lease) -> Part:
    number = int(lease.result.get("part", lease.number))
    part = session.get_one(Part, (migration.id, migration.export_number, number))
    session.expunge(part)
    return part


def _between(lease: Lease) -> tuple[int, int] | None:
    """The places in the part of a halved part's piece, the end exclusive; None for a whole part."""
    if "start" not in lease.result:
        return None
    return int(lease.result["start"]), int(lease.result["stop"])


def _highest_part(session: Session, migration: Migration) -> int:
    query = select(sa.func.max(Part.number)).where(
        Part.migration_id == migration.id, Part.export_number == migration.export_number
    )
    return int(session.exec(query).one() or 0)


def _at_row(runtime: Runtime, migration: Migration, part: Part, place: int, problem: Problem) -> Problem:
    """The problem with the file, line and source id of the row at a place of a part. The row is not mapped."""
    trial_context = trial_contexts.of(runtime, migration)
    line = line_at(runtime, trial_context, part, place)
    source_id = trial_context.index.source_id(part.number, place)
    return problem.at(line=line, file=trial_context.paths.get(part.file_number), source_id=source_id)


def map_part(
    runtime: Runtime, trial_context: TrialContext, part: Part, between: tuple[int, int] | None, beat: Heartbeat
) -> MappedPart:
    """Maps the rows of a part, or the rows from one place up to another. Raises CannotOpen for a damaged part."""
    kind = trial_context.source.kind(part.kind)
    mapped = MappedPart(Tally(part.kind, trial_context.paths.get(part.file_number)))
    head, rows = read_part(runtime.objects, part.object_key, trial_context.key)
    if kind.former.records is not None and trial_context.delivered is not None:
        mapped.delivered = replace(trial_context.delivered, columns=frozenset(head.columns))
    mapped.kept = trial_context.lacking.kept(kind, part.file_number)
    view = trial_context.index.part(part.kind, part.number, trial_context.plan, trial_context.ids)
    parser = RowParser(kind, cell_context(trial_context, head), remembers=True)
    columns = frozenset(head.columns)
    members = read_members(runtime, trial_context, view)
    for place, row in enumerate(islice(rows, *(between or (None,)))):
        if place % BEAT_ROWS == 0:
            beat(place)
        parsed = parser.parse_safely(row.cells, columns)
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
        if code is not None and code == kind.former.emptied_code and mapped.kept is None:
            _note_former(mapped, kind, line, parsed, view, trial_context)
        own = problems if code not in COPIES else []  # the problems of a copy are those of the row that counts
        causes = [problem for problem in own if problem.code == CAUSE]
        tally.note(line, parsed.source_id, [*causes, *_reason(problems, outcome, code)])
        return
    assert kind.to_records is not None  # noqa: S101 - parts of kinds that do not move are never mapped
    result = kind.to_records(parsed.row, view.joined, trial_context.lookups)
    if not isinstance(result, Mapped):
        mapped.late_lines[line] = result.outcome, result.problem.code if result.problem else None
    if not isinstance(result, Mapped) and result.outcome is Outcome.LEFT_OUT:
        tally.row(result.outcome)  # nothing is reported of a row that the clinic left out
        return
    tally.note(line, parsed.source_id, problems)
    if result.problems:  # what reading reported of a cell, mapping does not report again
        reported = {(problem.code, problem.column) for problem in problems if problem.column is not None}
        added = [problem for problem in result.problems if (problem.code, problem.column) not in reported]
        tally.note(line, parsed.source_id, added)
    if isinstance(result, Mapped):
        if any(is_over_limit(record.table, record.values) for record in result.records):
            tally.note(line, parsed.source_id, [OVER_LIMIT])
        if kind.schedule.numbers_of is not None:
            for name, number in kind.schedule.numbers_of(parsed.row):
                tally.numbers[name] += number
        if result.records:
            _note_former(mapped, kind, line, parsed, view, trial_context)
            mapped.rows.append((line, result.records))
            _note_unread(mapped, kind, line, parsed, trial_context)
            if parsed.source_id is not None:
                mapped.source_ids[line] = parsed.source_id
        else:
            tally.row(Outcome.UNCHANGED)
        return
    tally.row(result.outcome)
    if result.problem is not None:
        tally.note(line, parsed.source_id, [result.problem])
        if result.problem.code == kind.former.emptied_code and mapped.kept is None:
            _note_former(mapped, kind, line, parsed, view, trial_context)


def _note_unread(mapped: MappedPart, kind: Kind[Any], line: int, parsed: Parsed[Any], trial: TrialContext) -> None:
    """Notes what cells that cannot be read would have given. A value that an earlier import brought is better."""
    if trial.delivered is None or not parsed.problems:
        return
    lost = {p.column for p in parsed.problems if p.column and getattr(parsed.row, p.column, 0) is None}
    if (kept := kept_columns(kind, kind.fed_by(lost))) is not None:
        mapped.unread[line] = kept


def _note_former(
    mapped: MappedPart, kind: Kind[Any], line: int, parsed: Parsed[Any], view: RowView, trial_context: TrialContext
) -> None:
    """Notes the records that a row may have become in an earlier export. `source_ids` get the row's id."""
    if mapped.delivered is None or kind.former.records is None or parsed.row is None:
        return
    records = kind.former.records(parsed.row, view.joined, trial_context.lookups, mapped.delivered)
    mapped.former[line] = tuple(records)
    if parsed.source_id is not None:
        mapped.source_ids[line] = parsed.source_id


def _keep_late(mapped: MappedPart, line: int, parsed: Parsed[Any], verdict: Verdict, problems: list[Problem]) -> None:
    """Counts a row that mapping kept back before, with the same problems: those of its cells only if it was mapped."""
    mapped.tally.row(verdict.outcome)
    if verdict.outcome is Outcome.LEFT_OUT:
        return
    was_mapped = not any(problem.severity in KEPT_BACK for problem in problems)
    reported = [problem for problem in problems if was_mapped or problem.code == CAUSE]
    reason = _reason(problems, verdict.outcome, verdict.code, LEVELS.get(verdict.outcome))
    mapped.tally.note(line, parsed.source_id, [*reported, *reason])


def _reason(
    problems: list[Problem], outcome: Outcome, code: str | None, level: Level | None = None
) -> tuple[Problem, ...]:
    """The one problem of a row that is kept back, so that the problems of a kind add up to its rows."""
    stops = (p for p in problems if p.code == code and KEPT_BACK.get(p.severity) is outcome)
    return (next(stops, Problem(code, level=level)),) if code else ()


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
        member_parts = session.exec(
            select(Part).where(
                Part.migration_id == trial_context.trial.migration_id,
                Part.export_number == trial_context.export_number,
                col(Part.number).in_(list(wanted)),
            )
        ).all()
    return {
        place: row
        for part in member_parts
        for place, row in _rows(runtime, trial_context, part, wanted[part.number]).items()
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
