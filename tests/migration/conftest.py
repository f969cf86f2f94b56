"""Fixtures of empty databases."""

from tests.harness.clinic_fixtures import empty_database, postgres, postgres_at

__all__ = ["empty_database", "postgres", "postgres_at"]
