"""The parts of a kind of an export."""

from collections.abc import Sequence

from sqlmodel import col, select

from app.migration.models import Migration, Part
from app.worker.runtime import Runtime


def parts_of(runtime: Runtime, migration: Migration, kind: str) -> Sequence[Part]:
    """The parts of a kind of the migration's current export, ordered by number."""
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
