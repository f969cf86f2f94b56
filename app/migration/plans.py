"""The clinic's decisions: read, saved, and frozen into each trial."""

from sqlmodel import Session

from app.db import now
from app.mapping.plan import Plan
from app.migration.advance import By, WrongState, locked
from app.migration.audit import write_act
from app.migration.ledger_json import AuditFacts
from app.migration.models import Migration
from app.migration.states import Event, State

EDITABLE = frozenset(
    {State.PREPARING, State.FETCHING, State.READING, State.READING_FAILED, State.MATCHING, State.PAUSED}
)


def plan_of(migration: Migration) -> Plan:
    return Plan.model_validate(migration.plan)


def save_plan(session: Session, migration_id: str, plan: Plan, by: By, *, confirmed: bool = False) -> Migration:
    """Stores a plan, with an audit line that names its fingerprint. Raises WrongState after the start of a trial."""
    migration = locked(session, migration_id)
    if State(migration.state) not in EDITABLE:
        raise WrongState(State(migration.state), Event.CHANGE_PLAN)
    changed = plan_of(migration) != plan
    migration.plan = plan.model_dump(mode="json")
    migration.plan_confirmed_at = now() if confirmed else None
    session.add(migration)
    if changed or confirmed:
        facts: AuditFacts = {"fingerprint": plan.fingerprint(), "confirmed": confirmed}
        write_act(session, migration, by.name, by.actor.value, "save_plan", facts)
    session.flush()
    return migration
