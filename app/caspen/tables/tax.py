"""A tax on a service's price."""

from decimal import Decimal

from sqlmodel import Field

from app.caspen.tables.base import Imported
from app.caspen.tables.columns import Exact


class Tax(Imported, table=True):
    """A tax, as a percentage."""

    __tablename__ = "taxes"

    name: str
    rate: Decimal = Field(default=Decimal(0), sa_type=Exact)
