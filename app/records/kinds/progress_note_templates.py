"""Progress note templates: what practitioners start a note from."""

from collections.abc import Iterator

from app.caspen.tables import ProgressNoteTemplate
from app.records.field import Field, Rich, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import told


def fields(record: ProgressNoteTemplate, names: Names) -> Iterator[Field]:
    yield said("Name", record.name, "name")
    yield said("State", told({}, record.status), "status")


def long(record: ProgressNoteTemplate, names: Names) -> Iterator[Field]:
    yield Field("Note", Rich(record.body), ("body",), how="Its questions as headings")


KIND = RecordKind(
    name="progress_note_templates",
    label="Progress note templates",
    one="progress note template",
    table=ProgressNoteTemplate,
    title=lambda record, names: record.name,
    fields=fields,
    long=long,
    heavy=("body",),
    listed=("State",),
    order=("name", "id"),
    search=("name",),
)
