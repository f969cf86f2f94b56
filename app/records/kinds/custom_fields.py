"""Custom fields: the clinic's own questions about clients."""

from collections.abc import Iterator, Mapping

from app.caspen.tables import CustomField
from app.json_values import JsonValue
from app.records.field import RecordField, text_field
from app.records.labels import to_label, yes_no
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind

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


def option(values: Mapping[str, JsonValue]) -> str:
    label = str(values.get("label") or "")
    return f"{label} (archived)" if values.get("archived") else label


def fields(record: CustomField, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Name", record.name, "name")
    yield text_field("Type", to_label(TYPES, record.type), "type", how="Caspen's type of the same answers")
    yield text_field(
        "Options", "\n".join(option(each) for each in record.options or ()), "options", how="Of all its rows"
    )
    yield text_field("Shown", yes_no(record.visible), "visible")
    yield text_field("Has to be answered", yes_no(record.required), "required")


KIND = RecordKind(
    name="custom_fields",
    label="Custom fields",
    noun="custom field",
    table=CustomField,
    title=lambda record, names: record.name,
    fields=fields,
    listed=("Type", "Options", "Shown"),
    order=("name", "id"),
    search=("name",),
)
