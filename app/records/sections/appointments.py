"""A client's appointments: coming ones first, then past ones, latest first."""

from datetime import datetime

from app.caspen.tables import Appointment
from app.records.kinds.appointments import KIND
from app.records.section import ClientSection, Tag


def tags(record: Appointment) -> tuple[Tag, ...]:
    return (("In a group", ""),) if record.group_id else ()


def band(record: Appointment, now: datetime) -> str:
    return "Coming" if record.starts_at > now else "Past"


SECTION = ClientSection(
    name="appointments",
    label="Appointments",
    kind=KIND,
    empty="No appointment in your export, past or coming.",
    tags=tags,
    band=band,
)
