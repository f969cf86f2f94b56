"""A visit that several clients share."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference
from app.caspen.tables.columns import Moment


class AppointmentGroup(Imported, table=True):
    """A group; each of its clients has an appointment of its own that points here."""

    __tablename__ = "appointment_groups"
    references: ClassVar = (
        Reference("service_id", ("services",)),
        Reference("location_id", ("locations",)),
        Reference("practitioner_id", ("practitioners",)),
    )

    service_id: str
    location_id: str
    practitioner_id: str
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    capacity: int | None = None
    note: str | None = None
