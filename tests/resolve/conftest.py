"""An export to tell a story of."""

from pathlib import Path

import pytest

from tests.index.story import Export


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "index.sqlite")
