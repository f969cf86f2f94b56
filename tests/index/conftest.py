"""A made-up export as a fixture."""

from pathlib import Path

import pytest

from tests.index.story import Export


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "index.sqlite")
