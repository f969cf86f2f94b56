"""Selects the problems that are current: those of the newest trial, and those of reading that no trial replaced.

Reading and trial check the same rows. A trial's problems of a code in a file replace reading's problems of that code
and file. After the trial is finished, reading's problems of single rows are no longer current, and an excluded row has
the trial's reason only.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import and_, col, exists, or_

from app.mapping.parse import ONCE_PER_FILE
from app.migration.models import ExportFile, Migration, ProblemLine, Trial

ABOUT_A_FILE = frozenset({"file_may_be_cut", "line_encoding_guessed"})
"""Codes that name a row as a place and are about the whole file: a trial maps the row and does not report them."""


def that_count(migration: Migration) -> list[Any]:
    """SQL conditions on ProblemLine for the current problems of a migration."""
    mine = col(ProblemLine.migration_id) == migration.id
    read = col(ProblemLine.run) == f"export:{migration.export_number}"
    if not migration.trial_number:
        return [mine, read]
    trial = f"trial:{migration.trial_number}"
    again = aliased(ProblemLine)
    replaced = exists().where(
        again.migration_id == migration.id,  # type: ignore[arg-type]  # columns at run time
        again.run == trial,  # type: ignore[arg-type]
        again.code == ProblemLine.code,  # type: ignore[arg-type]
        again.file.is_not_distinct_from(ProblemLine.file),  # type: ignore[union-attr]
    )
    return [mine, or_(col(ProblemLine.run) == trial, and_(read, ~replaced, ~is_of_mapped_row(migration)))]


def is_of_mapped_row(migration: Migration) -> sa.ColumnElement[bool]:
    """SQL condition: reading reported a problem of a single row that a finished trial has mapped since."""
    is_finished = exists().where(
        col(Trial.migration_id) == migration.id,
        col(Trial.number) == migration.trial_number,
        col(Trial.finished_at).is_not(None),
    )
    is_mapped = exists().where(
        col(ExportFile.migration_id) == migration.id,
        col(ExportFile.export_number) == migration.export_number,
        col(ExportFile.path) == col(ProblemLine.file),
        col(ExportFile.kind).is_not(None),
        col(ExportFile.refused).is_(None),
        col(ExportFile.parts) > 0,
    )
    of_row = and_(col(ProblemLine.line).is_not(None), col(ProblemLine.code).not_in(ONCE_PER_FILE | ABOUT_A_FILE))
    return and_(of_row, is_finished, is_mapped)
