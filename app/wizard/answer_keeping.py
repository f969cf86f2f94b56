"""Stores people's answers about the files of an export: in which states, in the plan and in the audit."""

from collections.abc import Callable

from sqlmodel import Session

from app.mapping.plan import Plan
from app.migration.advance import By
from app.migration.audit import write_act
from app.migration.exports import read_again
from app.migration.guards import export_kept
from app.migration.ledger_json import AuditFacts
from app.migration.models import Migration
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from app.web.page_context import Visit

ANSWERED_IN = (State.MATCHING, State.READING_FAILED)


def settle(
    visit: Visit,
    change: Callable[[Plan], Plan],
    number: int,
    act: str,
    facts: AuditFacts,
    then: str,
    reason: str = "",
) -> None:
    """Stores an answer, the changed plan and, if `then` is "read", a new reading, in one transaction.

    `change` edits the plan as it is inside the transaction, so that answers about other files are kept.
    """
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        plan = change(plan_of(migration))
        note(session, migration, visit.by, act, {"file": number, **facts}, reason)
        if then == "read":
            read_again(session, migration.id, plan, visit.by, guard=export_kept, reason=reason)
        else:
            save_plan(session, migration.id, plan, visit.by)


def note(session: Session, migration: Migration, by: By, act: str, facts: AuditFacts, reason: str = "") -> None:
    """Writes an audit line about a file."""
    write_act(session, migration, by.name, by.actor.value, act, facts, reason=reason)
