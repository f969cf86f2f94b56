"""Communications with clients, as history. They are never sent again."""

from collections.abc import Iterator

from app.caspen.tables import Communication
from app.records.field import RecordField, RichText, text_field
from app.records.labels import CHANNELS, DIRECTIONS, join_parts, moment_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.reader_rights import Reader
from app.records.record_kind import NOTHING, RecordKind

WORDS_OF_IT = frozenset({"subject", "body", "from", "to"})


def hidden(record: Communication | None, reader: Reader) -> frozenset[str]:
    """A confidential line is for its author, the owner and practitioner admins. None stands for any record."""
    may_be_confidential = record is None or record.confidential
    return WORDS_OF_IT if may_be_confidential and not reader.confidential else NOTHING


def way(record: Communication) -> str:
    """As in "E-mail, sent"."""
    direction = to_label(DIRECTIONS, record.direction) or ""
    return join_parts((to_label(CHANNELS, record.channel), direction.lower())) or "-"


def fields(record: Communication, names: RecordNames) -> Iterator[RecordField]:
    yield text_field("Client", names.of(record.client_id), "client_id")
    yield moment_field("When", names.at(record.occurred_at), record.occurred_at, "occurred_at")
    yield text_field("Way", way(record), "channel", "direction", how="In Caspen's words")
    yield text_field("Category", record.category, "category", how="In Caspen's words")
    yield text_field("Confidential", "Yes" if record.confidential else None, "confidential", how="Yes and no in words")
    yield text_field("Subject", record.subject, "subject")
    yield text_field("From", record.from_, "from")
    yield text_field("To", record.to, "to")
    yield text_field("Appointment", names.of(record.appointment_id), "appointment_id")


def long(record: Communication, names: RecordNames) -> Iterator[RecordField]:
    yield RecordField("Words", RichText(record.body or ""), ("body",), how="Formatting that Caspen knows is kept")


KIND = RecordKind(
    name="communications",
    label="Communications",
    noun="communication",
    table=Communication,
    title=lambda record, names: names.at(record.occurred_at) or "-",
    fields=fields,
    long=long,
    heavy=("body",),
    listed=("Client", "Way", "Category", "Subject"),
    order=("-occurred_at", "-id"),
    listed_by=("-id",),
    hidden=hidden,
)
