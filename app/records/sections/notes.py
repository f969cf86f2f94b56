"""A client's progress notes, latest first, in full."""

from app.caspen.tables import ProgressNote
from app.records.kinds.progress_notes import KIND
from app.records.section import ClientSection, Tag


def tags(record: ProgressNote) -> tuple[Tag, ...]:
    labels = {"Draft": record.state == "draft", "Pinned": record.pinned, "Archived": record.archived_at is not None}
    return tuple((words, "needs" if words == "Draft" else "") for words, is_so in labels.items() if is_so)


SECTION = ClientSection(
    name="notes",
    label="Notes",
    kind=KIND,
    empty="No progress note in your export.",
    size=10,
    whole=True,
    tags=tags,
)
