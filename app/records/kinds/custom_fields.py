"""Custom fields: what the clinic asks of its clients beside the usual."""

from collections.abc import Iterator

from app.caspen.tables import CustomField
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import told, yes_no

TYPES = {
    "short_text": "Short text",
    "long_text": "Long text",
    "single_choice": "One of several",
    "multiple_choice": "Some of several",
    "dropdown": "One of a list",
    "number": "Number",
    "date": "Date",
    "yes_no": "Yes or no",
}


def option(told_: dict[str, object]) -> str:
    label = str(told_.get("label") or "")
    return f"{label} (archived)" if told_.get("archived") else label


def fields(record: CustomField, names: Names) -> Iterator[Field]:
    yield said("Name", record.name, "name")
    yield said("Type", told(TYPES, record.type), "type", how="Caspen's type of the same answers")
    yield said("Options", "\n".join(option(one) for one in record.options or ()), "options", how="Of all its rows")
    yield said("Shown", yes_no(record.visible), "visible")
    yield said("Has to be answered", yes_no(record.required), "required")


KIND = RecordKind(
    name="custom_fields",
    label="Custom fields",
    one="custom field",
    table=CustomField,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Type", "Options", "Shown"),
    order=("name", "id"),
    search=("name",),
)
