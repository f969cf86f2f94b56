"""When a practitioner can be booked at a location."""

from datetime import date
from typing import ClassVar

from app.caspen.tables.base import Imported, Reference


class Availability(Imported, table=True):
    """One slot of a week, in the location's own time."""

    __tablename__ = "availability"
    references: ClassVar = (Reference("practitioner_id", ("practitioners",)), Reference("location_id", ("locations",)))

    practitioner_id: str
    location_id: str
    weekday: int
    starts_at: str
    ends_at: str
    repeat: str = "weekly"
    effective_from: date | None = None
    effective_to: date | None = None
