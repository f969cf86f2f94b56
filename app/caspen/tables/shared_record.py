"""Live records that one migration brought and that the approved trial of a later migration holds as well."""

from sqlmodel import Field

from app.caspen.tables.base import CaspenTable


class SharedRecord(CaspenTable, table=True):
    """One live record that a later migration found unchanged. Promotion writes it; undo reads it.

    `migration_id` is the later migration, `brought_by` the one that the record names, and `moment` is when the later
    one went live, as fixed-width UTC text.
    """

    __tablename__ = "shared_records"

    workspace_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    brought_by: str
    moment: str
