"""What lies in storage is damaged or gone: the work ends with words that say what to do, and never turns in circles."""

import pytest

from app.migration.states import State
from tests.engine.story import Clinic, clinic_files
from tests.world.altered import byte_flipped


def stopped(clinic: Clinic) -> tuple[State, str]:
    for _ in range(3):
        clinic.drain()
    return clinic.state(), str((clinic.migration.problem or {}).get("code"))


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
