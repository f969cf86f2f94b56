"""Shorthand for revisions: columns of one type, those that must be filled and those that may be."""

from typing import Any

import sqlalchemy as sa

from app.caspen.tables.column_types import ExactAmount, Moment, Nested
from app.db import UTCDateTime

TEXT: Any = sa.String()
LONG: Any = sa.Text()
WHOLE: Any = sa.Integer()
NUMBER: Any = sa.Float()
TRUTH: Any = sa.Boolean()
DAY: Any = sa.Date()
JSON: Any = sa.JSON()
TIME: Any = UTCDateTime()
MOMENT: Any = Moment()
NESTED: Any = Nested()
EXACT: Any = ExactAmount()


def need(kind: Any, names: str) -> list[sa.Column[Any]]:
    """Columns that are never empty."""
    return [sa.Column(name, kind, nullable=False) for name in names.split()]


def may(kind: Any, names: str) -> list[sa.Column[Any]]:
    """Columns that may be empty."""
    return [sa.Column(name, kind, nullable=True) for name in names.split()]


def keyed(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names)


def imported() -> list[Any]:
    """What every object of a workspace carries beside its own fields, in the first revision."""
    return [
        *need(TEXT, "workspace_id id"),
        *may(TEXT, "source source_kind source_id content_hash migration_id edited_by"),
        *may(WHOLE, "part line"),
        *need(WHOLE, "version"),
        *may(MOMENT, "source_created_at edited_at deleted_at imported_at"),
        keyed("workspace_id", "id"),
    ]
