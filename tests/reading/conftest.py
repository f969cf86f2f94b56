"""A desk with an empty folder for each test."""

from pathlib import Path

import pytest

from tests.reading.story import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
