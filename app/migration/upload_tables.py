"""The ledger's tables for exports that are not handed over yet: a checked link, and files sent in pieces."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from app.db import LedgerTable, now
from app.migration.ledger_json import LinkFacts
from app.migration.models import Bytes, Json, Moment, is_object


class CheckedLink(LedgerTable, table=True):
    """The link that a clinic last asked to check.

    The link is stored sealed while it is not handed over, and left out when it is unusable.
    """

    __tablename__ = "checked_link"
    fits: ClassVar = {"findings": is_object}

    migration_id: str = Field(primary_key=True)
    sealed_link: str | None = None
    sealed_password: str | None = None
    hint: str = ""  # provider and masked link, safe to show
    checked_at: datetime = Field(default_factory=now, sa_type=Moment)
    findings: LinkFacts = Field(default_factory=LinkFacts, sa_type=Json)


class UploadFile(LedgerTable, table=True):
    """A file that a browser sends in pieces, and its durable bytes. An interrupted upload resumes there."""

    __tablename__ = "upload_file"

    migration_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)  # its place among the chosen files
    id: str = Field(unique=True)
    name: str
    size: int = Field(default=0, sa_type=Bytes)
    received: int = Field(default=0, sa_type=Bytes)  # durable
    object_key: str
    sha256: str = ""  # set when the upload is complete
    touched_at: datetime = Field(default_factory=now, sa_type=Moment)
