"""Why clients cancel, as the clinic words it."""

from app.caspen.tables.base import Imported


class CancellationReason(Imported, table=True):
    """A cancellation reason, found by its name ignoring case."""

    __tablename__ = "cancellation_reasons"

    name: str
