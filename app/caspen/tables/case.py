"""A course of treatment that somebody else agreed to or pays for."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from sqlmodel import Field

from app.caspen.tables.base import Imported, Reference
from app.caspen.tables.columns import Exact


class Case(Imported, table=True):
    """A case. Its used totals do not move, so an imported one asks for its balance to be checked."""

    __tablename__ = "cases"
    references: ClassVar = (
        Reference("client_id", ("clients",)),
        Reference("contact_id", ("contacts",)),
        Reference("practitioner_id", ("practitioners",)),
    )
    indexes: ClassVar = (("workspace_id", "client_id"),)

    client_id: str
    name: str
    status: str = "open"
    contact_id: str | None = None
    practitioner_id: str | None = None
    issue_date: date | None = None
    expiry_date: date | None = None
    limit_kind: str = "unlimited"
    limit_sessions: int | None = None
    limit_amount: Decimal | None = Field(default=None, sa_type=Exact)
    count_missed: bool = False
    count_cancelled: bool = False
    referral: bool | None = None
    referral_type: str | None = None
    notes: str | None = None
    balance_to_check: bool = True
