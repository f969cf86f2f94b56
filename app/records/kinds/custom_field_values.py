"""Custom field values: a client's answer to a custom field."""

from collections.abc import Iterator

from app.caspen.tables import CustomFieldValue
from app.records.field import RecordField, text_field
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind

TRUTH = {"true": "Yes", "false": "No"}


def answer(record: CustomFieldValue, names: RecordNames) -> str | None:
    """The chosen options by name with the additional text, or else the text.

    A line for each: the name of an option may have commas and bars, and no line break.
    """
    options = names.options(record.custom_field_id)
    chosen = [options.get(option_id, option_id) for option_id in record.option_ids or ()]
    text = TRUTH.get(record.text, record.text) if record.text else None
    return "\n".join(part for part in (*chosen, text, record.other_text) if part) or None


def fields(record: CustomFieldValue, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield text_field("Field", names.of(record.custom_field_id), "custom_field_id")
    plain = tuple(part for part in (record.text, record.other_text) if part)
    yield RecordField(
        "Answer", answer(record, names), ("text", "option_ids", "other_text"), plain, "In the field's own form"
    )


KIND = RecordKind(
    name="custom_field_values",
    label="Custom field values",
    noun="answer",
    table=CustomFieldValue,
    title=lambda record, names: names.of(record.custom_field_id) or "Custom field",
    fields=fields,
    listed=("Client", "Answer"),
    order=("custom_field_id", "id"),
    listed_by=("-id",),
    search=("text", "other_text"),
)
