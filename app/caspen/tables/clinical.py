"""Notes, cases, forms, files and communications of clients."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.column_types import ExactAmount, Moment


class ProgressNote(Imported, table=True):
    """A progress note. A final note is read-only. The author's name is always kept."""

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
    note_date: datetime | None = Field(default=None, sa_type=Moment)
    state: str = "final"
    finalised_at: datetime | None = Field(default=None, sa_type=Moment)
    pinned: bool = False
    archived_at: datetime | None = Field(default=None, sa_type=Moment)


class Case(Imported, table=True):
    """A course of treatment that another party agreed to or pays for.

    Used totals are not imported, so the clinic must check the balance of an imported case.
    """

    __tablename__ = "cases"
    references: ClassVar = (
        Reference("client_id", ("clients",)),
        Reference("contact_id", ("contacts",)),
        Reference("practitioner_id", ("practitioners",)),
    )
    indexes: ClassVar = (("workspace_id", "client_id"),)

    client_id: str
    name: str
    status: str = "open"
    contact_id: str | None = None
    practitioner_id: str | None = None
    issue_date: date | None = None
    expiry_date: date | None = None
    limit_kind: str = "unlimited"
    limit_sessions: int | None = None
    limit_amount: Decimal | None = Field(default=None, sa_type=ExactAmount)
    count_missed: bool = False
    count_cancelled: bool = False
    referral: bool | None = None
    referral_type: str | None = None
    notes: str | None = None
    balance_to_check: bool = True


class ProgressNoteTemplate(Imported, table=True):
    """A template for progress notes."""

    __tablename__ = "progress_note_templates"

    name: str
    body: str
    status: str = "active"


class Form(Imported, table=True):
    """A form that one client filled in. An incomplete form is never sent again."""

    __tablename__ = "forms"
    references: ClassVar = (
        Reference("client_id", ("clients",)),
        Reference("template_id", ("form_templates",)),
        Reference("appointment_id", ("appointments",)),
    )
    indexes: ClassVar = (("workspace_id", "client_id"),)

    name: str
    client_id: str
    template_id: str | None = None
    appointment_id: str | None = None
    content: list[Any] = nested(list)
    status: str = "incomplete"
    completed_at: datetime | None = Field(default=None, sa_type=Moment)
    restricted: bool = False
    signatures: list[dict[str, Any]] | None = nested()


class FormTemplate(Imported, table=True):
    """A form that the clinic asks clients to fill in: sections of fields. An import never sends forms."""

    __tablename__ = "form_templates"

    name: str
    content: list[Any] = nested(list)
    status: str = "active"


class File(Imported, table=True):
    """A document of a client, always private. Storage holds its bytes by their sha256."""

    __tablename__ = "files"
    references: ClassVar = (Reference("client_id", ("clients",)),)
    indexes: ClassVar = (("workspace_id", "client_id"), ("workspace_id", "sha256"))

    client_id: str
    name: str
    folder: str
    visibility: str = "private"
    size: int
    content_type: str
    sha256: str
    description: str | None = None
    uploaded_by: str | None = None


class Communication(Imported, table=True):
    """A message to or from a client, in the client's history. Read-only, and never sent again."""

    __tablename__ = "communications"
    references: ClassVar = (Reference("client_id", ("clients",)), Reference("appointment_id", ("appointments",)))
    indexes: ClassVar = (("workspace_id", "client_id", "occurred_at", "id"),)

    client_id: str
    channel: str
    direction: str
    category: str | None = None
    subject: str | None = None
    from_: str | None = Field(default=None, sa_column=sa.Column("from", sa.Text))  # `from` is a Python keyword
    to: str | None = None
    body: str | None = None
    confidential: bool = False
    appointment_id: str | None = None
    occurred_at: datetime | None = Field(default=None, sa_type=Moment)
