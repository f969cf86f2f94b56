"""What a practitioner wrote about a client's treatment."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference, nested
from app.caspen.tables.columns import Exact, Moment


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


# A course of treatment that somebody else agreed to or pays for.


class Case(Imported, table=True):
    """A case. Its used totals do not move, so an imported one asks for its balance to be checked."""

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
    limit_amount: Decimal | None = Field(default=None, sa_type=Exact)
    count_missed: bool = False
    count_cancelled: bool = False
    referral: bool | None = None
    referral_type: str | None = None
    notes: str | None = None
    balance_to_check: bool = True


# What a practitioner starts a note from.


class ProgressNoteTemplate(Imported, table=True):
    """A template for progress notes."""

    __tablename__ = "progress_note_templates"

    name: str
    body: str
    status: str = "active"


# A form as one client filled it in.


class Form(Imported, table=True):
    """A form. An incomplete one is never sent again."""

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


# A form that the clinic asks clients to fill in.


class FormTemplate(Imported, table=True):
    """A form template: sections of fields. Never sent by an import."""

    __tablename__ = "form_templates"

    name: str
    content: list[Any] = nested(list)
    status: str = "active"


# A document that belongs to a client.


class File(Imported, table=True):
    """A file, private always. Its bytes lie in storage under their sha256."""

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


# A message to or from a client, as a line of their history.


class Communication(Imported, table=True):
    """A communication: read-only, and never sent again."""

    __tablename__ = "communications"
    references: ClassVar = (Reference("client_id", ("clients",)), Reference("appointment_id", ("appointments",)))
    indexes: ClassVar = (("workspace_id", "client_id", "occurred_at", "id"),)

    client_id: str
    channel: str
    direction: str
    category: str | None = None
    subject: str | None = None
    from_: str | None = Field(default=None, sa_column=sa.Column("from", sa.Text))  # a keyword of the language
    to: str | None = None
    body: str | None = None
    confidential: bool = False
    appointment_id: str | None = None
    occurred_at: datetime = Field(sa_type=Moment)
