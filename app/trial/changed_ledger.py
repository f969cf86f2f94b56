"""Detects migrations whose row was written by something other than this product."""

from app.migration.ledger_validation import changed_columns
from app.migration.models import Migration
from app.sources import SOURCES


def changed_in(migration: Migration) -> list[str]:
    """The names of a migration's columns with values that this product does not write; empty for a valid row."""
    return [*([] if migration.source in SOURCES else ["source"]), *changed_columns(migration)]
