"""A hand-over wakes a worker when its transaction is committed, and never for a transaction that wrote nothing."""

import io
from dataclasses import dataclass, field, replace

import pytest

from app.db import Database
from app.fetch.hand_over import hand_over_files
from app.migration.exports import Handed
from app.migration.models import Migration
from app.migration.states import State
from app.queue import NoQueue
from tests.harness.clinic import MEGAN, Clinic


@dataclass
class WatchedQueue(NoQueue):
    """Notes each notice with the state that the ledger shows to others at that moment."""

    ledger: Database
    notices: list[tuple[str, State]] = field(default_factory=list)

    def notify(self, migration_id: str) -> None:
        with self.ledger.read() as session:
            self.notices.append((migration_id, State(session.get_one(Migration, migration_id).state)))


class OutOfDate(Exception):
    pass


def out_of_date(_: object) -> None:
    raise OutOfDate


def test_a_worker_is_woken_once_when_the_export_is_in_the_ledger(clinic: Clinic) -> None:
    queue = WatchedQueue(clinic.runtime.ledger)
    runtime = replace(clinic.runtime, queue=queue)
    handed = [Handed("patients.csv", io.BytesIO(b"id,first_name\n1,Ada\n"))]
    hand_over_files(runtime, clinic.migration, handed, by=MEGAN, name="patients.csv")
    assert queue.notices == [(clinic.id, State.FETCHING)]


def test_a_refused_hand_over_wakes_no_worker_and_keeps_no_file(clinic: Clinic) -> None:
    queue = WatchedQueue(clinic.runtime.ledger)
    runtime = replace(clinic.runtime, queue=queue)
    handed = [Handed("patients.csv", io.BytesIO(b"id,first_name\n1,Ada\n"))]
    with pytest.raises(OutOfDate):
        hand_over_files(runtime, clinic.migration, handed, by=MEGAN, name="patients.csv", confirm=out_of_date)
    assert queue.notices == []
    assert clinic.state() is State.PREPARING
    assert [path for path in runtime.objects.root.rglob("*") if path.is_file()] == []


def test_a_transaction_that_advances_no_migration_wakes_no_worker(clinic: Clinic) -> None:
    queue = WatchedQueue(clinic.runtime.ledger)
    with replace(clinic.runtime, queue=queue).write() as session:
        session.get_one(Migration, clinic.id).found_acknowledged = 1
    assert queue.notices == []
    assert clinic.migration.found_acknowledged == 1
