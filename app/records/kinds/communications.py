"""Communications: what was sent to clients and came from them, as lines of history that are never sent again."""

from collections.abc import Iterator

from app.caspen.tables import Communication
from app.records.field import Field, Rich, said
from app.records.kind import NOTHING, RecordKind
from app.records.names import Names
from app.records.reader import Reader
from app.records.words import CHANNELS, DIRECTIONS, lines, moment_field, told

WORDS_OF_IT = frozenset({"subject", "body", "from", "to"})


def hidden(record: Communication | None, reader: Reader) -> frozenset[str]:
    """A confidential line is for its author, the owner and practitioner admins; one that is not known may be one."""
    may_be_confidential = record is None or record.confidential
    return WORDS_OF_IT if may_be_confidential and not reader.confidential else NOTHING


def way(record: Communication) -> str:
    """As in "E-mail, sent"."""
    direction = told(DIRECTIONS, record.direction) or ""
    return lines((told(CHANNELS, record.channel), direction.lower())) or "-"


def fields(record: Communication, names: Names) -> Iterator[Field]:
    yield said("Client", names.of(record.client_id), "client_id")
    yield moment_field("When", names.at(record.occurred_at), record.occurred_at, "occurred_at")
    yield said("Way", way(record), "channel", "direction", how="In Caspen's words")
    yield said("Category", record.category, "category", how="In Caspen's words")
    yield said("Confidential", "Yes" if record.confidential else None, "confidential", how="Yes and no in words")
    yield said("Subject", record.subject, "subject")
    yield said("From", record.from_, "from")
    yield said("To", record.to, "to")
    yield said("Appointment", names.of(record.appointment_id), "appointment_id")


def long(record: Communication, names: Names) -> Iterator[Field]:
    yield Field("Words", Rich(record.body or ""), ("body",), how="Formatting that Caspen knows is kept")


KIND = RecordKind(
    name="communications",
    label="Communications",
    one="communication",
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
