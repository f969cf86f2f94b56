"""An engine that worker processes share with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.worker.runtime import Runtime
from tests.engine.story import Clinic, clinic_in, engine_in


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with engine_in(tmp_path / "var") as runtime:
        yield runtime


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    return clinic_in(runtime)
