"""The receipt of a deletion: what was deleted, when and by whom, from the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from app.access.access_tables import Person
from app.formatting import plural
from app.migration.audit import PURGE
from app.migration.models import AuditEntry, ExportFile, Migration, Trial
from app.migration.states import Actor


@dataclass(frozen=True, slots=True)
class DeletionReceipt:
    """`by` is a person's name, or "" for a deletion by schedule. `what` lists the deleted copies in words."""

    at: datetime
    by: str
    what: tuple[str, ...]


def load_receipt(session: Session, migration: Migration) -> DeletionReceipt | None:
    """The receipt of a move whose copies are deleted. None while the key exists, or without an audit line of the
    deletion.
    """
    lines = select(AuditEntry).where(AuditEntry.migration_id == migration.id, AuditEntry.act == PURGE)
    entry = session.exec(lines.order_by(col(AuditEntry.id)).limit(1)).first()
    if entry is None or migration.wrapped_key:
        return None
    files = session.exec(
        select(func.count()).select_from(ExportFile).where(ExportFile.migration_id == migration.id)
    ).one()
    trials = session.exec(select(func.count()).select_from(Trial).where(Trial.migration_id == migration.id)).one()
    what = [f"{plural(files, 'file')} of your export and what we read from {'it' if files == 1 else 'them'}"]
    if trials:
        what.append(plural(trials, "trial"))
    what.append("the key that opened our encrypted copies")
    by = "" if entry.role == Actor.WORKER else _name_of(session, entry.by)
    return DeletionReceipt(entry.at, by, tuple(what if files else what[-1:]))


def _name_of(session: Session, email: str) -> str:
    person = session.exec(select(Person).where(Person.email == email)).first()
    return person.name if person is not None else email
