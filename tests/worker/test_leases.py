"""One holder at a time: leases on the database's clock, and an epoch that every write is fenced by."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, update

from app.db import now
from app.migration.models import Migration, Work
from app.migration.states import Event
from app.worker.excluded_files import expire_owner
from app.worker.leases import (
    LEASED,
    READY,
    Lease,
    LostLease,
    Piece,
    checkpoint,
    claim,
    create_missing,
    fail,
    release,
    renew,
    settle,
)
from app.worker.runtime import Runtime
from app.worker.work_loop import load_next
from tests.harness.clinic import ANA, Clinic, clinic_files, clinic_in, runtime_in

RUN, PHASE = "export:1", "fetch"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def held(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Clinic]:
    """A clinic whose export waits to be fetched, in either database."""
    from pathlib import Path

    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    with runtime_in(Path(str(tmp_path)) / "var", database_url=url) as runtime:
        clinic = clinic_in(runtime)
        clinic.hand_over(clinic_files())
        load_next(runtime, clinic.id)
        yield clinic


def take(clinic: Clinic, owner: str = "first", seconds: float = 60.0) -> Lease | None:
    return claim(clinic.runtime.ledger, clinic.migration, RUN, PHASE, owner, seconds)


def taken(clinic: Clinic, owner: str = "first", seconds: float = 60.0) -> Lease:
    lease = take(clinic, owner, seconds)
    assert lease is not None
    return lease


def let_expire(runtime: Runtime) -> None:
    """As if the holder had been silent for longer than its lease."""
    with runtime.ledger.write() as session:
        session.connection().execute(update(Work).values(leased_until=now() - timedelta(seconds=1)))


def settle_now(runtime: Runtime, lease: Lease) -> None:
    with runtime.ledger.write() as session:
        settle(session, runtime.ledger, lease, {"index": lease.owner})


def test_a_claimed_piece_cannot_be_claimed_again(held: Clinic) -> None:
    assert taken(held).attempts == 1
    assert take(held, "second") is None


def test_an_expired_lease_is_taken_over_under_a_newer_epoch(held: Clinic) -> None:
    first = taken(held)
    let_expire(held.runtime)
    second = taken(held, "second")
    assert (second.epoch, second.attempts) == (first.epoch + 1, 2)


def test_a_worker_that_was_overtaken_writes_nothing(held: Clinic) -> None:
    first = taken(held)
    let_expire(held.runtime)
    second = taken(held, "second")
    with pytest.raises(LostLease):
        settle_now(held.runtime, first)
    with pytest.raises(LostLease):
        renew(held.runtime.ledger, first, 60, 5)
    release(held.runtime.ledger, first)
    fail(held.runtime.ledger, first, "too_late")
    work = held.work(phase=PHASE)[0]
    assert (work.state, work.owner, work.last_problem) == (LEASED, "second", None)
    settle_now(held.runtime, second)
    assert held.work(phase=PHASE)[0].result == {"index": "second"}


def test_a_migration_that_moved_on_takes_no_more_writes(held: Clinic) -> None:
    lease = taken(held)
    held.act(Event.PAUSE, ANA)
    with pytest.raises(LostLease):
        settle_now(held.runtime, lease)
    assert take(held) is None or held.migration.epoch != lease.migration_epoch


def test_the_other_writes_of_a_lost_transaction_are_undone(held: Clinic) -> None:
    lease = taken(held)
    let_expire(held.runtime)
    taken(held, "second")

    def write() -> None:
        with held.runtime.ledger.write() as session:
            migration = session.get_one(Migration, held.id)
            migration.clinic = "written by a ghost"
            session.add(migration)
            session.flush()
            settle(session, held.runtime.ledger, lease, {})

    with pytest.raises(LostLease):
        write()
    assert held.migration.clinic == "Harbour Street Physiotherapy"


def test_renewing_keeps_the_lease_and_says_that_there_is_work(held: Clinic) -> None:
    lease = taken(held, seconds=0.5)
    renew(held.runtime.ledger, lease, 60, 7)
    work = held.work(phase=PHASE)[0]
    assert work.done_weight == 7
    assert work.leased_until is not None
    assert work.leased_until > now() + timedelta(seconds=30)
    assert held.migration.last_sign_of_work is not None


def test_a_piece_that_is_laid_down_politely_has_used_no_attempt(held: Clinic) -> None:
    release(held.runtime.ledger, taken(held))
    assert taken(held, "second").attempts == 1


def test_a_failed_piece_waits_a_moment_and_has_used_an_attempt(held: Clinic) -> None:
    fail(held.runtime.ledger, taken(held), "ValueError")
    assert take(held, "second") is None
    work = held.work(phase=PHASE)[0]
    assert (work.state, work.attempts, work.last_problem) == (READY, 1, "ValueError")


def test_progress_gives_a_long_piece_its_attempts_back(held: Clinic) -> None:
    for _ in range(2):
        taken(held)
        let_expire(held.runtime)
    lease = taken(held)
    with held.runtime.ledger.write() as session:
        checkpoint(session, held.runtime.ledger, lease, {"index": "5"}, 60)
    work = held.work(phase=PHASE)[0]
    assert (work.attempts, work.result) == (1, {"index": "5"})


def test_the_work_of_a_dead_worker_is_free_at_once(held: Clinic) -> None:
    taken(held, "dead")
    assert expire_owner(held.runtime.ledger, "dead") == [held.id]
    assert taken(held, "second").owner == "second"


def test_planning_the_same_pieces_twice_adds_them_once(held: Clinic) -> None:
    def write(session: Session) -> None:
        create_missing(session, held.id, RUN, "parts", [Piece(n, 10) for n in range(5)])

    for _ in range(2):
        with held.runtime.ledger.write() as session:
            write(session)
    assert [w.number for w in held.work(phase="parts")] == [0, 1, 2, 3, 4]


def test_eight_workers_race_and_each_piece_has_one_holder(held: Clinic) -> None:
    with held.runtime.ledger.write() as session:
        create_missing(session, held.id, RUN, "parts", [Piece(n) for n in range(40)])
    migration = held.migration
    found: list[Lease] = []

    def race(name: str) -> None:
        while (lease := claim(held.runtime.ledger, migration, RUN, "parts", name, 60)) is not None:
            found.append(lease)

    threads = [threading.Thread(target=race, args=(f"worker {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lease.number for lease in found) == list(range(40))
    assert {lease.epoch for lease in found} == {1}
