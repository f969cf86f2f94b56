"""Checks whether a clinic's live workspace still equals what the clinic approved, while the trial is kept.

Records are compared with the trial's records, and the bytes of files are hashed again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from sqlmodel import and_, col, desc, or_, select

from app.caspen.digests import Digest
from app.caspen.live_counts import count_matched
from app.caspen.live_verification import (
    LedgerMoments,
    LiveVerification,
    missing_matched,
    missing_records,
    strays_of,
    verify_live,
    workspaces_with_records,
)
from app.caspen.readback import SHOWN, Altered
from app.caspen.relied_records import Ids
from app.caspen.replaced_records import journal_digest
from app.caspen.trial_health import FEW_RECORDS, TrialFault
from app.migration.models import Migration, Trial
from app.migration.states import State
from app.sources import source as source_named
from app.trial.file_contents import altered_live
from app.trial.relied_workspace_records import relied_of, role_of_table
from app.trial.trial_damage import trial_fault
from app.worker.runtime import Runtime

FILES = "files"
_COMING = (State.FINALISING, State.FINALISING_FAILED)  # committed and not yet settled


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """A clinic's migration and the verification of its records, or None when the trial is no longer kept."""

    migration_id: str
    workspace_id: str
    verification: LiveVerification | None

    @property
    def holds(self) -> bool:
        return self.verification is None or self.verification.holds


def check_live(runtime: Runtime) -> Iterator[LiveCheck]:
    """Checks the last finalised migration of every workspace, which decides on the records of earlier migrations too.

    A workspace without a finalised migration is listed when it holds records that neither a migration nor a person
    brought.
    """
    with runtime.ledger.read() as session:
        finalised = select(Migration).where(Migration.state == State.FINALISED.value)
        moves = list(session.exec(finalised.order_by(desc(col(Migration.finalised_at)))))
    checked: set[str] = set()
    for move in moves:
        if move.workspace_id not in checked:
            checked.add(move.workspace_id)
            yield LiveCheck(move.id, move.workspace_id, verify_move(runtime, move))
    for workspace_id in sorted(workspaces_with_records(runtime.caspen) - checked):
        with runtime.ledger.read() as session:
            known = session.exec(select(Migration.id).where(Migration.workspace_id == workspace_id)).all()
        strays = strays_of(runtime.caspen, workspace_id, known)
        if strays:
            yield LiveCheck("", workspace_id, LiveVerification(added=strays))


def known_of(runtime: Runtime, move: Migration) -> LedgerMoments:
    """What the ledger knows of the workspace in which a migration went live."""
    matched = matched_of(runtime, move)
    with runtime.ledger.read() as session:
        moves = session.exec(select(Migration).where(Migration.workspace_id == move.workspace_id)).all()
    moments = {other.id: other.report.get("moment") for other in moves if other.report or other.state in _COMING}
    kinds = move.report.get("kinds", [])
    return LedgerMoments(moments, {str(kind["kind"]): Digest.parse(kind["caspen_digest"]) for kind in kinds}, matched)


def matched_of(runtime: Runtime, move: Migration) -> Ids:
    """The live records that stand for rows of a migration's export, by the steps of its trial."""
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (move.id, int(move.report.get("trial", move.trial_number))))
        return relied_of(session, move, trial).matched


def _keeps_replaced(runtime: Runtime, move: Migration) -> bool:
    """Whether the journal still holds what the migration replaced. True when the copies of the export were deleted."""
    replaced = move.report.get("replaced")
    if replaced is None or not move.wrapped_key:
        return True
    live = runtime.caspen.live
    with live.database.connection(reading=True) as connection:
        return journal_digest(connection, live.schema, move.workspace_id, move.id) == Digest.parse(replaced)


def verify_move(runtime: Runtime, move: Migration) -> LiveVerification | None:
    """Verifies a finalised migration's records in the live workspace. None when the copies are deleted."""
    with runtime.ledger.read() as session:
        made = session.get_one(Trial, (move.id, int(move.report.get("trial", move.trial_number))))
    fault = trial_fault(runtime, move, made, thorough=True)
    if fault is not None:
        is_dropped = fault is TrialFault.MISSING and not move.wrapped_key
        return None if is_dropped else LiveVerification(untrusted=["trial"])
    verification = _verify_records(runtime, move, made)
    if not _keeps_replaced(runtime, move):
        verification.untrusted.append("journal")
    for file in islice(altered_live(runtime, move.workspace_id), SHOWN):
        verification.contents.append(Altered(FILES, file.id, file.source_kind, file.source_id, file.line))
    return verification


@dataclass(frozen=True, slots=True)
class LiveSummary:
    """The live records of one migration, for a page.

    `missing` counts the trial's records that left the workspace, by source kind; None when unknown. `matched` counts
    the imported records that rows were matched with, those that left too. `verification` is None when the trial is no
    longer kept or too large for a page, and when a later migration decides on the records.
    """

    missing: Mapping[str, int] | None = None
    matched: Mapping[str, int] = field(default_factory=dict)
    verification: LiveVerification | None = None


def summarise_live(runtime: Runtime, move: Migration, made: Trial) -> LiveSummary:
    """Compares the live records with an undamaged trial. Skips the bytes of files."""
    records = sum(int(kind["records"]) for kind in move.report.get("kinds", []))
    trial = runtime.caspen.trial(move.id, made.number)
    if move.state != State.FINALISED:
        return LiveSummary()
    left, matched = _matched_counts(runtime, move)
    if records > FEW_RECORDS or not runtime.caspen.exists(trial):
        return LiveSummary(matched=matched)
    missing = missing_records(runtime.caspen, trial, move.workspace_id) + left
    return LiveSummary(missing, matched, None if _is_followed(runtime, move) else _verify_records(runtime, move, made))


def _matched_counts(runtime: Runtime, move: Migration) -> tuple[Counter[str], Counter[str]]:
    """By source kind, the matched records that left the workspace, and these with those that count as a migration's."""
    ids = matched_of(runtime, move)
    source = source_named(move.source)
    left = Counter[str]()
    for table, count in missing_matched(runtime.caspen, move.workspace_id, ids).items():
        left[source.name_with(role_of_table(table))] += count
    return left, left + count_matched(runtime.caspen, move.workspace_id, move.id, ids)


def _is_followed(runtime: Runtime, move: Migration) -> bool:
    """Whether another migration of the workspace went live after this migration, or is finalising or undoing."""
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


def _verify_records(runtime: Runtime, move: Migration, made: Trial) -> LiveVerification:
    trial = runtime.caspen.trial(move.id, made.number)
    conflicts = {str(conflict["id"]) for conflict in move.report.get("conflicts", [])}
    return verify_live(runtime.caspen, trial, move.workspace_id, move.id, conflicts, known_of(runtime, move))
