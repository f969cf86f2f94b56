"""Which problems count now: those of the newest trial, and what reading told that no trial has told again.

Reading and trial look at the same rows, so that what a trial tells of a code in a file stands for what reading had
told of it.
"""

from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import and_, col, exists, or_

from app.migration.models import Migration, ProblemLine


def that_count(migration: Migration) -> list[Any]:
    """The conditions of a query on ProblemLine."""
    mine = col(ProblemLine.migration_id) == migration.id
    read = col(ProblemLine.run) == f"export:{migration.export_number}"
    if not migration.trial_number:
        return [mine, read]
    trial = f"trial:{migration.trial_number}"
    again = aliased(ProblemLine)
    told_again = exists().where(
        again.migration_id == migration.id,  # type: ignore[arg-type]  # columns at run time
        again.run == trial,  # type: ignore[arg-type]
        again.code == ProblemLine.code,  # type: ignore[arg-type]
        again.file.is_not_distinct_from(ProblemLine.file),  # type: ignore[union-attr]
    )
    return [mine, or_(col(ProblemLine.run) == trial, and_(read, ~told_again))]
