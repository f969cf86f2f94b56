"""The progress page: how far, how fast, how long, and whether a worker is active."""

from datetime import timedelta
from itertools import product
from random import Random

import pytest

from app.db import now
from app.migration.models import Migration, Work
from app.migration.states import State
from app.worker import work_progress as progress_module
from app.worker.leases import DONE, SPLIT, Lease, Piece, claim, create_missing, fail, renew, settle
from app.worker.work_loop import WorkerTurn, drain, load_next
from app.worker.work_progress import WorkProgress, progress
from tests.harness.clinic import Clinic, clinic_files
from tests.harness.waiting import patience


def look(clinic: Clinic, later: float = 0.0) -> WorkProgress:
    with clinic.runtime.ledger.read() as session:
        return progress(session, session.get_one(Migration, clinic.id), now() + timedelta(seconds=later))


def weight_of(clinic: Clinic, lease: Lease) -> int:
    with clinic.runtime.ledger.read() as session:
        return session.get_one(Work, (lease.migration_id, lease.run, lease.phase, lease.number)).weight


@pytest.fixture
def trialling(clinic: Clinic) -> Clinic:
    """A clinic whose trial is being made: 73 rows, none of them done."""
    clinic.hand_over(clinic_files(30, 40))
    clinic.drain()
    clinic.start_trial()
    while (following := load_next(clinic.runtime, clinic.id)) and (p := following.phase) and p.name != "parts":
        clinic.drain(seconds=0.01)
    return clinic


def test_rows_are_counted_by_kind_while_a_trial_runs(trialling: Clinic) -> None:
    clinic, seen = trialling, look(trialling)
    assert (seen.state, seen.phase, seen.unit, seen.total) == (State.TRIALLING, "parts", "rows", 73)
    assert {k.kind: k.total for k in seen.kinds}["appointments"] == 40
    lease = claim(clinic.runtime.ledger, clinic.migration, "trial:1", "parts", "worker", 60)
    assert lease is not None
    renew(clinic.runtime.ledger, lease, 60, 20)
    assert look(clinic).done >= 20
    assert look(clinic).left is not None


def test_a_worker_says_between_short_pieces_that_it_is_alive(trialling: Clinic) -> None:
    """A supervisor ends a silent child, and no short piece lasts until its own heartbeat."""
    signs: list[int] = []

    def pieces_done() -> int:
        return sum(work.state == DONE for work in trialling.work())

    turn = WorkerTurn("worker", alive=lambda: signs.append(pieces_done()))
    before = pieces_done()
    done = drain(trialling.runtime, trialling.id, patience(60), turn)
    assert done.pieces > 3
    assert set(range(before, before + done.pieces)) <= set(signs), "a sign before each piece, however short it is"


def test_a_minute_without_progress_is_reported_as_stalled(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    assert not look(clinic).stalled
    assert look(clinic, later=59).stalled is False
    seen = look(clinic, later=61)
    assert seen.stalled
    assert seen.age is not None
    assert seen.age > 60


def test_a_wait_for_the_provider_is_no_stall_and_is_named(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    load_next(clinic.runtime, clinic.id)
    lease = claim(clinic.runtime.ledger, clinic.migration, "export:1", "fetch", "worker", 60)
    assert lease is not None
    fail(clinic.runtime.ledger, lease, "no_space", wait=300, counts=False)
    seen = look(clinic, later=120)
    assert (seen.waits_for, seen.stalled) == ("no_space", False)


def test_at_rest_there_is_nothing_to_wait_for(clinic: Clinic) -> None:
    clinic.tried()
    seen = look(clinic, later=3600)
    assert (seen.state, seen.stalled, seen.left) == (State.REVIEWING, False, None)


def test_an_estimate_is_shown_only_with_a_rate(trialling: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    rates, amounts, ages = (0.0, 0.4, 0.99, 1.0, 5000.0), (0, 1, 3, 4, 73), (0.0, 59.0, 61.0, 3600.0)
    for rate, done, age in product(rates, amounts, ages):
        monkeypatch.setattr(progress_module, "_rate", lambda *_, rate=rate: rate)
        monkeypatch.setattr(progress_module, "_weights", lambda *_, done=done: (done, 73))
        monkeypatch.setattr(progress_module, "_age", lambda *_, age=age: age)
        seen, is_measured = look(trialling), rate >= 1 and age <= 60
        assert seen.rate == (rate if is_measured else 0.0)
        assert (seen.left is not None) == (is_measured and 73 * progress_module.ENOUGH <= done < 73)


def test_nothing_done_gives_no_estimate(trialling: Clinic) -> None:
    seen = look(trialling, later=30)
    assert (seen.done, seen.rate, seen.left) == (0, 0.0, None)


def test_the_headline_is_the_sum_of_the_kinds_however_far_the_parts_are(trialling: Clinic) -> None:
    clinic, random = trialling, Random(7)
    seen = look(clinic)
    assert sum(kind.total for kind in seen.kinds) == seen.total
    while (lease := claim(clinic.runtime.ledger, clinic.migration, "trial:1", "parts", "worker", 60)) is not None:
        weight = weight_of(clinic, lease)
        for done in sorted(random.sample(range(weight + 1), min(weight, 3))):
            renew(clinic.runtime.ledger, lease, 60, done)
            seen = look(clinic)
            assert sum(kind.done for kind in seen.kinds) == seen.done
        part, halved = lease.result.get("part", lease.number), random.random() < 0.5 and weight > 1
        if halved:
            pieces = [
                Piece(1000 + 2 * lease.number + n, size, {"part": part}) for n, size in enumerate((1, weight - 1))
            ]
        with clinic.runtime.ledger.write() as session:
            if halved:
                create_missing(session, clinic.id, "trial:1", "parts", pieces)
            settle(session, clinic.runtime.ledger, lease, lease.result, SPLIT if halved else DONE)
        seen = look(clinic)
        assert sum(kind.done for kind in seen.kinds) == seen.done
    assert seen.done == seen.total == sum(kind.done for kind in seen.kinds)


def test_the_rate_and_the_number_done_count_the_same_rows(trialling: Clinic) -> None:
    lease = claim(trialling.runtime.ledger, trialling.migration, "trial:1", "parts", "worker", 60)
    assert lease is not None
    renew(trialling.runtime.ledger, lease, 60, weight_of(trialling, lease) - 1)
    seen = look(trialling, later=2)
    assert seen.rate >= seen.done / 4, "what is done of a piece that is not settled counts"
    assert seen.left is None or seen.left.most < 60
