"""Form templates of the clinic. The move sends none."""

from collections.abc import Iterator

from app.caspen.tables import FormTemplate
from app.records.field import FormSheet, RecordField, text_field
from app.records.labels import to_label
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: FormTemplate, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Name", record.name, "name")
    yield text_field("State", to_label({}, record.status), "status")


def long(record: FormTemplate, names: RecordNames) -> Iterator[RecordField]:
    yield RecordField("Form", FormSheet(record.content, {}), ("content",), how="Its questions as Caspen's fields")


KIND = RecordKind(
    name="form_templates",
    label="Form templates",
    noun="form template",
    table=FormTemplate,
    title=lambda record, names: record.name,
    fields=fields,
    long=long,
    heavy=("content",),
    listed=("State",),
    order=("name", "id"),
    search=("name",),
)
