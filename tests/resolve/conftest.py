"""Fixtures of the tests of resolving: an export in an index, and a clinic."""

from pathlib import Path

import pytest

from tests.harness.clinic_fixtures import clinic, runtime
from tests.index.story import Export

__all__ = ["clinic", "runtime"]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "index.sqlite")
