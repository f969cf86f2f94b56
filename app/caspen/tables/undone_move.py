"""Proof that a migration was taken back: a row that is committed together with what the undo changed."""

from sqlmodel import Field

from app.caspen.tables.base import CaspenTable


class UndoneMove(CaspenTable, table=True):
    """What the undo of one migration did, as JSON, so that a second call gives the same answer."""

    __tablename__ = "undone_moves"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    done: str
