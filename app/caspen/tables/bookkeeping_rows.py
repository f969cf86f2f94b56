"""The tables for undo, people's acts and proofs: what a store holds besides a workspace's objects."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from app.caspen.tables.base import CaspenTable, nested


class Journal(CaspenTable, table=True):
    """One live record as it was before a finalisation overwrote it. `row` is JSON by column. Kept for 30 days."""

    __tablename__ = "journal"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    trial: int
    row: str


class Edit(CaspenTable, table=True):
    """One act of a person on one record. Only the gateway writes entries; each entry is chained to the one before.

    `state` is the hash of everything the record held after the act, or empty for an act from before entries were kept.
    `at` is a moment as fixed-width UTC text.
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


class Fence(CaspenTable, table=True):
    """One loaded part of one trial, with the epoch of its lease and everything the ledger needs to settle the part.

    A fence is committed with the part's records or not at all.
    """

    __tablename__ = "fences"

    migration_id: str = Field(primary_key=True)
    trial: int = Field(primary_key=True)
    part: int = Field(primary_key=True)
    epoch: int
    told: dict[str, Any] = nested()


class SharedRecord(CaspenTable, table=True):
    """One live record that a later migration found unchanged or matched. Promotion writes the row; undo reads it.

    `migration_id` is the later migration, `brought_by` the migration that the record names, and `moment` the time when
    the later migration went live, as fixed-width UTC text.
    """

    __tablename__ = "shared_records"

    workspace_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    brought_by: str
    moment: str


class RemovedRecord(CaspenTable, table=True):
    """One live record that a finalisation removed, because its row in the export no longer becomes it.

    The journal keeps the record. Each migration whose export says so has a row, also when an earlier one removed it.
    """

    __tablename__ = "removed_records"

    workspace_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    source_kind: str
    source_id: str


class LiveMove(CaspenTable, table=True):
    """One migration that went live and was not undone. Promotion writes the row, in the same transaction.

    Another ledger's migration is known by this row alone, for example that of an earlier command.
    """

    __tablename__ = "live_moves"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)


class LiveMatch(CaspenTable, table=True):
    """One match with which a migration went live: a row of its export stands for a live record of the workspace.

    Promotion writes the row, an undo deletes it. `object` and `id` name the live record, `whom` is the name for which a
    person chose it, and `moment` the time when the migration went live, as fixed-width UTC text.
    """

    __tablename__ = "live_matches"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    id: str
    whom: str
    moment: str


class DeliveredColumn(CaspenTable, table=True):
    """One column that the export of a migration had, by the kind of its rows. Promotion writes the row, an undo deletes
    it.

    What a later export has no column for stays in the records that it brings again.
    """

    __tablename__ = "delivered_columns"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)


class UndoneMove(CaspenTable, table=True):
    """The result of a migration's undo, as JSON, committed with the undo. A second undo returns this result."""

    __tablename__ = "undone_moves"

    workspace_id: str = Field(primary_key=True)
    migration_id: str = Field(primary_key=True)
    done: str
