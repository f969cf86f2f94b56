"""The lists of what moves and what does not. Both are acknowledged before an export is handed over."""

from sqlmodel import Session

from app.db import now
from app.migration.advance import By
from app.migration.audit import write_act
from app.migration.models import Migration
from app.problems import Problem

ACKNOWLEDGE_LISTS = "acknowledge_lists"
LISTS_FIRST = "lists_not_acknowledged"


def acknowledge_lists(session: Session, migration: Migration, by: By, reason: str = "") -> None:
    """Stores that both lists were acknowledged, with an audit line. Later calls write nothing."""
    if migration.moves_acknowledged_at is not None:
        return
    migration.moves_acknowledged_at = now()
    session.add(migration)
    write_act(session, migration, by.name, by.actor.value, ACKNOWLEDGE_LISTS, reason=reason)


def lists_acknowledged(session: Session, migration: Migration) -> Problem | None:
    """Guard of every hand-over: refuses until both lists are acknowledged."""
    del session
    return Problem(LISTS_FIRST) if migration.moves_acknowledged_at is None else None
