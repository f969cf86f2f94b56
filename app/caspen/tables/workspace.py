"""One clinic's Caspen account."""

from sqlmodel import Field

from app.caspen.tables.base import CaspenTable


class Workspace(CaspenTable, table=True):
    """A live workspace. `version` is raised by everything that people or a promotion change in it."""

    __tablename__ = "workspaces"

    id: str = Field(primary_key=True)
    name: str
    timezone: str
    country_code: str
    prices_include_tax: bool = True
    default_category_id: str | None = None
    default_tax_id: str | None = None
    version: int = 1
