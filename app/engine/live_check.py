"""Looks whether a clinic's live workspace still is what it approved, as long as the trial is kept to compare with.

Its records are compared with the trial's, and what its files hold is summed up again, byte by byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlmodel import col, desc, select

from app.caspen.content import Digest
from app.caspen.journal import journal_digest
from app.caspen.readback import SHOWN, Altered
from app.caspen.standing import Known, Standing, standing_of, strays_of, workspaces_with_records
from app.caspen.trial_health import Fault
from app.engine.contents import altered_live
from app.engine.runtime import Runtime
from app.engine.trial_check import trial_fault
from app.migration.models import Migration, Trial
from app.migration.states import State

FILES = "files"


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """One clinic's move and how its records stand; None where the trial is no longer kept."""

    migration_id: str
    workspace_id: str
    standing: Standing | None

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
            yield LiveCheck("", workspace_id, Standing(added=strays))


def known_of(runtime: Runtime, move: Migration) -> Known:
    """What the ledger knows of the workspace that a move has gone live in."""
    with runtime.ledger.read() as session:
        moves = session.exec(select(Migration).where(Migration.workspace_id == move.workspace_id)).all()
    coming = (State.FINALISING, State.FINALISING_FAILED)  # what is committed and not yet settled
    moments = {one.id: one.report.get("moment") for one in moves if one.report or one.state in coming}
    kinds = move.report.get("kinds", [])
    return Known(moments, {str(kind["kind"]): Digest.parse(kind["caspen_digest"]) for kind in kinds})


def _keeps_replaced(runtime: Runtime, move: Migration) -> bool:
    """Whether what an undo would bring back is what the move replaced. It goes with the copies of the export."""
    replaced = move.report.get("replaced")
    if replaced is None or not move.wrapped_key:
        return True
    live = runtime.caspen.live
    with live.database.connection(reading=True) as connection:
        return journal_digest(connection, live.schema, move.workspace_id, move.id) == Digest.parse(replaced)


def standing(runtime: Runtime, move: Migration) -> Standing | None:
    """What has become of one finalised move's records in the live workspace; None once the copies are deleted."""
    with runtime.ledger.read() as session:
        made = session.get_one(Trial, (move.id, int(move.report.get("trial", move.trial_number))))
    fault = trial_fault(runtime, move, made, thorough=True)
    if fault is not None:
        is_dropped = fault is Fault.MISSING and not move.wrapped_key
        return None if is_dropped else Standing(untrusted=["trial"])
    trial = runtime.caspen.trial(move.id, made.number)
    conflicts = {str(conflict["id"]) for conflict in move.report.get("conflicts", [])}
    found = standing_of(runtime.caspen, trial, move.workspace_id, move.id, conflicts, known_of(runtime, move))
    if not _keeps_replaced(runtime, move):
        found.untrusted.append("journal")
    for one in islice(altered_live(runtime, move.workspace_id), SHOWN):
        found.contents.append(Altered(FILES, one.id, one.source_kind, one.source_id, one.line))
    return found
