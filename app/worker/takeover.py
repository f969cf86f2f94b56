"""Selects migrations with work that no worker holds: a worker died, a notice was lost, or a pause is over."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.db import Database
from app.migration.models import Migration, Work
from app.migration.states import State
from app.worker.leases import LEASED, READY, SETTLED
from app.worker.stages import STAGES


@dataclass(frozen=True, slots=True)
class WaitingMigration:
    """A migration that a worker could work on now, and the time of its last sign of work."""

    migration_id: str
    since: datetime


def load_waiting(ledger: Database) -> list[WaitingMigration]:
    """The migrations with work that no worker holds, the longest waiting first.

    Looks at the database alone, so that it works without Redis and after it was lost.
    """
    with ledger.read() as session:
        moment = ledger.clock(session)
        migrations = session.exec(
            select(Migration).where(col(Migration.state).in_([state.value for state in STAGES]))
        ).all()
        free = [
            WaitingMigration(migration.id, migration.last_sign_of_work or migration.since)
            for migration in migrations
            if _has_free_work(session, migration, moment)
        ]
    return sorted(free, key=lambda each: each.since)


def _has_free_work(session: Session, migration: Migration, moment: datetime) -> bool:
    """Whether a piece can be claimed now. A stage without open pieces needs its next phase, or its end."""
    work = Work.__table__.c  # type: ignore[attr-defined]  # set by the table class
    due = sa.or_(work.not_before.is_(None), work.not_before <= moment)
    can_be_claimed = sa.or_(
        sa.and_(work.state == READY, due), sa.and_(work.state == LEASED, work.leased_until < moment)
    )
    total, free = session.exec(
        select(sa.func.count(), sa.func.sum(sa.case((can_be_claimed, 1), else_=0))).where(
            Work.migration_id == migration.id,
            Work.run == STAGES[State(migration.state)].run_of(migration),
            col(Work.state).not_in(SETTLED),
        )
    ).one()
    return total == 0 or bool(free)
