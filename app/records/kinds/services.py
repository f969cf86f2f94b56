"""Services and activities of the clinic, with or without the client in the room."""

from collections.abc import Iterator

from app.caspen.tables import Service
from app.formatting import plural
from app.records.field import RecordField, text_field
from app.records.labels import amount, to_label, yes_no
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: Service, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Name", record.name, "name")
    yield text_field("Is", to_label({}, record.kind), "kind", how="As you said on the page of names")
    yield text_field("State", to_label({}, record.status), "status")
    yield RecordField("Lasts", plural(record.duration, "minute"), ("duration",), (str(record.duration),), "Minutes")
    yield RecordField("Price", amount(record.price), ("price",), (str(record.price),), "With its cents")
    yield text_field("Category", names.of(record.category_id), "category_id")
    yield text_field("Tax", names.of(record.tax_id), "tax_id")
    yield text_field("Item code", record.item_code, "item_code")
    yield text_field("Room for", plural(record.capacity, "client") if record.capacity else None, "capacity")
    yield text_field("Description", record.description, "description")
    yield text_field("Practitioners", names.all_of(record.practitioner_ids), "practitioner_ids")
    yield text_field("Note template", names.of(record.progress_note_template_id), "progress_note_template_id")
    yield text_field("Online booking", yes_no(record.online_booking), "online_booking")


KIND = RecordKind(
    name="services",
    label="Services",
    noun="service",
    table=Service,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Is", "Lasts", "Price", "Category", "State"),
    order=("name", "id"),
    search=("name", "item_code"),
    absent_note="Those that you matched with a service of Caspen's are not here: they stay as they are.",
)
