"""The JSON answers of `read` and `trial`, on which scripts and tests rely."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.migration.exports import current_export, files_of
from app.migration.ledger_json import KindCountsJson, KindJson
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.migration.problem_lines import is_of_mapped_row
from app.migration.states import State
from app.problems import Level, Problem, catalogue
from app.reading.inventory import Inventory, ReportedThing
from app.sources import source
from app.trial.account import has_true_account


class ProblemEntry(TypedDict):
    """Problems of one code, kind, file and column: their number, and the place of the first."""

    code: str
    level: str
    kind: str | None
    file: str | None
    line: int | None
    source_id: str | None
    column: str | None
    count: int


class ReportedFile(TypedDict):
    """A file of the export. `refused` is the code of the problem for which the file was not read."""

    path: str
    kind: str | None
    dialect: str | None
    encoding: str | None
    rows: int
    parts: int
    sha256: str | None
    refused: str | None


class ReportedExport(TypedDict):
    """The export: its checksum, and its files."""

    sha256: str | None
    files: list[ReportedFile]


class TrialSeconds(TypedDict):
    """The duration of each step in seconds."""

    read: float
    trial: float
    reconcile: float


class TrialNumbers(TypedDict, total=False):
    """The result of a trial, in the answer of `trial` only."""

    kinds: list[KindJson]
    balanced: bool
    digest: str
    seconds: TrialSeconds
    peak_rss_mb: float


class JsonAnswer(TrialNumbers):
    """The answer of `read`, and of `trial` with the numbers of the trial."""

    export: ReportedExport
    inventory: dict[str, KindCountsJson]
    references: dict[str, list[ReportedThing]]
    problems: list[ProblemEntry]


@dataclass(frozen=True, slots=True)
class ProblemPlace:
    """What groups problems into one entry of the answer: code, level, kind, file and column."""

    code: str
    level: str
    kind: str | None
    file: str | None
    column: str | None


def of_export(session: Session, migration: Migration) -> JsonAnswer:
    """The content of an export, as far as it was read."""
    export = current_export(session, migration)
    files = files_of(session, migration.id, migration.export_number)
    inventory = Inventory.from_json(export.inventory) if export and export.inventory else Inventory()
    answer = inventory.report(source(migration.source))
    return {
        "export": {"sha256": export.sha256 if export else None, "files": [_file(file) for file in files]},
        "inventory": answer["inventory"],
        "references": answer["references"],
        "problems": problems(session, migration, [f"export:{migration.export_number}"]),
    }


def of_trial(
    session: Session, migration: Migration, trial: Trial | None, peak_mb: float, read: float, *, is_whole: bool = True
) -> JsonAnswer:
    """The content of the export and the result of the trial.

    A damaged trial, or one whose account was changed, has no numbers; its problems include `trial_damaged`.
    """
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


def of_problem(problem: Problem) -> ProblemEntry:
    """One problem as an entry of the answer, such as the problem that ended the work."""
    place = ProblemPlace(problem.code, problem.severity.value, problem.kind, problem.file, problem.column)
    return _to_entry(place, problem.line, problem.source_id, problem.count)


def problems(session: Session, migration: Migration, runs: Iterable[str]) -> list[ProblemEntry]:
    """One entry per code, kind, file and column: the number of problems, and the place of the first.

    A trial's problems of a code in a file replace reading's problems, because both check the same rows. A finished
    trial replaces all of reading's problems of single rows: a row that is skipped as a copy has its own reason only.
    """
    entries: dict[ProblemPlace, list[Any]] = {}
    reported: set[tuple[str, str | None]] = set()
    for run in runs:
        is_replaced = is_of_mapped_row(migration) if run.startswith("export:") else sa.false()
        lines = session.exec(
            select(ProblemLine)
            .where(ProblemLine.migration_id == migration.id, ProblemLine.run == run, ~is_replaced)
            .order_by(col(ProblemLine.file), col(ProblemLine.line), col(ProblemLine.id))
            .execution_options(yield_per=2000)
        )
        new: set[tuple[str, str | None]] = set()
        for line in lines:
            if (line.code, line.file) in reported:
                continue
            new.add((line.code, line.file))
            place = ProblemPlace(line.code, line.level, line.kind, line.file, line.column)
            first = entries.setdefault(place, [line.line, line.source_id, 0])
            first[2] += line.count
        reported |= new
    answer = [_to_entry(place, *first) for place, first in entries.items()]
    if migration.problem is not None and migration.problem["code"] in catalogue():
        kept = migration.problem
        level = Level.STOPS if migration.state == State.FETCHING_FAILED else None  # some codes also describe one file
        answer.append(of_problem(Problem(kept["code"], kept["kind"], kept["file"], kept["line"], level=level)))
    return answer


def _to_entry(place: ProblemPlace, line: int | None, source_id: str | None, count: int) -> ProblemEntry:
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


def _file(file: ExportFile) -> ReportedFile:
    return {
        "path": file.path,
        "kind": None if file.refused else file.kind,  # a refused file has no kind
        "dialect": file.dialect,
        "encoding": file.encoding,
        "rows": file.rows,
        "parts": file.parts,
        "sha256": file.sha256 or None,
        "refused": file.refused,
    }
