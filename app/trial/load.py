"""Loads a clinic's records into a private trial workspace, part by part, each part in one transaction."""

from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.caspen.digests import Digest
from app.caspen.fences import Fate, PartKey, PartLoaded
from app.caspen.load_part import load_part
from app.caspen.native import brought_types
from app.caspen.relied_records import acts_so_far
from app.caspen.stores import WorkspaceChanged
from app.caspen.workspace_snapshot import load_workspace
from app.errors import Stop
from app.index.rows_aside import late_to_json
from app.mapping.plan import Plan
from app.mapping.rows import Outcome
from app.matching.workspace_records import known_clients, known_fields
from app.migration.ledger_json import PieceRows, WorkResult
from app.migration.models import Migration, Part, ProblemLine, Trial
from app.problems import Level, Problem
from app.sources import source as source_named
from app.trial.mapper import MappedPart, existing_by_name, line_at, map_made, map_part
from app.trial.own_questions import fields_of
from app.trial.required_records import acts_to_json, matched, to_json
from app.trial.row_counts import problem_rows
from app.trial.set_aside import note_set_aside
from app.trial.trial_context import TrialContext, trial_contexts
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
# The problem of a row that moves while another record of the row was changed in Caspen. The row is not held.
CHANGED_BESIDE = Problem(CODES_OF_EARLIER[Fate.HELD], level=Level.WARNING)


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
    brought = brought_types(runtime.caspen, migration.workspace_id, migration.source)
    questions = fields_of(runtime, migration, plan, trial.started_at.date(), beat, brought)
    same_fields, questions, native = known_fields(runtime, migration, questions)
    matches: WorkResult = {"known_fields": same_fields, "known_clients": known_clients(runtime, migration, beat)}
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
        }
    )


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
        )
    for fate, number in Counter(loaded.fates.values()).items():
        mapped.tally.outcomes[Outcome(fate.value)] += number
    for line, fate in loaded.fates.items():
        if (code := CODES_OF_EARLIER.get(fate)) is not None:
            mapped.tally.note(line, mapped.source_ids.get(line), [Problem(code)])
    for line in loaded.kept:
        mapped.tally.note(line, mapped.source_ids.get(line), [CHANGED_BESIDE])
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
        if mapped.late:
            note_set_aside(session, lease)

    late = late_to_json(mapped.late)
    return Done({**_result(loaded, mapped.tally.to_result()), **late, **rows_of_piece(lease.result)}, write)


def _result(loaded: PartLoaded, more: WorkResult) -> WorkResult:
    return {
        **more,
        "records": dict(loaded.records),
        "digests": {kind: str(digest) for kind, digest in loaded.digests.items()},
        "places": str(loaded.places),
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
