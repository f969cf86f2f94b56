"""Appointments: visits of one client each, on the clock of their location. Reminders of imported ones stay off."""

from collections.abc import Iterator

from app.caspen.tables import Appointment
from app.formatting import plural
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import VISITS, moment_field, told


def state(record: Appointment, names: Names) -> str:
    """As Caspen shows it; of one that was cancelled, why."""
    words = told(VISITS, record.status) or ""
    reason = names.of(record.cancellation_reason_id)
    return f"{words}: {reason}" if reason else words


def fields(record: Appointment, names: Names) -> Iterator[Field]:
    place = record.location_id
    yield said("Client", names.of(record.client_id), "client_id")
    yield moment_field("Starts", names.at(record.starts_at, place), record.starts_at, "starts_at")
    yield moment_field("Ends", names.at(record.ends_at, place), record.ends_at, "ends_at")
    yield said("Lasts", plural(record.duration, "minute"), "duration")
    yield said("Service", names.of(record.service_id), "service_id")
    yield said("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield said("Location", names.of(place), "location_id")
    columns = ("status", "cancellation_reason_id")
    yield Field("State", state(record, names), columns, how="In Caspen's words")
    yield moment_field("Canceled at", names.at(record.cancelled_at, place), record.cancelled_at, "cancelled_at")
    yield said("Cancellation note", record.cancellation_note, "cancellation_note")
    yield said("Group", f"With others, {names.of(record.group_id)}" if record.group_id else None, "group_id")
    yield said("Case", names.of(record.case_id), "case_id")
    yield said("Note", record.note, "note")
    yield said("Reminders", "On" if record.reminders_enabled else "Off until you turn them on", "reminders_enabled")


KIND = RecordKind(
    name="appointments",
    label="Appointments",
    one="appointment",
    table=Appointment,
    title=lambda record, names: names.at(record.starts_at, record.location_id) or "-",
    fields=fields,
    listed=("Client", "Service", "Practitioner", "Location", "State"),
    order=("-starts_at", "-id"),
    listed_by=("-id",),
)
