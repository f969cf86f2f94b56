"""Writes a new revision of a tree from its current tables: `python -m app.schema.revise ledger "Adds a table"`."""

import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from app.schema.trees import TREES
from app.schema.upgrade import upgrade_tree


def revise(name: str, words: str) -> None:
    """Compares the tables with a database at the newest revision, and writes the difference as a revision."""
    tree = next(t for t in TREES if t.name == name)
    number = len(list((Path(__file__).parent / name / "versions").glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{folder}/new.sqlite")
        upgrade_tree(tree, engine)
        with engine.connect() as connection:
            command.revision(tree.config(connection), words, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()


if __name__ == "__main__":
    revise(*sys.argv[1:3])
