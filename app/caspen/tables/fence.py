"""Proof that a part of a trial was written: a row that is committed with the part's records or not at all."""

from typing import Any

from sqlmodel import Field

from app.caspen.tables.base import CaspenTable, nested


class Fence(CaspenTable, table=True):
    """One loaded part of one trial, by which epoch of its lease, with everything the ledger needs to settle it."""

    __tablename__ = "fences"

    migration_id: str = Field(primary_key=True)
    trial: int = Field(primary_key=True)
    part: int = Field(primary_key=True)
    epoch: int
    told: dict[str, Any] = nested()
