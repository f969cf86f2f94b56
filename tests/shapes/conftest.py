"""Fixtures of a clinic in tests, and of an empty database on PostgreSQL."""

from tests.harness.clinic_fixtures import clinic, postgres, postgres_at, runtime

__all__ = ["clinic", "postgres", "postgres_at", "runtime"]
