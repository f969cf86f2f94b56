"""What moves and what does not move: both lists are acknowledged before an export of the move is handed over."""

from sqlmodel import Session

from app.db import now
from app.migration.advance import By
from app.migration.audit import write_act
from app.migration.models import Migration
from app.problems import Problem

ACKNOWLEDGE_LISTS = "acknowledge_lists"
LISTS_FIRST = "lists_not_acknowledged"


def acknowledge_lists(session: Session, migration: Migration, by: By, reason: str = "") -> None:
    """Writes down who acknowledged both lists, with an audit line. Once for a move: later calls write nothing."""
    if migration.moves_acknowledged_at is not None:
        return
    migration.moves_acknowledged_at = now()
    session.add(migration)
    write_act(session, migration, by.name, by.actor.value, ACKNOWLEDGE_LISTS, reason=reason)


def lists_acknowledged(session: Session, migration: Migration) -> Problem | None:
    """The guard of every hand-over: refused until both lists are acknowledged, for everybody."""
    del session
    return Problem(LISTS_FIRST) if migration.moves_acknowledged_at is None else None
