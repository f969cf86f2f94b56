"""Fixtures of the catalogue's tests: one imports by reading, one by a whole trial."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.clinic import runtime_in
from tests.reading.story import Desk as Reading
from tests.register.story import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("catalogue")) as runtime:
        yield Desk(runtime)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)
