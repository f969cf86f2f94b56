"""Fixtures of the tests of a trial."""

from tests.harness.clinic_fixtures import clinic, postgres, postgres_at, runtime

__all__ = ["clinic", "postgres", "postgres_at", "runtime"]
