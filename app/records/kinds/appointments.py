"""Appointments, each for a single client, on the clock of their location. Imported appointments send no reminders."""

from collections.abc import Iterator

from app.caspen.tables import Appointment
from app.formatting import plural
from app.records.field import RecordField, text_field
from app.records.labels import VISITS, moment_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def state(record: Appointment, names: RecordNames) -> str:
    """The state as Caspen shows it. A cancelled appointment includes the reason."""
    words = to_label(VISITS, record.status) or ""
    reason = names.of(record.cancellation_reason_id)
    return f"{words}: {reason}" if reason else words


def fields(record: Appointment, names: RecordNames) -> Iterator[RecordField]:
    place = record.location_id
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield moment_field("Starts", names.at(record.starts_at, place), record.starts_at, "starts_at")
    yield moment_field("Ends", names.at(record.ends_at, place), record.ends_at, "ends_at")
    yield text_field("Lasts", plural(record.duration, "minute"), "duration")
    yield text_field("Service", names.of(record.service_id), "service_id")
    yield text_field("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield text_field("Location", names.of(place), "location_id")
    columns = ("status", "cancellation_reason_id")
    yield RecordField("State", state(record, names), columns, how="In Caspen's words")
    yield moment_field("Canceled at", names.at(record.cancelled_at, place), record.cancelled_at, "cancelled_at")
    yield text_field("Cancellation note", record.cancellation_note, "cancellation_note")
    yield text_field("Group", f"With others, {names.of(record.group_id)}" if record.group_id else None, "group_id")
    yield text_field("Case", names.of(record.case_id), "case_id")
    yield text_field("Note", record.note, "note")
    yield text_field(
        "Reminders", "On" if record.reminders_enabled else "Off until you turn them on", "reminders_enabled"
    )


KIND = RecordKind(
    name="appointments",
    label="Appointments",
    noun="appointment",
    table=Appointment,
    title=lambda record, names: names.at(record.starts_at, record.location_id) or "-",
    fields=fields,
    listed=("Client", "Service", "Practitioner", "Location", "State"),
    order=("-starts_at", "-id"),
    listed_by=("-id",),
)
