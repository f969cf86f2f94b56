"""Promotes the approved trial to the clinic's live workspace: exactly the reviewed records, in one transaction."""

from collections.abc import Iterable

from sqlmodel import Session, select

from app.caspen.canonical_values import moment_text
from app.caspen.digests import Digest, trial_digest
from app.caspen.file_references import sweep_contents
from app.caspen.promote import Conflict, Promoted, Promotion, Unproven
from app.caspen.promote import promote as promote_store
from app.caspen.relied_records import Outdated
from app.caspen.stores import Sides, Store
from app.errors import Stop
from app.mapping.plan import Plan
from app.migration.audited import is_approval_proven
from app.migration.completeness_warnings import export_day, stale_day
from app.migration.earlier_matches import matches_of
from app.migration.exports import files_of
from app.migration.guards import SHARED_KEPT
from app.migration.ledger_json import ConflictJson, MoveReport
from app.migration.models import Migration, Trial
from app.problems import Level, Problem
from app.reading.reading_ledger import note_run_problems
from app.sources import source as source_named
from app.trial.account_seal import seal_of_report
from app.trial.delivered_columns import columns_by_kind
from app.trial.file_contents import ContentsMissing, bring_contents, require_all_contents
from app.trial.relied_workspace_records import outdated, relied_of
from app.trial.trial_damage import trial_fault
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease
from app.worker.outcome import Done
from app.worker.runtime import Runtime

TRIES = 3


def promote(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Promotes the approved trial. Raises Stop when the approval, the trial or the live workspace does not allow it."""
    require_approval(runtime, migration)
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
    if trial_fault(runtime, migration, trial, thorough=True) is not None:
        raise Stop(Problem("trial_damaged"))
    if trial.digest != migration.approved_digest or not trial.balanced:
        raise Stop(Problem("approval_outdated"))
    approved = {kind["kind"]: Digest.parse(kind["caspen_digest"]) for kind in trial.kinds}
    with runtime.ledger.read() as session:
        relied = relied_of(session, migration, trial)
        files = files_of(session, migration.id, migration.export_number)
    earlier, fallen = _others(runtime, migration)
    what = Promotion(
        migration.workspace_id,
        migration.id,
        trial.number,
        approved,
        earlier,
        fallen,
        relied,
        matches=matches_of(Plan.model_validate(trial.plan), migration.source),
        delivered=columns_by_kind(source_named(migration.source), files),
    )
    store = runtime.caspen.trial(migration.id, trial.number)
    try:
        done = _promoted(runtime, migration, store, what, beat)
    except Outdated as caught:
        with runtime.ledger.read() as session:
            problem = outdated(session, trial, caught.changed)
        raise Stop(problem) from None
    left = Problem("changed_in_caspen", level=Level.WARNING, count=done.left)
    conflicts = [
        *([left] if left.count else []),
        *(
            Problem("changed_in_caspen", kind=c.source_kind, source_id=c.source_id, line=c.line or None)
            for c in done.conflicts
            if c.is_new
        ),
    ]

    with runtime.ledger.read() as session:
        old, made = stale_day(session, migration), export_day(session, migration)
    kept: MoveReport = {
        **report(trial, done, [kind.name for kind in source_named(migration.source).kinds]),
        "moment": moment_text(migration.approved_at) if migration.approved_at else None,
        "export_of": old.isoformat() if old else None,
        "made_on": made.isoformat() if made else None,
    }

    def write(session: Session) -> None:
        finished = session.get_one(Migration, migration.id)
        finished.report = kept
        session.add(finished)
        note_run_problems(session, migration.id, lease.run, [*conflicts, *([Problem("export_stale")] if old else [])])

    return Done({"kept": seal_of_report(kept)}, write, lambda: _tidy(runtime, migration))


def require_approval(runtime: Runtime, migration: Migration) -> None:
    """Raises Stop unless the audit trail holds the approval of this trial and the migration's row agrees."""
    with runtime.ledger.read() as session:
        if not is_approval_proven(session, migration):
            raise Stop(Problem("history_differs"))


def _others(runtime: Runtime, migration: Migration) -> tuple[frozenset[str], frozenset[str]]:
    """The other migrations of the ledger in this workspace: those that went live before, and those that did not."""
    with runtime.ledger.read() as session:
        moves = session.exec(select(Migration).where(Migration.workspace_id == migration.workspace_id)).all()
    earlier = frozenset(move.id for move in moves if move.report)
    return earlier, frozenset(move.id for move in moves) - earlier - {migration.id}


def _tidy(runtime: Runtime, migration: Migration) -> None:
    """Deletes contents that were stored for files that people had deleted."""
    sweep_contents(runtime.caspen, runtime.files, migration.workspace_id)


def _promoted(runtime: Runtime, migration: Migration, store: Store, what: Promotion, beat: Heartbeat) -> Promoted:
    """Stores the contents of files first, then promotes all records at once. No file goes live without its content."""
    is_complete = require_all_contents(runtime, migration.workspace_id)

    def final_check(sides: Sides) -> None:
        is_complete(sides)
        require_approval(runtime, migration)

    for _ in range(TRIES):
        bring_contents(runtime, migration, store, beat)
        try:
            with beat.during():
                return promote_store(runtime.caspen, store, what, moment=migration.approved_at, final_check=final_check)
        except Unproven:
            raise Stop(Problem("live_differs")) from None
        except ContentsMissing:
            continue
    raise Stop(Problem("work_failed"))


def report(trial: Trial, done: Promoted, order: Iterable[str]) -> MoveReport:
    """The report that the clinic keeps: the approved account, and what went live.

    `live_digest` is computed from the live records. It equals the trial's digest unless records were kept as people had
    edited them. `order` are the source's kinds.
    """
    return {
        "trial": trial.number,
        "digest": trial.digest,
        "live_digest": trial_digest(done.live, order),
        "kinds": trial.kinds,
        "created": dict(done.created),
        "updated": dict(done.updated),
        "unchanged": dict(done.unchanged),
        "conflicts": [_conflict_json(conflict) for conflict in done.conflicts],
        "replaced": str(done.replaced),
        SHARED_KEPT: True,
        "live": {kind: str(digest) for kind, digest in done.live.items()},
    }


def _conflict_json(conflict: Conflict) -> ConflictJson:
    return {
        "table": conflict.table,
        "id": conflict.id,
        "source_kind": conflict.source_kind,
        "source_id": conflict.source_id,
        "line": conflict.line,
        "deleted": conflict.deleted,
    }
