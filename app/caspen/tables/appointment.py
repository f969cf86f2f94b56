"""One visit of one client."""

from datetime import datetime
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
