"""Fixtures of the tests of worker processes: a runtime that the processes share with the test, and its clinic."""

from tests.harness.clinic_fixtures import clinic, runtime

__all__ = ["clinic", "runtime"]
