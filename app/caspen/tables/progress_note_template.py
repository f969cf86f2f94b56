"""What a practitioner starts a note from."""

from app.caspen.tables.base import Imported


class ProgressNoteTemplate(Imported, table=True):
    """A template for progress notes."""

    __tablename__ = "progress_note_templates"

    name: str
    body: str
    status: str = "active"
