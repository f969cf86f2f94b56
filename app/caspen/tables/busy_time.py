"""A time at which a practitioner cannot be booked."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference
from app.caspen.tables.columns import Moment


class BusyTime(Imported, table=True):
    """A busy time. Its type is one of Caspen's presets; an import uses `custom`."""

    __tablename__ = "busy_times"
    references: ClassVar = (Reference("location_id", ("locations",)), Reference("practitioner_id", ("practitioners",)))

    location_id: str
    practitioner_id: str
    busy_time_type_id: str = "custom"
    name: str | None = None
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    note: str | None = None
