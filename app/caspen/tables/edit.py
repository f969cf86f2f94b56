"""What a person did to one record of a live workspace."""

import sqlalchemy as sa
from sqlmodel import Field

from app.caspen.tables.base import CaspenTable


class Edit(CaspenTable, table=True):
    """One act of a person on one record. Only the gateway writes it; each line is chained to the one before it.

    `state` is the hash of everything the record held after the act; it is empty for what people did before entries were
    kept. `at` is a moment as fixed-width UTC text.
    """

    __tablename__ = "edits"
    __table_args__ = (sa.Index("ix_edits_record", "workspace_id", "object", "id"),)

    workspace_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    object: str
    id: str
    act: str  # made, edited or deleted
    state: str
    by: str
    at: str
    previous: str
    hash: str
