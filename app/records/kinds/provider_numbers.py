"""Provider numbers: the numbers under which practitioners bill or refer."""

from collections.abc import Iterator

from app.caspen.tables import ProviderNumber
from app.records.field import RecordField, text_field
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind

EVERYWHERE = "Every location"


def fields(record: ProviderNumber, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Number", record.number, "number")
    yield text_field("Called", record.label, "label")
    yield text_field("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield text_field("Location", names.of(record.location_id) if record.location_id else EVERYWHERE, "location_id")


KIND = RecordKind(
    name="provider_numbers",
    label="Provider numbers",
    noun="provider number",
    table=ProviderNumber,
    title=lambda record, names: record.number,
    fields=fields,
    listed=("Called", "Practitioner", "Location"),
    order=("practitioner_id", "label", "id"),
    search=("number", "label"),
)
