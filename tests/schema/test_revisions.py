"""The revisions produce the tables of the models, on both databases."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from app.db import make_engine
from app.schema.trees import TREES, Tree
from app.schema.upgrade import upgrade_tree


@pytest.fixture
def engine(empty_database: str) -> Iterator[Engine]:
    """An empty database."""
    engine = make_engine(empty_database)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_the_revisions_produce_the_tables_of_the_models(tree: Tree, engine: Engine) -> None:
    upgrade_tree(tree, engine)
    with engine.connect() as connection:
        options = {"version_table": tree.version_table, "compare_type": True}
        mine = {table.name for table in tree.metadata.sorted_tables}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), tree.metadata)
    assert [difference for difference in differences if not _is_of_another_tree(difference, mine)] == []


def test_both_trees_can_share_a_database(engine: Engine) -> None:
    for tree in TREES:
        upgrade_tree(tree, engine)
        upgrade_tree(tree, engine)
    names = set(sa.inspect(engine).get_table_names())
    assert {"revision_of_ledger", "revision_of_caspen", "migration", "clients"} <= names


def test_several_processes_may_start_at_once(engine: Engine) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        try:
            for tree in TREES:
                upgrade_tree(tree, engine)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def _is_of_another_tree(difference: object, mine: set[str]) -> bool:
    match difference:
        case ("remove_table", sa.Table() as table):
            return table.name not in mine
    return False
