"""Fixtures of the tests of going live."""

from tests.harness.clinic_fixtures import clinic, postgres, postgres_at, runtime

__all__ = ["clinic", "postgres", "postgres_at", "runtime"]
