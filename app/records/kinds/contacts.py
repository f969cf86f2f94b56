"""Contacts: who refers clients or pays for them."""

from collections.abc import Iterator

from app.caspen.tables import Contact
from app.records.field import RecordField, text_field
from app.records.labels import address_field, join_parts, phones_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: Contact, names: RecordNames) -> Iterator[RecordField]:
    name = join_parts((record.title, record.first_name, record.last_name), " ")
    yield text_field("Name", name, "title", "first_name", "last_name")
    yield text_field("Is", to_label({}, record.type), "type", how="Doctors refer, third parties pay")
    yield text_field("Company", record.company, "company")
    yield text_field("Preferred name", record.preferred_name, "preferred_name")
    yield text_field("Profession", record.profession, "profession")
    yield text_field("E-mail", record.email, "email")
    yield phones_field(record.phone_numbers)
    yield address_field(record.address)
    yield text_field("Notes", record.notes, "notes", how="Put together from what has no place of its own")
    yield text_field("Tags", ", ".join(record.tags or ()), "tags")


KIND = RecordKind(
    name="contacts",
    label="Contacts",
    noun="contact",
    table=Contact,
    title=lambda record, names: join_parts((record.first_name, record.last_name), " ") or "-",
    fields=fields,
    listed=("Is", "Company", "E-mail", "Phones"),
    order=("last_name", "first_name", "id"),
    search=("first_name", "last_name", "company", "email"),
)
