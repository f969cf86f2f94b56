"""Shorthand for revisions: columns of one type, required or nullable."""

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
    """Columns that are never null."""
    return [sa.Column(name, kind, nullable=False) for name in names.split()]


def may(kind: Any, names: str) -> list[sa.Column[Any]]:
    """Nullable columns."""
    return [sa.Column(name, kind, nullable=True) for name in names.split()]


def keyed(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names)


def imported() -> list[Any]:
    """The shared columns of every workspace table, in the first revision."""
    return [
        *need(TEXT, "workspace_id id"),
        *may(TEXT, "source source_kind source_id content_hash migration_id edited_by"),
        *may(WHOLE, "part line"),
        *need(WHOLE, "version"),
        *may(MOMENT, "source_created_at edited_at deleted_at imported_at"),
        keyed("workspace_id", "id"),
    ]
