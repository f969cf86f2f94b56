"""What a practitioner wrote about a client's treatment."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference
from app.caspen.tables.columns import Moment


class ProgressNote(Imported, table=True):
    """A progress note. A final one is read-only; its author's name is always kept."""

    __tablename__ = "progress_notes"
    references: ClassVar = (
        Reference("client_id", ("clients",)),
        Reference("practitioner_id", ("practitioners",)),
        Reference("appointment_id", ("appointments",)),
        Reference("template_id", ("progress_note_templates",)),
    )
    indexes: ClassVar = (("workspace_id", "client_id", "note_date", "id"),)

    client_id: str
    title: str
    practitioner_id: str | None = None
    author_name: str | None = None
    appointment_id: str | None = None
    template_id: str | None = None
    body: str
    note_date: datetime = Field(sa_type=Moment)
    state: str = "final"
    finalised_at: datetime | None = Field(default=None, sa_type=Moment)
    pinned: bool = False
    archived_at: datetime | None = Field(default=None, sa_type=Moment)
