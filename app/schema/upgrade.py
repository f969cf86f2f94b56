"""Upgrades a database to the schema of this code. When several processes start at once, one upgrades and all wait."""

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from app.db import SCHEMA, take_turns
from app.schema.trees import CASPEN, LEDGER, Tree


class SchemaTooNew(Exception):
    """A newer version of the product has upgraded the database. The message is one line."""


def upgrade(ledger: Engine, caspen: Engine) -> None:
    """Applies the missing revisions of both databases."""
    upgrade_tree(LEDGER, ledger)
    upgrade_tree(CASPEN, caspen)


def upgrade_tree(tree: Tree, engine: Engine) -> None:
    """Applies the missing revisions of one tree, in one transaction. Locks nothing when none is missing."""
    newest = _newest(tree)
    if newest is None:
        tree.metadata.create_all(engine)
        return
    current = _current_revision(tree, engine)
    if current == newest:
        return
    if current is not None and current > newest:
        raise SchemaTooNew(
            f"The {tree.name} database has revision {current}, and this version of the product knows {newest} at most: "
            "start the newer version."
        )
    from alembic import command

    with engine.connect() as connection, connection.begin():
        take_turns(connection, SCHEMA)
        command.upgrade(tree.config(connection), "head")


def _newest(tree: Tree) -> str | None:
    """The newest revision, from file names, so that Alembic is imported only when a revision is missing."""
    return max((file.name[:4] for file in tree.folder.glob("versions/[0-9]*.py")), default=None)


def _current_revision(tree: Tree, engine: Engine) -> str | None:
    with engine.connect().execution_options(reading=True) as connection:
        if not sa.inspect(connection).has_table(tree.version_table):
            return None
        version: sa.Column[str] = sa.Column("version_num")
        return connection.execute(sa.select(version).select_from(sa.table(tree.version_table))).scalar()
