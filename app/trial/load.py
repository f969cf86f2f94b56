"""A clinic's records are brought into a private trial workspace, part by part, each whole or not at all."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

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
from app.mapping.plan import Plan
from app.mapping.rows import Outcome
from app.matching.workspace_records import known_clients, known_fields
from app.migration.models import Migration, Part, ProblemLine, Trial
from app.problems import Problem
from app.sources import source as source_named
from app.trial.context import Bench, benches, settled
from app.trial.custom_fields import fields_of
from app.trial.mapper import MappedPart, found_by_name, line_at, map_made, map_part
from app.trial.required_records import BY_NAME, MATCHED, SEEN, matched, seen_to_json, to_json
from app.trial.row_counts import problem_rows
from app.trial.set_aside import note_set_aside
from app.trial.zones import durations_of, zones_of
from app.worker.heartbeat import Heartbeat
from app.worker.leases import QUARANTINED, SPLIT, Lease, Piece, create_missing, next_number, rows_of_piece
from app.worker.outcome import Done, Exhausted
from app.worker.runtime import Runtime

# What is told of a row whose records an earlier move has brought.
BEEN_HERE = {
    Fate.UPDATED: "already_imported",
    Fate.UNCHANGED: "already_imported",
    Fate.HELD: "changed_in_caspen",
}


def open_store(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Makes the empty trial workspace, if the live one is still what the checklist looked at."""
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
    seen = acts_so_far(runtime.caspen, migration.workspace_id)
    facts = load_workspace(runtime.caspen, migration.workspace_id)
    looked_at = facts.version if trial.workspace_version < 0 else trial.workspace_version
    try:
        runtime.caspen.create_trial(migration.workspace_id, migration.id, trial.number, looked_at)
    except WorkspaceChanged:
        raise Stop(Problem("workspace_changed")) from None
    plan = Plan.model_validate(trial.plan)
    there = brought_types(runtime.caspen, migration.workspace_id, migration.source)
    questions = fields_of(runtime, migration, plan, trial.started_at.date(), beat, there)
    same, questions, native = known_fields(runtime, migration, questions)
    found = {"known_fields": same, "known_clients": known_clients(runtime, migration, beat)}
    return Done(
        {
            **found,
            SEEN: seen_to_json(seen),
            MATCHED: matched(runtime, migration.workspace_id, settled(plan, found)),
            "own_places": list(facts.zones),
            "zones": zones_of(runtime, migration, facts, beat),
            "durations": durations_of(runtime, migration, facts, beat),
            "existing": facts.existing(),
            "fields": {token: known.to_json() for token, known in questions.items()},
            "native_fields": native,
        }
    )


def parts(session: Session, migration: Migration) -> Iterable[Piece]:
    """The parts of the export, one piece each."""
    moving = [kind.name for kind in source_named(migration.source).kinds if kind.imported]
    found = select(Part.number, Part.rows).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        col(Part.kind).in_(moving),
    )
    return [Piece(number, rows) for number, rows in session.exec(found.order_by(col(Part.number)))]


def load(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Maps the rows of one part and loads what they became, in one transaction of Caspen's database."""
    bench = benches.of(runtime, migration)
    with runtime.ledger.read() as session:
        part = _part(session, migration, lease)
    mapped = map_part(runtime, bench, part, _between(lease), beat)
    return _loaded(runtime, migration, bench, lease, mapped, beat)


def load_made(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Brings what rows only name, such as a reason for cancelling. Loaded as part 0: no rows, but records."""
    bench = benches.of(runtime, migration)
    made = map_made(bench)
    key = PartKey(migration.id, bench.trial.number, 0, lease.epoch)
    with beat.during():
        loaded = load_part(runtime.caspen, bench.store, bench.ids, key, [(0, made)], moment=bench.trial.started_at)
        runtime.caspen.index_trial(bench.store)
    return Done(_told(loaded, {BY_NAME: to_json(found_by_name(bench))}))


def halve(runtime: Runtime, migration: Migration, lease: Lease) -> Exhausted:
    """A part that failed three times is tried in two halves; a single row that still fails is left for support."""
    with runtime.ledger.read() as session:
        part = _part(session, migration, lease)
    start, stop = _between(lease) or (0, part.rows)
    if stop - start > 1:
        middle = (start + stop) // 2

        def split(session: Session) -> None:
            number = max(next_number(session, lease), _highest_part(session, migration) + 1)
            halves = ((number, start, middle), (number + 1, middle, stop))
            pieces = [Piece(n, b - a, {"part": part.number, "start": a, "stop": b}) for n, a, b in halves]
            create_missing(session, lease.migration_id, lease.run, lease.phase, pieces)

        return Exhausted(SPLIT, {}, split)
    problem = Problem("row_quarantined", kind=part.kind)
    rows = problem_rows(migration.id, lease.run, lease.number, [_at_row(runtime, migration, part, start, problem)])

    def quarantine(session: Session) -> None:
        session.connection().execute(sa.insert(ProblemLine), rows)
        note_set_aside(session, lease)

    nothing = {"records": {}, "digests": {}, "places": str(Digest())}
    place = {"part": part.number, "start": start, "stop": stop}
    told = {"kind": part.kind, "outcomes": {Outcome.HELD.value: 1}, **nothing, **place}
    return Exhausted(QUARANTINED, told, quarantine)


def _loaded(
    runtime: Runtime, migration: Migration, bench: Bench, lease: Lease, mapped: MappedPart, beat: Heartbeat
) -> Done:
    key = PartKey(migration.id, bench.trial.number, lease.number, lease.epoch)
    with beat.during():
        loaded = load_part(runtime.caspen, bench.store, bench.ids, key, mapped.taken(), moment=bench.trial.started_at)
    for fate, number in Counter(loaded.fates.values()).items():
        mapped.tally.outcomes[Outcome(fate.value)] += number
    for line, fate in loaded.fates.items():
        if (code := BEEN_HERE.get(fate)) is not None:
            mapped.tally.tell(line, mapped.source_ids.get(line), [Problem(code)])
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

    return Done({**_told(loaded, mapped.tally.told()), **rows_of_piece(lease.result)}, write)


def _told(loaded: PartLoaded, more: Mapping[str, Any]) -> dict[str, Any]:
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
    """The rows of a halved part that this piece is about, counted from the part's first."""
    if "start" not in lease.result:
        return None
    return int(lease.result["start"]), int(lease.result["stop"])


def _highest_part(session: Session, migration: Migration) -> int:
    found = select(sa.func.max(Part.number)).where(
        Part.migration_id == migration.id, Part.export_number == migration.export_number
    )
    return int(session.exec(found).one() or 0)


def _at_row(runtime: Runtime, migration: Migration, part: Part, place: int, problem: Problem) -> Problem:
    """A problem told of the row at a place of its part, without mapping the row."""
    bench = benches.of(runtime, migration)
    line = line_at(runtime, bench, part, place)
    source_id = bench.index.source_id(part.number, place)
    return problem.at(line=line, file=bench.paths.get(part.file_number), source_id=source_id)
