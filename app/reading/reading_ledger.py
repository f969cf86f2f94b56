"""Writes the results of reading into the ledger: files, parts and problems, file by file."""

from collections.abc import Iterable, Sequence
from typing import cast

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db import now
from app.migration.ledger_json import FileFacts
from app.migration.models import ExportFile, Migration, Part, ProblemLine
from app.problems import Problem
from app.reading.results import AlreadyRead, FileDone
from app.trial.row_counts import problem_rows


def already_read(session: Session, migration: Migration) -> list[AlreadyRead]:
    """Returns the files that an earlier worker has read, in order."""
    last = dict(
        session.exec(
            select(Part.file_number, sa.func.max(Part.number))
            .where(Part.migration_id == migration.id, Part.export_number == migration.export_number)
            .group_by(col(Part.file_number))
        ).all()
    )
    files = session.exec(_files(migration).where(col(ExportFile.number) > 0).order_by(col(ExportFile.number)))
    return [AlreadyRead(f.number, f.path, f.sha256, last.get(f.number, 0), f.kind) for f in files]


def note_files(session: Session, migration: Migration, files: Sequence[FileDone]) -> None:
    """Stores read files with their parts and problems, in the caller's transaction."""
    for done in files:
        session.add(
            ExportFile(
                migration_id=migration.id,
                export_number=migration.export_number,
                number=done.number,
                path=done.path,
                size=done.size,
                sha256=done.sha256,
                kind=done.kind,
                dialect=done.dialect,
                encoding=done.encoding,
                rows=done.rows,
                parts=len(done.parts),
                refused=done.refused,
                read_at=now(),
                facts=cast(FileFacts, dict(done.facts)),
            )
        )
        session.add_all(
            Part(
                migration_id=migration.id,
                export_number=migration.export_number,
                number=part.number,
                kind=part.kind,
                file_number=part.file_number,
                first_line=part.first_line,
                rows=part.rows,
                object_key=part.object_key,
                digest=part.digest,
            )
            for part in done.parts
        )
        note_problems(session, migration, done.problems)
    session.flush()


def note_problems(session: Session, migration: Migration, problems: Iterable[Problem]) -> None:
    """Stores the problems of the current export."""
    note_run_problems(session, migration.id, f"export:{migration.export_number}", problems)


def note_run_problems(session: Session, migration_id: str, run: str, problems: Iterable[Problem]) -> None:
    """Stores the problems of a run as a whole."""
    rows = problem_rows(migration_id, run, 0, problems)
    if rows:
        session.connection().execute(sa.insert(ProblemLine), rows)


def _files(migration: Migration) -> "SelectOfScalar[ExportFile]":
    return select(ExportFile).where(
        ExportFile.migration_id == migration.id, ExportFile.export_number == migration.export_number
    )
