"""A stored object is damaged or missing: the work ends with a message that says what to do, and is not repeated."""

import pytest
import sqlalchemy as sa

from app.caspen.load_part import LoadFailed, load_part
from app.caspen.part_fences import PartLoaded
from app.migration.models import Migration
from app.migration.states import State
from app.trial import load
from app.worker import heartbeat
from app.worker.failure_causes import is_away
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Piece, claim, create_missing
from tests.harness.clinic import Clinic, clinic_files
from tests.harness.waiting import until
from tests.world.altered import byte_flipped
from tests.world.move import time_passes


def stopped(clinic: Clinic) -> tuple[State, str]:
    for _ in range(3):
        clinic.drain()
    return clinic.state(), clinic.migration.problem_code


@pytest.mark.parametrize("ending", ["/index", "-000001", "-000005"])
def test_a_flipped_bit_stops_the_trial(clinic: Clinic, ending: str) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    clinic.start_trial()
    byte_flipped(clinic.runtime.objects.root, ending)
    assert stopped(clinic) == (State.TRIALLING_FAILED, "copy_damaged")


def test_a_flipped_bit_of_the_export_stops_the_reading(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    byte_flipped(clinic.runtime.objects.root, "/files/")
    assert stopped(clinic) == (State.READING_FAILED, "copy_damaged")


def test_a_part_that_is_gone_stops_the_trial(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    clinic.start_trial()
    next(clinic.runtime.objects.root.rglob("*-000003")).unlink()
    assert stopped(clinic) == (State.TRIALLING_FAILED, "export_not_kept")


class _Lost(Exception):
    sqlstate = None


@pytest.mark.parametrize(
    ("fault", "away"),
    [
        (sa.exc.OperationalError("COMMIT", {}, _Lost()), True),
        (sa.exc.DBAPIError("COMMIT", {}, _Lost(), connection_invalidated=True), True),
        (sa.exc.IntegrityError("INSERT", {}, _Lost()), False),
        (LoadFailed("57P01"), True),
        (LoadFailed("08006"), True),
        (LoadFailed("54000"), False),
        (ValueError(), False),
    ],
)
def test_no_row_is_to_blame_for_a_database_that_is_away(fault: Exception, away: bool) -> None:
    assert is_away(fault) is away


def test_a_database_that_is_away_for_long_costs_no_row_its_place(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([LoadFailed("57P01")] * 12)

    def away(*given: object, **more: object) -> PartLoaded:
        for refused in answers:
            raise refused
        return load_part(*given, **more)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(load, "load_part", away)
    clinic.hand_over(clinic_files())
    clinic.drain()
    clinic.start_trial()
    for _ in range(14):
        clinic.drain()
        time_passes(clinic.runtime)
    assert clinic.state() is State.REVIEWING
    assert clinic.trial.balanced
    assert clinic.work(state="split") == clinic.work(state="quarantined") == []


def test_a_missed_heartbeat_is_no_end_of_the_work(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.hand_over(clinic_files())
    with clinic.runtime.ledger.read() as session:
        migration = session.get_one(Migration, clinic.id)
    with clinic.runtime.ledger.write() as session:
        create_missing(session, clinic.id, "export:1", "fetch", [Piece(0)])
    lease = claim(clinic.runtime.ledger, migration, "export:1", "fetch", "worker", 60)
    assert lease is not None
    settings = clinic.runtime.settings.model_copy(update={"heartbeat_seconds": 0.02})
    beat = Heartbeat(clinic.runtime.ledger, lease, settings)
    renewed: list[bool] = []

    def renew(*_: object) -> None:
        renewed.append(True)
        if len(renewed) == 2:
            raise sa.exc.OperationalError("COMMIT", {}, _Lost())

    monkeypatch.setattr(heartbeat, "renew", renew)
    with beat.during():
        until(lambda: len(renewed) > 3)
