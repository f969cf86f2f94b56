"""A client's communications, latest first. Confidential lines need the same right as in Caspen."""

from app.caspen.tables import Communication
from app.records.kinds.communications import KIND
from app.records.section import ClientSection, Tag


def tags(record: Communication) -> tuple[Tag, ...]:
    return (("Confidential", ""),) if record.confidential else ()


SECTION = ClientSection(
    name="communications",
    label="Communications",
    kind=KIND,
    empty="No message in your export, sent or received.",
    size=20,
    whole=True,
    tags=tags,
)
