"""What a finalisation replaced in the live workspace, so that it can be undone for 30 days."""

from sqlmodel import Field

from app.caspen.tables.base import CaspenTable


class Journal(CaspenTable, table=True):
    """One live record as it was before a finalisation overwrote it: `row` is JSON by column."""

    __tablename__ = "journal"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    trial: int
    row: str
