"""Availability: the weekly hours at which a practitioner can be booked, on the clock of the location."""

from collections.abc import Iterator

from app.caspen.tables import Availability
from app.records.field import RecordField, text_field
from app.records.labels import day_field, to_label, weekday
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: Availability, names: RecordNames) -> Iterator[RecordField]:
    hours = f"{record.starts_at} to {record.ends_at}"
    plain = (record.starts_at, record.ends_at)
    yield text_field("Day", weekday(record.weekday), "weekday", how="The number of the day in words")
    yield RecordField("Hours", hours, ("starts_at", "ends_at"), plain, "Stretches that touch are one")
    yield text_field("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield text_field("Location", names.of(record.location_id), "location_id")
    yield text_field(
        "Repeats", to_label({"weekly": "Every week", "fortnightly": "Every second week"}, record.repeat), "repeat"
    )
    yield day_field("From", record.effective_from, "effective_from")
    yield day_field("Until", record.effective_to, "effective_to")


KIND = RecordKind(
    name="availability",
    label="Availability",
    noun="stretch of the week",
    table=Availability,
    title=lambda record, names: f"{weekday(record.weekday)}, {record.starts_at} to {record.ends_at}",
    fields=fields,
    listed=("Practitioner", "Location"),
    order=("practitioner_id", "weekday", "starts_at", "id"),
)
