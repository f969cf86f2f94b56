"""Fixtures of the tests of worker processes: a runtime that the processes share with the test, and its clinic."""

import signal
from collections.abc import Iterator

import pytest

from tests.clinic_fixtures import clinic, runtime

__all__ = ["clinic", "runtime"]


@pytest.fixture(autouse=True)
def hang_ups_are_heard() -> Iterator[None]:
    """Processes of a story hear SIGHUP. They inherit that the signal is ignored if `nohup` started the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
