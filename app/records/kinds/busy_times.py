"""Busy times: when a practitioner cannot be booked."""

from collections.abc import Iterator

from app.caspen.tables import BusyTime
from app.records.field import RecordField, text_field
from app.records.labels import moment_field
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: BusyTime, names: RecordNames) -> Iterator[RecordField]:
    place = record.location_id
    yield moment_field("Starts", names.at(record.starts_at, place), record.starts_at, "starts_at")
    yield moment_field("Ends", names.at(record.ends_at, place), record.ends_at, "ends_at")
    yield text_field("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield text_field("Location", names.of(place), "location_id")
    yield text_field("Name", record.name, "name", how="The first line of its note")
    yield text_field("Note", record.note, "note")


KIND = RecordKind(
    name="busy_times",
    label="Busy times",
    noun="busy time",
    table=BusyTime,
    title=lambda record, names: names.at(record.starts_at, record.location_id) or "-",
    fields=fields,
    listed=("Ends", "Practitioner", "Location", "Name"),
    order=("-starts_at", "id"),
    listed_by=("-id",),
    search=("name", "note"),
)
