"""Form templates: what the clinic asks its clients to fill in. None is sent by the move."""

from collections.abc import Iterator

from app.caspen.tables import FormTemplate
from app.records.field import Field, Sheet, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import told


def fields(record: FormTemplate, names: Names) -> Iterator[Field]:
    yield said("Name", record.name, "name")
    yield said("State", told({}, record.status), "status")


def long(record: FormTemplate, names: Names) -> Iterator[Field]:
    yield Field("Form", Sheet(record.content, {}), ("content",), how="Its questions as Caspen's fields")


KIND = RecordKind(
    name="form_templates",
    label="Form templates",
    one="form template",
    table=FormTemplate,
    title=lambda record, names: record.name,
    fields=fields,
    long=long,
    heavy=("content",),
    listed=("State",),
    order=("name", "id"),
    search=("name",),
)
