"""Custom field values: what one client's details answer to one custom field."""

from collections.abc import Iterator

from app.caspen.tables import CustomFieldValue
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import lines

TRUTH = {"true": "Yes", "false": "No"}


def answer(record: CustomFieldValue, names: Names) -> str | None:
    """The options that were chosen, by their names, and what was written beside them; else the text."""
    options = names.options(record.custom_field_id)
    chosen = [options.get(one, one) for one in record.option_ids or ()]
    text = TRUTH.get(record.text, record.text) if record.text else None
    return lines((", ".join(chosen), text, record.other_text), ": ")


def fields(record: CustomFieldValue, names: Names) -> Iterator[Field]:
    yield said("Client", names.of(record.client_id), "client_id")
    yield said("Field", names.of(record.custom_field_id), "custom_field_id")
    plain = tuple(part for part in (record.text, record.other_text) if part)
    yield Field("Answer", answer(record, names), ("text", "option_ids", "other_text"), plain, "In the field's own form")


KIND = RecordKind(
    name="custom_field_values",
    label="Custom field values",
    one="answer",
    table=CustomFieldValue,
    title=lambda record, names: names.of(record.custom_field_id) or "Custom field",
    fields=fields,
    listed=("Client", "Answer"),
    order=("custom_field_id", "id"),
    listed_by=("-id",),
    search=("text", "other_text"),
)
