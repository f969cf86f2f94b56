"""The test helper can put a migration into any state after any other, with matching audit lines."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from sqlmodel import Session

from app.db import Database, LedgerTable
from app.migration.audited import load_audited
from app.migration.models import Migration
from app.migration.states import Event, State
from tests.harness.audit_lines import add_line, make_audit_say


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("ledger")
    database = Database(f"sqlite:///{folder}/ledger.sqlite")
    LedgerTable.metadata.create_all(database.engine)
    yield database
    database.dispose()


def put(session: Session, move: Migration, state: State) -> tuple[str, ...]:
    move.state = state.value
    move.paused_from = State.READING.value if state is State.PAUSED else None
    make_audit_say(session, move)
    return load_audited(session, move.id).differing


@pytest.mark.parametrize("between", [None, Event.CANCEL, Event.RETRY], ids=str)
def test_audit_lines_say_any_state_after_any_other(ledger: Database, between: Event | None) -> None:
    wrong = []
    for number, (first, second) in enumerate(product(State, State)):
        with ledger.write() as session:
            name = f"mig_{between}_{number}"
            move = Migration(id=name, workspace_id=f"wsp_{name}", clinic="Harbour Street", source="cliniko")
            session.add(move)
            session.flush()
            before = put(session, move, first)
            if between is not None:
                add_line(session, move, between)
            after = put(session, move, second)
            if before or after:
                wrong.append((first, second, before, after))
    assert not wrong
