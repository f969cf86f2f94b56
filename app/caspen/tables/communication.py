"""A message to or from a client, as a line of their history."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference
from app.caspen.tables.columns import Moment


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
