"""Fixtures: an empty database on PostgreSQL."""

from tests.harness.clinic_fixtures import postgres, postgres_at

__all__ = ["postgres", "postgres_at"]
