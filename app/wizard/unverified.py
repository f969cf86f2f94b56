"""What the review names beside the sum: files without a second check, and rows that were set aside."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from sqlmodel import Session, col, select

from app.migration.models import Migration, ProblemLine, Trial

NAMED = 5  # files or rows that are named one by one
NOT_VERIFIED, SET_ASIDE = "not_verified", "row_quarantined"


@dataclass(frozen=True, slots=True)
class Unverified:
    """Files without a second check, and places of rows that were set aside: some by name, and how many more."""

    files: tuple[str, ...] = ()
    file_count: int = 0
    rows: tuple[str, ...] = ()
    row_count: int = 0


def unverified_of(session: Session, migration: Migration, trial: Trial) -> Unverified:
    """What verification and mapping set aside in a trial, by the names of files and lines; no cell's value."""
    runs = (f"export:{migration.export_number}", f"trial:{trial.number}")
    lines = session.exec(
        select(ProblemLine.code, ProblemLine.file, ProblemLine.line)
        .where(
            ProblemLine.migration_id == migration.id,
            col(ProblemLine.run).in_(runs),
            col(ProblemLine.code).in_((NOT_VERIFIED, SET_ASIDE)),
        )
        .order_by(col(ProblemLine.file), col(ProblemLine.line))
        .distinct()
    ).all()
    files = dict.fromkeys(path or "your export" for code, path, _ in lines if code == NOT_VERIFIED)
    rows = dict.fromkeys(f"{path}, line {line}" for code, path, line in lines if code == SET_ASIDE)
    return Unverified(_shown(files), len(files), _shown(rows), len(rows))


def _shown(names: Collection[str]) -> tuple[str, ...]:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return (*islice(names, NAMED), *((f"{more:,} more",) if more > 0 else ()))
