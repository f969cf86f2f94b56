"""The two trees of revisions, and the tables that each must produce."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.caspen.tables.base import CaspenTable
from app.db import LedgerTable

if TYPE_CHECKING:  # imported only when a revision is missing
    from alembic.config import Config


@dataclass(frozen=True)
class Tree:
    """One database's revisions."""

    name: str
    metadata: sa.MetaData

    @property
    def version_table(self) -> str:
        """The table of the current revision. Both trees may share one PostgreSQL database."""
        return f"revision_of_{self.name}"

    @property
    def folder(self) -> Path:
        return Path(__file__).parent / self.name

    def config(self, connection: sa.Connection) -> "Config":
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(self.folder))
        config.attributes["connection"] = connection
        return config


LEDGER = Tree("ledger", LedgerTable.metadata)
CASPEN = Tree("caspen", CaspenTable.metadata)
TREES = (LEDGER, CASPEN)
