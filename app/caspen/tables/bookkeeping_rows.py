"""What a finalisation replaced in the live workspace, so that it can be undone for 30 days."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from app.caspen.tables.base import CaspenTable, nested


class Journal(CaspenTable, table=True):
    """One live record as it was before a finalisation overwrote it: `row` is JSON by column."""

    __tablename__ = "journal"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    trial: int
    row: str


# What a person did to one record of a live workspace.


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


# Proof that a part of a trial was written: a row that is committed with the part's records or not at all.


class Fence(CaspenTable, table=True):
    """One loaded part of one trial, by which epoch of its lease, with everything the ledger needs to settle it."""

    __tablename__ = "fences"

    migration_id: str = Field(primary_key=True)
    trial: int = Field(primary_key=True)
    part: int = Field(primary_key=True)
    epoch: int
    told: dict[str, Any] = nested()


# Live records that one migration brought and that the approved trial of a later migration holds as well.


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


# Proof that a migration was taken back: a row that is committed together with what the undo changed.


class UndoneMove(CaspenTable, table=True):
    """What the undo of one migration did, as JSON, so that a second call gives the same answer."""

    __tablename__ = "undone_moves"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    done: str
