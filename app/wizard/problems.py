"""What a person must read about the export: one line per problem, each with its rows, and all of them as a table."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, func, select

from app.access.rights import Right
from app.act_links import without_acts
from app.engine.trial_account import has_true_account
from app.migration.balance import balance_of
from app.migration.exports import current_export
from app.migration.models import ExportFile, Migration, ProblemLine
from app.migration.problem_lines import that_count
from app.migration.states import OVER, State
from app.migration.trials import current_trial
from app.problems import Level, Problem, catalogue
from app.sources import source
from app.web import Visit, page, visit_of
from app.wizard.findings import WORDS, bands, sums

router = APIRouter()
PER_PAGE = 100
OF_FILES = frozenset(
    {
        "columns_absent",
        "documents_folder_unknown",
        "file_left_out",
        "header_missing",
        "kind_ambiguous",
        "missing_key_column",
        "unknown_columns",
        "unrecognised_file",
    }
)
KEEP_BACK = (Level.HELD, Level.SKIPPED, Level.REFUSED)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def stopped_by(migration: Migration) -> Problem | None:
    """Why a migration stopped, in words of its source; None where our own fault stopped it."""
    told = migration.problem or {}
    if told.get("code") not in catalogue():
        return None
    return Problem(told["code"], details={"source": source(migration.source).label, **(told.get("details") or {})})


@router.get("/m/{migration_id}/problems")
def look(request: Request, kind: str = "", level: str = "") -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        every = sums(session, visit.move, visit.source)
        trial = current_trial(session, visit.move)
        export = current_export(session, visit.move)
    stage = "trial" if trial is not None and trial.finished_at is not None else "read"
    if export is None or export.read_at is None:
        stage = "unread"
    chosen = [one for one in every if (not kind or one.kind == kind) and (not level or one.level == level)]
    kinds = {one.kind: one.label for one in every if one.kind}
    level_words = WORDS if stage == "trial" else {**WORDS, Level.WARNING: "Look at it"}
    told: dict[str, Any] = {
        "bands": bands(chosen, visit.source.label, is_over=State(visit.move.state) in OVER),
        "every": len(every),
        "kinds": [("", "Every kind"), *sorted(kinds.items(), key=lambda item: item[1])],
        "levels": [("", "All"), *((level.value, words) for level, words in level_words.items())],
        "kind": kind,
        "level": level,
        "stage": stage,
        "kept_back": sum(part.count for part in every if part.level in KEEP_BACK and not part.is_of_files),
        "files_kept_back": sum(part.count for part in every if part.level in KEEP_BACK and part.is_of_files),
    }
    with visit.read() as session:
        is_told = trial is not None and trial.finished_at is not None and has_true_account(session, visit.move, trial)
    if is_told and trial is not None:  # counted row by row: a row may have several problems
        balance = balance_of(trial, visit.source)
        told["kept_back"] = balance.total("held") + balance.total("skipped") + balance.total("refused")
        told["files_kept_back"] = 0  # their rows are in the balance
    return page(request, "wizard/problems.html", **told)


@router.get("/m/{migration_id}/problems/rows.csv")
def rows(request: Request) -> Response:
    """Every row that did not come, with file, line and reason, streamed however many there are."""
    visit = visit_of(request)
    headers = {"Content-Disposition": 'attachment; filename="rows-not-imported.csv"'}
    return StreamingResponse(table_of(visit), media_type="text/csv; charset=utf-8", headers=headers)


def table_of(visit: Visit) -> Iterator[str]:
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    yield "\ufeff" + as_csv(["file", "line", "kind", "number in the source", "what", "reason", "what to do", "code"])
    last = 0
    while True:
        with visit.read() as session:
            lines = session.exec(
                select(ProblemLine)
                .where(
                    *that_count(visit.move),
                    col(ProblemLine.level).in_(KEEP_BACK),
                    col(ProblemLine.id) > last,
                )
                .order_by(col(ProblemLine.id))
                .limit(1000)
            ).all()
        if not lines:
            return
        for line in lines:
            problem = Problem(line.code, details={"source": visit.source.label})
            todo = without_acts(problem.todo) if State(visit.move.state) in OVER else problem.todo
            place = [line.file, line.line, labels.get(line.kind or "", ""), line.source_id]
            yield as_csv([*place, WORDS[Level(line.level)], problem.title, todo, line.code])
        last = lines[-1].id or last


def as_csv(cells: list[object]) -> str:
    """One line. A cell that a spreadsheet would calculate gets an apostrophe before it."""
    out = io.StringIO()
    texts = ["" if cell is None else str(cell) for cell in cells]
    csv.writer(out).writerow([f"'{text}" if text.startswith(FORMULA) else text for text in texts])
    return out.getvalue()


@router.get("/m/{migration_id}/problems/{code}")
def one(request: Request, code: str, kind: str = "", start: Annotated[int, Query(ge=0, le=10**9)] = 0) -> Response:
    """One problem: the rule in plain words, who can decide, and the rows."""
    visit = visit_of(request)
    entry = catalogue().get(code)
    if entry is None:
        raise HTTPException(404)
    wanted: list[Any] = [
        *that_count(visit.move),
        ProblemLine.code == code,
    ]
    if kind:
        wanted.append(ProblemLine.kind == kind)
    with visit.read() as session:
        total = session.exec(select(func.sum(ProblemLine.count)).where(*wanted)).one() or 0
        told_lines = session.exec(select(func.count()).select_from(ProblemLine).where(*wanted)).one()
        names = sorted(session.exec(select(ProblemLine.kind).where(*wanted).distinct()).all(), key=str)
        order = (col(ProblemLine.file), col(ProblemLine.line), col(ProblemLine.id))
        found = session.exec(select(ProblemLine).where(*wanted).order_by(*order).offset(start).limit(PER_PAGE)).all()
        numbers = file_numbers(session, visit.move, {line.file for line in found if line.file and line.line})
    if not total:
        raise HTTPException(404)
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    may_look = visit.person.may(Right.REVIEW, visit.move.workspace_id)
    told: dict[str, Any] = {
        "file_numbers": numbers if visit.move.wrapped_key and may_look else {},
        "entry": entry,
        "problem": Problem(code, details={"source": visit.source.label}),
        "kinds_told": [labels.get(name or "", "the files") for name in names],
        "several": len(names) > 1,
        "has_rows": any(line.line for line in found),
        "lines": found,
        "total": total,
        "start": start,
        "end": start + len(found),
        "told_lines": told_lines,
        "per_page": PER_PAGE,
        "kind": kind,
        "labels": labels,
        "files_help": code in OF_FILES and bool(visit.move.wrapped_key),
        "level_words": WORDS[Level(found[0].level)] if found else "",
    }
    return page(request, "wizard/problem.html", **told)


def file_numbers(session: Session, migration: Migration, paths: set[str]) -> dict[str, int]:
    """By path, the numbers of the files that have parts: their rows can be looked at."""
    found = select(ExportFile.path, ExportFile.number).where(
        ExportFile.migration_id == migration.id,
        ExportFile.export_number == migration.export_number,
        col(ExportFile.path).in_(paths),
        ExportFile.number > 0,
        ExportFile.parts > 0,
    )
    return dict(session.exec(found).all())
