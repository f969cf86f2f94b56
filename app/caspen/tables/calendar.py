"""Appointments, groups, availability, busy times and cancellation reasons."""

from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.column_types import Moment


class Appointment(Imported, table=True):
    """An appointment. Reminders of an imported appointment are off."""

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


class AppointmentGroup(Imported, table=True):
    """A visit that several clients share. Each client has an appointment that refers to the group."""

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


class Availability(Imported, table=True):
    """One weekly slot in which a practitioner can be booked at a location, in the location's time zone."""

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


class BusyTime(Imported, table=True):
    """A time at which a practitioner cannot be booked. `type` is one of Caspen's presets; an import uses `custom`."""

    __tablename__ = "busy_times"
    references: ClassVar = (Reference("location_id", ("locations",)), Reference("practitioner_id", ("practitioners",)))

    location_id: str
    practitioner_id: str
    busy_time_type_id: str = "custom"
    name: str | None = None
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    note: str | None = None


class CancellationReason(Imported, table=True):
    """A cancellation reason. Imports find a reason by its name, ignoring case."""

    __tablename__ = "cancellation_reasons"

    name: str
