"""Busy times: when a practitioner cannot be booked."""

from collections.abc import Iterator

from app.caspen.tables import BusyTime
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import moment_field


def fields(record: BusyTime, names: Names) -> Iterator[Field]:
    place = record.location_id
    yield moment_field("Starts", names.at(record.starts_at, place), record.starts_at, "starts_at")
    yield moment_field("Ends", names.at(record.ends_at, place), record.ends_at, "ends_at")
    yield said("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield said("Location", names.of(place), "location_id")
    yield said("Name", record.name, "name", how="The first line of its note")
    yield said("Note", record.note, "note")


KIND = RecordKind(
    name="busy_times",
    label="Busy times",
    one="busy time",
    table=BusyTime,
    title=lambda record, names: names.at(record.starts_at, record.location_id) or "-",
    fields=fields,
    listed=("Ends", "Practitioner", "Location", "Name"),
    order=("-starts_at", "id"),
    listed_by=("-id",),
    search=("name", "note"),
)
