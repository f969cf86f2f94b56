"""Locations: where the clinic works."""

from collections.abc import Iterator

from app.caspen.tables import Location
from app.records.field import RecordField, text_field
from app.records.labels import address_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: Location, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Name", record.name, "name")
    yield text_field("State", to_label({}, record.status), "status")
    yield text_field("Time zone", record.timezone.replace("_", " "), "timezone")
    yield address_field(record.address)
    yield text_field("Country", record.country_code, "country_code")
    yield text_field("Phone", record.phone, "phone", how="Written with the code of the country")
    yield text_field("E-mail", record.email, "email")
    yield text_field("ABN", record.abn, "abn", how="Grouped as the register writes it")
    yield text_field("NDIS number", record.ndis_number, "ndis_number")
    yield text_field(
        "Description", record.description, "description", how="Put together from what has no place of its own"
    )


KIND = RecordKind(
    name="locations",
    label="Locations",
    noun="location",
    table=Location,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Time zone", "Address", "State"),
    order=("name", "id"),
    search=("name", "email"),
    absent_note="Those that you matched with a location of Caspen's are not here: they stay as they are.",
)
