"""Lines that are added to an audit trail at the same time follow each other, on both databases."""

import threading
from collections.abc import Iterator

import pytest

from app.db import Database, LedgerTable
from app.migration.audit import chain_holds, write_audit
from tests.harness.waiting import patience

WRITERS, LINES = 4, 8


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Database]:
    database = Database(empty_database)
    LedgerTable.metadata.create_all(database.engine)
    yield database
    database.dispose()


def test_the_chain_holds_after_lines_that_were_added_at_once(ledger: Database) -> None:
    gate, raised = threading.Barrier(WRITERS), list[BaseException]()

    def add(writer: int) -> None:
        try:
            for number in range(LINES):
                gate.wait(patience(30))
                with ledger.write() as session:
                    write_audit(
                        session,
                        workspace_id="wsp_one",
                        migration_id=None,
                        by=f"{writer}",
                        role="clinic",
                        act=f"{number}",
                    )
        except BaseException as fault:
            raised.append(fault)
            gate.abort()

    writers = [threading.Thread(target=add, args=(number,)) for number in range(WRITERS)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join(patience(60))
    assert raised == []
    with ledger.read() as session:
        assert chain_holds(session, "wsp_one")
