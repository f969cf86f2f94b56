"""Progress note templates of the practitioners."""

from collections.abc import Iterator

from app.caspen.tables import ProgressNoteTemplate
from app.records.field import RecordField, RichText, text_field
from app.records.labels import to_label
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def fields(record: ProgressNoteTemplate, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Name", record.name, "name")
    yield text_field("State", to_label({}, record.status), "status")


def long(record: ProgressNoteTemplate, names: RecordNames) -> Iterator[RecordField]:
    yield RecordField("Note", RichText(record.body), ("body",), how="Its questions as headings")


KIND = RecordKind(
    name="progress_note_templates",
    label="Progress note templates",
    noun="progress note template",
    table=ProgressNoteTemplate,
    title=lambda record, names: record.name,
    fields=fields,
    long=long,
    heavy=("body",),
    listed=("State",),
    order=("name", "id"),
    search=("name",),
)
