"""The ledger's tables for what is not handed over yet: a link that was looked at, and files sent in pieces."""

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field

from app.db import LedgerTable, now
from app.migration.models import Bytes, Json, Moment, is_object


class CheckedLink(LedgerTable, table=True):
    """The link that a clinic last asked us to look at. It is kept sealed while it waits to be handed over, and not at
    all where it cannot be used."""

    __tablename__ = "checked_link"
    fits: ClassVar = {"findings": is_object}

    migration_id: str = Field(primary_key=True)
    sealed_link: str | None = None
    sealed_password: str | None = None
    hint: str = ""  # provider and masked link, safe to show
    checked_at: datetime = Field(default_factory=now, sa_type=Moment)
    findings: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class UploadFile(LedgerTable, table=True):
    """One file that a browser sends in pieces, and how much of it is durable. It goes on where it stopped."""

    __tablename__ = "upload_file"

    migration_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)  # its place among the files that were chosen
    id: str = Field(unique=True)
    name: str
    size: int = Field(default=0, sa_type=Bytes)
    received: int = Field(default=0, sa_type=Bytes)  # durable
    object_key: str
    sha256: str = ""  # once all of it is here
    touched_at: datetime = Field(default_factory=now, sa_type=Moment)
