"""The two trees of revisions, and the tables that each must end at."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config

import app.access.models
import app.caspen.tables
import app.migration.models  # noqa: F401 - their tables are what the ledger consists of
from app.caspen.tables.base import CaspenTable
from app.db import LedgerTable


@dataclass(frozen=True)
class Tree:
    """One database's revisions."""

    name: str
    metadata: sa.MetaData

    @property
    def version_table(self) -> str:
        """Both trees may stand in one PostgreSQL database."""
        return f"revision_of_{self.name}"

    def config(self, connection: sa.Connection) -> Config:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / self.name))
        config.attributes["connection"] = connection
        return config


LEDGER = Tree("ledger", LedgerTable.metadata)
CASPEN = Tree("caspen", CaspenTable.metadata)
TREES = (LEDGER, CASPEN)
