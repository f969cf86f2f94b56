"""Undoes a finalised migration: its records go, replaced records return, and people's later changes are kept.

Records that a later live migration holds too are kept: it brought them again, or matched rows with them.
"""

from sqlmodel import Session

from app.caspen.file_references import sweep_contents
from app.caspen.undo import Kept
from app.caspen.undo import undo as undo_live
from app.errors import Stop
from app.migration.audited import load_audited
from app.migration.ledger_json import KeptJson
from app.migration.models import Migration
from app.migration.states import State
from app.problems import Problem
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease
from app.worker.outcome import Done
from app.worker.runtime import Runtime


def undo(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Undoes the migration in the live workspace, in one transaction. Raises Stop unless the audit trail
    has a person's request for it."""
    with runtime.ledger.read() as session:
        audited = load_audited(session, migration.id)
    if audited.differing or audited.state is not State.UNDOING:
        raise Stop(Problem("history_differs"))
    with beat.during():
        undone = undo_live(runtime.caspen, migration.workspace_id, migration.id)

    def write(session: Session) -> None:
        kept = session.get_one(Migration, migration.id)
        kept.report = {
            **kept.report,
            "undone": {
                "removed": dict(undone.removed),
                "restored": dict(undone.restored),
                "kept": [_kept_json(record) for record in undone.kept],
                "later": dict(undone.later),
                "left_over": dict(undone.left_over),
            },
        }
        session.add(kept)
        for later_id, (before, after) in undone.journals.items():
            later = session.get(Migration, later_id)
            if later is not None and later.report.get("replaced") == before:
                later.report = {**later.report, "replaced": after}
                session.add(later)

    def tidy() -> None:
        sweep_contents(runtime.caspen, runtime.files, migration.workspace_id)

    return Done({}, write, tidy)


def _kept_json(record: Kept) -> KeptJson:
    return {
        "table": record.table,
        "id": record.id,
        "source_kind": record.source_kind,
        "source_id": record.source_id,
        "why": record.why,
    }
