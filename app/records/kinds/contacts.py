"""Contacts: who refers clients or pays for them."""

from collections.abc import Iterator

from app.caspen.tables import Contact
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import address_field, lines, phones_field, told


def fields(record: Contact, names: Names) -> Iterator[Field]:
    name = lines((record.title, record.first_name, record.last_name), " ")
    yield said("Name", name, "title", "first_name", "last_name")
    yield said("Is", told({}, record.type), "type", how="Doctors refer, third parties pay")
    yield said("Company", record.company, "company")
    yield said("Preferred name", record.preferred_name, "preferred_name")
    yield said("Profession", record.profession, "profession")
    yield said("E-mail", record.email, "email")
    yield phones_field(record.phone_numbers)
    yield address_field(record.address)
    yield said("Notes", record.notes, "notes", how="Put together from what has no place of its own")
    yield said("Tags", ", ".join(record.tags or ()), "tags")


KIND = RecordKind(
    name="contacts",
    label="Contacts",
    one="contact",
    table=Contact,
    title=lambda record, names: lines((record.first_name, record.last_name), " ") or "-",
    fields=fields,
    listed=("Is", "Company", "E-mail", "Phones"),
    order=("last_name", "first_name", "id"),
    search=("first_name", "last_name", "company", "email"),
)
