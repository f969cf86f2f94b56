"""What people say of the files of an export: when it can be said, and how it is kept and written down."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from app.mapping.plan import Plan
from app.migration.advance import By
from app.migration.audit import write_act
from app.migration.exports import read_again
from app.migration.guards import export_kept
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
    facts: dict[str, Any],
    then: str,
    reason: str = "",
) -> None:
    """One transaction: what was said, the plan with it and, where that is asked, a new reading.

    `change` puts the answer into the plan as it is then, so that answers about other files stay.
    """
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        plan = change(plan_of(migration))
        note(session, migration, visit.by, act, {"file": number, **facts}, reason)
        if then == "read":
            notice = read_again(session, migration.id, plan, visit.by, guard=export_kept, reason=reason)
        else:
            save_plan(session, migration.id, plan, visit.by)
    if then == "read":
        visit.runtime.queue.notify(notice.migration_id)


def note(session: Session, migration: Migration, by: By, act: str, facts: dict[str, Any], reason: str = "") -> None:
    """Writes a line of the audit about a file."""
    write_act(session, migration, by.name, by.actor.value, act, facts, reason=reason)
