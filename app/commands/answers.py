"""What `read` and `trial` say, as JSON that scripts and tests rely on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from app.migration.exports import current_export, files_of
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.migration.states import State
from app.problems import Level, Problem, catalogue
from app.reading.inventory import Inventory
from app.trial.account import has_true_account

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the answer's problems: a code, told of a kind, a file and a column."""

    code: str
    level: str
    kind: str | None
    file: str | None
    column: str | None


def of_export(session: Session, migration: Migration) -> Json:
    """What is in an export, as far as it was read."""
    export = current_export(session, migration)
    files = files_of(session, migration.id, migration.export_number)
    told = Inventory.from_json(export.inventory) if export and export.inventory else Inventory()
    answer = told.report()
    return {
        "export": {"sha256": export.sha256 if export else None, "files": [_file(file) for file in files]},
        "inventory": answer["inventory"],
        "references": answer["references"],
        "problems": problems(session, migration, [f"export:{migration.export_number}"]),
    }


def of_trial(
    session: Session, migration: Migration, trial: Trial | None, peak_mb: float, read: float, *, is_whole: bool = True
) -> Json:
    """The same, and what the trial came to. Of a trial that is not whole, or whose account was changed, no number is
    told; `trial_damaged` stands among the problems."""
    if trial is not None and trial.finished_at is not None:
        is_whole = is_whole and has_true_account(session, migration, trial)
    kept = trial if is_whole else None
    runs = [f"trial:{trial.number}", f"finalise:{trial.number}"] if trial else []
    seconds = trial.seconds if trial else {}
    return {
        **of_export(session, migration),
        "problems": [
            *problems(session, migration, [*runs, f"export:{migration.export_number}"]),
            *([] if is_whole else [of_problem(Problem("trial_damaged"))]),
        ],
        "kinds": list(kept.kinds) if kept else [],
        "balanced": bool(kept and kept.balanced),
        "digest": kept.digest if kept else "",
        "seconds": {
            "read": round(read, 3),
            "trial": seconds.get("trial", 0.0),
            "reconcile": seconds.get("reconcile", 0.0),
        },
        "peak_rss_mb": peak_mb,
    }


def of_problem(problem: Problem) -> Json:
    """One problem by itself, such as the one that ended the work."""
    place = Place(problem.code, problem.severity.value, problem.kind, problem.file, problem.column)
    return _told(place, problem.line, problem.source_id, problem.count)


def problems(session: Session, migration: Migration, runs: Iterable[str]) -> list[Json]:
    """One entry per code, kind, file and column: how many, and where the first is.

    What a trial tells of a code in a file stands for what reading had told of it: both looked at the same rows.
    """
    found: dict[Place, list[Any]] = {}
    told: set[tuple[str, str | None]] = set()
    for run in runs:
        lines = session.exec(
            select(ProblemLine)
            .where(ProblemLine.migration_id == migration.id, ProblemLine.run == run)
            .order_by(col(ProblemLine.file), col(ProblemLine.line), col(ProblemLine.id))
            .execution_options(yield_per=2000)
        )
        new: set[tuple[str, str | None]] = set()
        for line in lines:
            if (line.code, line.file) in told:
                continue
            new.add((line.code, line.file))
            place = Place(line.code, line.level, line.kind, line.file, line.column)
            first = found.setdefault(place, [line.line, line.source_id, 0])
            first[2] += line.count
        told |= new
    answer = [_told(place, *first) for place, first in found.items()]
    if migration.problem is not None and migration.problem["code"] in catalogue():
        kept = migration.problem
        level = Level.STOPS if migration.state == State.FETCHING_FAILED else None  # some codes also tell of one file
        answer.append(of_problem(Problem(kept["code"], kept["kind"], kept["file"], kept["line"], level=level)))
    return answer


def _told(place: Place, line: int | None, source_id: str | None, count: int) -> Json:
    return {
        "code": place.code,
        "level": place.level,
        "kind": place.kind,
        "file": place.file,
        "line": line,
        "source_id": source_id,
        "column": place.column,
        "count": count,
    }


def _file(file: ExportFile) -> Json:
    return {
        "path": file.path,
        "kind": None if file.refused else file.kind,  # a file of which nothing came is of no kind
        "dialect": file.dialect,
        "encoding": file.encoding,
        "rows": file.rows,
        "parts": file.parts,
        "sha256": file.sha256 or None,
        "refused": file.refused,
    }
