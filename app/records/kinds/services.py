"""Services and activities: what the clinic does for its clients, with them in the room or without."""

from collections.abc import Iterator

from app.caspen.tables import Service
from app.formatting import plural
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import amount, told, yes_no


def fields(record: Service, names: Names) -> Iterator[Field]:
    yield said("Name", record.name, "name")
    yield said("Is", told({}, record.kind), "kind", how="As you said on the page of names")
    yield said("State", told({}, record.status), "status")
    yield Field("Lasts", plural(record.duration, "minute"), ("duration",), (str(record.duration),), "Minutes")
    yield Field("Price", amount(record.price), ("price",), (str(record.price),), "With its cents")
    yield said("Category", names.of(record.category_id), "category_id")
    yield said("Tax", names.of(record.tax_id), "tax_id")
    yield said("Item code", record.item_code, "item_code")
    yield said("Room for", plural(record.capacity, "client") if record.capacity else None, "capacity")
    yield said("Description", record.description, "description")
    yield said("Practitioners", names.all_of(record.practitioner_ids), "practitioner_ids")
    yield said("Note template", names.of(record.progress_note_template_id), "progress_note_template_id")
    yield said("Online booking", yes_no(record.online_booking), "online_booking")


KIND = RecordKind(
    name="services",
    label="Services",
    one="service",
    table=Service,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Is", "Lasts", "Price", "Category", "State"),
    order=("name", "id"),
    search=("name", "item_code"),
    beside="Those that you matched with a service of Caspen's are not here: they stay as they are.",
)
