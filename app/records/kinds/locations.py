"""Locations: where the clinic works."""

from collections.abc import Iterator

from app.caspen.tables import Location
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import address_field, told


def fields(record: Location, names: Names) -> Iterator[Field]:
    yield said("Name", record.name, "name")
    yield said("State", told({}, record.status), "status")
    yield said("Time zone", record.timezone.replace("_", " "), "timezone")
    yield address_field(record.address)
    yield said("Country", record.country_code, "country_code")
    yield said("Phone", record.phone, "phone", how="Written with the code of the country")
    yield said("E-mail", record.email, "email")
    yield said("ABN", record.abn, "abn", how="Grouped as the register writes it")
    yield said("NDIS number", record.ndis_number, "ndis_number")
    yield said("Description", record.description, "description", how="Put together from what has no place of its own")


KIND = RecordKind(
    name="locations",
    label="Locations",
    one="location",
    table=Location,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Time zone", "Address", "State"),
    order=("name", "id"),
    search=("name", "email"),
    beside="Those that you matched with a location of Caspen's are not here: they stay as they are.",
)
