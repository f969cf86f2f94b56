"""Forms that clients filled in and signed. The move sends no unfinished form again."""

from collections.abc import Iterator

from app.caspen.tables import Form
from app.mapping.form_content import is_image
from app.records.field import FormSheet, RecordField, text_field
from app.records.labels import moment_field, to_label, yes_no
from app.records.names_of_ids import RecordNames
from app.records.reader_rights import Reader
from app.records.record_kind import NOTHING, RecordKind

CLINICAL = frozenset({"content", "signatures"})


def hidden(record: Form | None, reader: Reader) -> frozenset[str]:
    return NOTHING if reader.clinical else CLINICAL


def sheet(record: Form) -> FormSheet:
    """The filled form. A signature without a picture is left out."""
    images = {
        str(signature.get("signature_id")): str(signature.get("image"))
        for signature in record.signatures or ()
        if is_image(str(signature.get("image") or ""))
    }
    return FormSheet(record.content, images)


def fields(record: Form, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield text_field("Name", record.name, "name")
    yield text_field("State", to_label({}, record.status), "status")
    yield moment_field("Completed", names.at(record.completed_at), record.completed_at, "completed_at")
    yield text_field("Restricted to practitioners", yes_no(record.restricted), "restricted", how="Yes and no in words")
    yield text_field("Template", names.of(record.template_id), "template_id")
    yield text_field("Appointment", names.of(record.appointment_id), "appointment_id")


def long(record: Form, names: RecordNames) -> Iterator[RecordField]:
    yield RecordField(
        "Form", sheet(record), ("content", "signatures"), how="Its questions and answers as Caspen's fields"
    )


KIND = RecordKind(
    name="forms",
    label="Forms",
    noun="form",
    table=Form,
    title=lambda record, names: record.name,
    fields=fields,
    long=long,
    heavy=("content", "signatures"),
    listed=("Client", "State", "Completed"),
    order=("name", "id"),
    listed_by=("-id",),
    search=("name",),
    hidden=hidden,
)
