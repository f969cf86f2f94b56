"""What resolving found out about the rows of each file, counted, so that it is known before anything is tried."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlmodel import Session, select

from app.engine.index.part import level_of_finding
from app.engine.index.store import Index
from app.migration.models import ExportFile, ProblemLine
from app.problems import Problem

FOUND = """SELECT code, COUNT(DISTINCT row), MIN(line), MAX(stays) FROM (
        SELECT row, code, 1 stays FROM verdicts WHERE row BETWEEN :first AND :last
        UNION ALL SELECT row, code, 0 FROM findings WHERE row BETWEEN :first AND :last
    ) JOIN rows USING (row) WHERE code IS NOT NULL AND code <> '' GROUP BY code"""
FIRST = "SELECT source_id FROM rows WHERE row BETWEEN :first AND :last AND line = :line"

Told = frozenset[tuple[str, str | None]]


def told_already(session: Session, migration_id: str, run: str) -> Told:
    """Which codes reading has told of which file."""
    found = select(ProblemLine.code, ProblemLine.file).where(
        ProblemLine.migration_id == migration_id, ProblemLine.run == run
    )
    return frozenset(session.exec(found.distinct()).all())


def settled_problems(index: Index, files: Sequence[ExportFile], told: Told) -> tuple[Problem, ...]:
    """One problem for each code and file that resolving added to what reading had told. It keeps back what any of its
    rows is kept back by."""
    paths = {file.number: file.path for file in files}
    found: dict[tuple[str, str], Problem] = {}
    for kind, number, problem in _by_piece(index):
        path = paths.get(number)
        if path is None or (problem.code, path) in told:
            continue
        before = found.get((problem.code, path))
        if before is None:
            found[problem.code, path] = problem.at(kind=kind, file=path)
        else:
            level = before.level and problem.level
            found[problem.code, path] = replace(before, count=before.count + problem.count, level=level)
    return tuple(found.values())


def _by_piece(index: Index) -> Iterator[tuple[str, int, Problem]]:
    """Pieces are runs of rows of one file, in the order of reading."""
    pieces = index.connection.execute(
        "SELECT first, last, kinds.name, file FROM pieces JOIN kinds ON kinds.id = pieces.kind ORDER BY part, first"
    ).fetchall()
    for first, last, kind, file in pieces:
        between = {"first": first, "last": last}
        for code, count, line, stays in index.connection.execute(FOUND, between).fetchall():
            source_id = index.connection.execute(FIRST, {**between, "line": line}).fetchone()[0]
            told = None if source_id is None else str(source_id)
            level = None if stays else level_of_finding(code)
            yield kind, file, Problem(code, line=line, source_id=told, count=count, level=level)
