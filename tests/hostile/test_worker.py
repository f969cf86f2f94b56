"""A file that aborts, hangs or exhausts the worker's child is refused by name, and everything else is imported."""

from pathlib import Path

import pytest

from tests.hostile.worker import PLANTED, tried, worker_places

pytestmark = pytest.mark.slow
PLACES = tuple(place.name for place in worker_places())


def test_every_place_of_the_inventory_has_its_killer() -> None:
    assert set(PLACES) == set(PLANTED)


@pytest.mark.parametrize("place", PLACES)
def test_files_that_abort_loop_or_exhaust_memory_end_no_import(tmp_path: Path, place: str) -> None:
    assert tried(tmp_path / "var", place) == []
