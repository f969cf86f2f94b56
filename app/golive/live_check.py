"""Looks whether a clinic's live workspace still is what it approved, as long as the trial is kept to compare with.

Its records are compared with the trial's, and what its files hold is summed up again, byte by byte.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlmodel import and_, col, desc, or_, select

from app.caspen.digests import Digest
from app.caspen.journal import journal_digest
from app.caspen.live_verification import (
    LedgerMoments,
    LiveVerification,
    missing_records,
    strays_of,
    verify_live,
    workspaces_with_records,
)
from app.caspen.readback import SHOWN, Altered
from app.caspen.trial_health import FEW_RECORDS, TrialFault
from app.migration.models import Migration, Trial
from app.migration.states import State
from app.trial.approval_check import trial_fault
from app.trial.file_contents import altered_live
from app.worker.runtime import Runtime

FILES = "files"
_COMING = (State.FINALISING, State.FINALISING_FAILED)  # what is committed and not yet settled


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """One clinic's move and how its records stand; None where the trial is no longer kept."""

    migration_id: str
    workspace_id: str
    standing: LiveVerification | None

    @property
    def holds(self) -> bool:
        return self.standing is None or self.standing.holds


def check_live(runtime: Runtime) -> Iterator[LiveCheck]:
    """The last finalised move of every workspace: it has the last word on every record that an earlier one brought.

    A workspace without a finalised move is named where it holds records that neither a move nor a person brought.
    """
    with runtime.ledger.read() as session:
        finalised = select(Migration).where(Migration.state == State.FINALISED.value)
        moves = list(session.exec(finalised.order_by(desc(col(Migration.finalised_at)))))
    seen: set[str] = set()
    for move in moves:
        if move.workspace_id not in seen:
            seen.add(move.workspace_id)
            yield LiveCheck(move.id, move.workspace_id, standing(runtime, move))
    for workspace_id in sorted(workspaces_with_records(runtime.caspen) - seen):
        with runtime.ledger.read() as session:
            known = session.exec(select(Migration.id).where(Migration.workspace_id == workspace_id)).all()
        strays = strays_of(runtime.caspen, workspace_id, known)
        if strays:
            yield LiveCheck("", workspace_id, LiveVerification(added=strays))


def known_of(runtime: Runtime, move: Migration) -> LedgerMoments:
    """What the ledger knows of the workspace that a move has gone live in."""
    with runtime.ledger.read() as session:
        moves = session.exec(select(Migration).where(Migration.workspace_id == move.workspace_id)).all()
    moments = {one.id: one.report.get("moment") for one in moves if one.report or one.state in _COMING}
    kinds = move.report.get("kinds", [])
    return LedgerMoments(moments, {str(kind["kind"]): Digest.parse(kind["caspen_digest"]) for kind in kinds})


def _keeps_replaced(runtime: Runtime, move: Migration) -> bool:
    """Whether what an undo would bring back is what the move replaced. It goes with the copies of the export."""
    replaced = move.report.get("replaced")
    if replaced is None or not move.wrapped_key:
        return True
    live = runtime.caspen.live
    with live.database.connection(reading=True) as connection:
        return journal_digest(connection, live.schema, move.workspace_id, move.id) == Digest.parse(replaced)


def standing(runtime: Runtime, move: Migration) -> LiveVerification | None:
    """What has become of one finalised move's records in the live workspace; None once the copies are deleted."""
    with runtime.ledger.read() as session:
        made = session.get_one(Trial, (move.id, int(move.report.get("trial", move.trial_number))))
    fault = trial_fault(runtime, move, made, thorough=True)
    if fault is not None:
        is_dropped = fault is TrialFault.MISSING and not move.wrapped_key
        return None if is_dropped else LiveVerification(untrusted=["trial"])
    found = _records_of(runtime, move, made)
    if not _keeps_replaced(runtime, move):
        found.untrusted.append("journal")
    for one in islice(altered_live(runtime, move.workspace_id), SHOWN):
        found.contents.append(Altered(FILES, one.id, one.source_kind, one.source_id, one.line))
    return found


@dataclass(frozen=True, slots=True)
class LiveGlance:
    """What a page can ask about the live records of one move.

    `missing` are the trial's records that are in the workspace no more, by source kind; None where nobody can say.
    `standing` is None where the trial is no longer kept or too large to be read for a page, and where a later move has
    the last word on the records.
    """

    missing: Mapping[str, int] | None = None
    standing: LiveVerification | None = None


def glance_of(runtime: Runtime, move: Migration, made: Trial) -> LiveGlance:
    """Compares the live records with the trial, whose account has no fault; the bytes of files are not read."""
    records = sum(int(kind["records"]) for kind in move.report.get("kinds", []))
    trial = runtime.caspen.trial(move.id, made.number)
    if move.state != State.FINALISED or records > FEW_RECORDS or not runtime.caspen.exists(trial):
        return LiveGlance()
    missing = missing_records(runtime.caspen, trial, move.workspace_id)
    return LiveGlance(missing, None if _is_followed(runtime, move) else _records_of(runtime, move, made))


def _is_followed(runtime: Runtime, move: Migration) -> bool:
    """Whether another move of the workspace went live after this one, or is on its way in or out."""
    others = select(Migration.id).where(
        Migration.workspace_id == move.workspace_id,
        Migration.id != move.id,
        or_(
            and_(col(Migration.state) == State.FINALISED.value, col(Migration.finalised_at) >= move.finalised_at),
            col(Migration.state).in_((*_COMING, State.UNDOING.value)),
        ),
    )
    with runtime.ledger.read() as session:
        return session.exec(others.limit(1)).first() is not None


def _records_of(runtime: Runtime, move: Migration, made: Trial) -> LiveVerification:
    trial = runtime.caspen.trial(move.id, made.number)
    conflicts = {str(conflict["id"]) for conflict in move.report.get("conflicts", [])}
    return verify_live(runtime.caspen, trial, move.workspace_id, move.id, conflicts, known_of(runtime, move))
