"""Provider numbers: under which number a practitioner bills or refers."""

from collections.abc import Iterator

from app.caspen.tables import ProviderNumber
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names

EVERYWHERE = "Every location"


def fields(record: ProviderNumber, names: Names) -> Iterator[Field]:
    yield said("Number", record.number, "number")
    yield said("Called", record.label, "label")
    yield said("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield said("Location", names.of(record.location_id) if record.location_id else EVERYWHERE, "location_id")


KIND = RecordKind(
    name="provider_numbers",
    label="Provider numbers",
    one="provider number",
    table=ProviderNumber,
    title=lambda record, names: record.number,
    fields=fields,
    listed=("Called", "Practitioner", "Location"),
    order=("practitioner_id", "label", "id"),
    search=("number", "label"),
)
