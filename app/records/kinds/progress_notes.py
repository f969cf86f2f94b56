"""Progress notes about a client's treatment. A final note is read-only in Caspen."""

from collections.abc import Iterator

from app.caspen.tables import ProgressNote
from app.records.field import RecordField, RichText, text_field
from app.records.labels import moment_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.reader_rights import Reader
from app.records.record_kind import NOTHING, RecordKind

CLINICAL = frozenset({"body"})


def hidden(record: ProgressNote | None, reader: Reader) -> frozenset[str]:
    return NOTHING if reader.clinical else CLINICAL


def author(record: ProgressNote, names: RecordNames) -> str:
    return record.author_name or names.of(record.practitioner_id) or ""


def fields(record: ProgressNote, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield text_field("Title", record.title, "title")
    yield moment_field("Date", names.at(record.note_date), record.note_date, "note_date")
    yield text_field("Author", author(record, names), "author_name" if record.author_name else "practitioner_id")
    yield text_field("Practitioner", names.of(record.practitioner_id), "practitioner_id")
    yield text_field("State", to_label({}, record.state), "state", how="In Caspen's words")
    yield moment_field("Final since", names.at(record.finalised_at), record.finalised_at, "finalised_at")
    yield moment_field("Archived", names.at(record.archived_at), record.archived_at, "archived_at")
    yield text_field("Appointment", names.of(record.appointment_id), "appointment_id")
    yield text_field("Template", names.of(record.template_id), "template_id")
    yield text_field("Pinned", "Yes" if record.pinned else None, "pinned")


def long(record: ProgressNote, names: RecordNames) -> Iterator[RecordField]:
    yield RecordField(
        "Note", RichText(record.body), ("body",), how="Its questions as headings, every answer word for word"
    )


KIND = RecordKind(
    name="progress_notes",
    label="Progress notes",
    noun="progress note",
    table=ProgressNote,
    title=lambda record, names: record.title,
    fields=fields,
    long=long,
    heavy=("body",),
    listed=("Client", "Date", "Author", "State"),
    order=("-note_date", "-id"),
    listed_by=("-id",),
    hidden=hidden,
)
