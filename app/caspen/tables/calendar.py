"""One visit of one client."""

from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.columns import Moment


class Appointment(Imported, table=True):
    """An appointment. Reminders of an imported one stay off."""

    __tablename__ = "appointments"
    references: ClassVar = (
        Reference("location_id", ("locations",)),
        Reference("practitioner_id", ("practitioners",)),
        Reference("service_id", ("services",)),
        Reference("client_id", ("clients",)),
        Reference("case_id", ("cases",)),
        Reference("cancellation_reason_id", ("cancellation_reasons",)),
        Reference("group_id", ("appointment_groups",)),
    )
    indexes: ClassVar = (("workspace_id", "client_id", "starts_at", "id"),)

    location_id: str
    practitioner_id: str
    service_id: str
    client_id: str
    case_id: str | None = None
    client_package_id: str | None = None
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    duration: int
    status: str = "pending"
    confirmed: bool | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    note: str | None = None
    cancellation_reason_id: str | None = None
    cancellation_note: str | None = None
    cancelled_at: datetime | None = Field(default=None, sa_type=Moment)
    room_id: str | None = None
    vehicle_id: str | None = None
    resource_ids: list[str] | None = nested()
    group_id: str | None = None
    reminders_enabled: bool = False


# A visit that several clients share.


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


# When a practitioner can be booked at a location.


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


# A time at which a practitioner cannot be booked.


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


# Why clients cancel, as the clinic words it.


class CancellationReason(Imported, table=True):
    """A cancellation reason, found by its name ignoring case."""

    __tablename__ = "cancellation_reasons"

    name: str
