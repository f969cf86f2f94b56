"""The parts of one kind of an export, as they lie in storage, for whoever must see all its rows before a trial."""

from collections.abc import Sequence

from sqlmodel import col, select

from app.migration.models import Migration, Part
from app.worker.runtime import Runtime


def parts_of(runtime: Runtime, migration: Migration, kind: str) -> Sequence[Part]:
    """In the order in which they were cut."""
    with runtime.ledger.read() as session:
        return session.exec(
            select(Part)
            .where(
                Part.migration_id == migration.id,
                Part.export_number == migration.export_number,
                Part.kind == kind,
            )
            .order_by(col(Part.number))
        ).all()
