"""A client's communications, the latest first. Confidential ones are only for those who may read them in Caspen."""

from app.caspen.tables import Communication
from app.records.kinds.communications import KIND
from app.records.section import Section, Tag


def tags(record: Communication) -> tuple[Tag, ...]:
    return (("Confidential", ""),) if record.confidential else ()


SECTION = Section(
    name="communications",
    label="Communications",
    kind=KIND,
    empty="No message in your export, sent or received.",
    size=20,
    whole=True,
    tags=tags,
)
