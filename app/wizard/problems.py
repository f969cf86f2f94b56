"""The problems of the export: a line for each, with its rows, and all of them as a table."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, func, or_, select, tuple_

from app.access.rights import Right
from app.formatting import own_number, plural
from app.index.part import PARENT
from app.mapping.columns import normalise_header
from app.mapping.kind import Kind, Source
from app.mapping.rows import Outcome
from app.migration.exports import current_export
from app.migration.fates import (
    KEEP_BACK,
    ROWS_LEFT_OUT,
    RowFates,
    keeps_row_back,
    load_fates,
    outcome_of,
    outcomes_of_rows,
    ranked_lines,
)
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.migration.problem_lines import that_count
from app.migration.states import OVER, State
from app.migration.trials import current_trial
from app.problems import Level, Problem, catalogue
from app.sources import source
from app.templating import todo_in_state
from app.trial.account import has_true_account
from app.web.page_context import Visit, page, visit_of
from app.web.sent_numbers import SentNumber
from app.wizard.findings import LEFT_OUT, NO_REASON, WORDS, bands, require_known_codes, sums
from app.wizard.later_export import offers_later_export
from app.wizard.row_links import LinkedRow, linked_rows
from app.wizard.trial_view import record_view

router = APIRouter()
PER_PAGE = 100
BROUGHT_WORDS, CHECK_WORDS, NONE_BROUGHT_WORDS = "Came across", "Look at it", "None of these rows came across"
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
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def stopped_by(migration: Migration) -> Problem | None:
    """Why a migration stopped, as a problem. None for a fault of this product."""
    stop = migration.problem
    if stop is None or migration.problem_code not in catalogue():
        return None
    details = {"source": source(migration.source).label, **(stop.get("details") or {})}
    return Problem(migration.problem_code, details=details)


@router.get("/m/{migration_id}/problems")
def show_problems(request: Request, kind: str = "", level: str = "") -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        fates = fates_of_visit(session, visit)
        every = sums(session, visit.move, visit.source, fates)
        trial = current_trial(session, visit.move)
        export = current_export(session, visit.move)
    stage = "trial" if trial is not None and trial.finished_at is not None else "read"
    if export is None or export.read_at is None:
        stage = "unread"
    chosen = [each for each in every if (not kind or each.kind == kind) and (not level or each.fate == level)]
    kinds = {each.kind: each.label for each in every if each.kind}
    level_words = WORDS if stage == "trial" else {**WORDS, Level.WARNING.value: "Look at it"}
    if not any(each.fate == LEFT_OUT for each in every):
        level_words = {name: words for name, words in level_words.items() if name != LEFT_OUT}
    values: dict[str, Any] = {
        "bands": bands(chosen, visit.source.label, is_over=State(visit.move.state) in OVER),
        "every": len(every),
        "kinds": [("", "Every kind"), *sorted(kinds.items(), key=lambda item: item[1])],
        "levels": [("", "All"), *level_words.items()],
        "kind": kind,
        "level": level,
        "stage": stage,
        "adds_up": fates is not None,
        "kept_back": sum(part.count for part in every if part.level in KEEP_BACK and not part.is_of_files),
        "files_kept_back": sum(part.count for part in every if part.level in KEEP_BACK and part.is_of_files),
    }
    if fates is not None:  # counts each row once: a row may have several problems
        values["kept_back"] = fates.total()
        values["files_kept_back"] = 0  # their rows are in the account
    return page(request, "wizard/problems.html", **values)


def fates_of_visit(session: Session, visit: Visit) -> RowFates | None:
    """The account of the newest trial. None before it is finished, and if the account was changed outside the
    product.
    """
    trial = current_trial(session, visit.move)
    if trial is None or trial.finished_at is None or not has_true_account(session, visit.move, trial):
        return None
    return load_fates(session, visit.move, trial, visit.source)


@router.get("/m/{migration_id}/problems/rows.csv")
def download_rows(request: Request) -> Response:
    """Every row that did not come, with file, line and reason, as streamed CSV."""
    visit = visit_of(request)
    with visit.read() as session:
        require_known_codes(session, visit.move)  # fails before the stream starts
    record_view(visit, "rows_downloaded", {})
    headers = {"Content-Disposition": 'attachment; filename="rows-not-imported.csv"'}
    return StreamingResponse(table_of(visit), media_type="text/csv; charset=utf-8", headers=headers)


def table_of(visit: Visit) -> Iterator[str]:
    """The lines of the table. The column "rows" adds up to the rows that did not come.

    Rows that share a reason are a single line for each file or kind. All other rows have a line for each problem, and
    a row's first line counts 1.
    """
    heads = ["file", "line", "kind", "number in the source", "what", "reason", "what to do", "code", "rows"]
    yield "\ufeff" + as_csv(heads)
    with visit.read() as session:
        fates = fates_of_visit(session, visit)
        files = lines_of_files(session, visit.move, fates)
    for reason in fates.reasons if fates is not None else ():
        if reason.rows and (reason.path or reason.code in ("", ROWS_LEFT_OUT)):
            label = reason.label if reason.kind else ""
            place: list[object] = [reason.path or None, None, label, None]
            yield as_csv([*place, WORDS[reason.outcome.value], *reason_words(visit, reason.code), reason.rows])
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    for line in files:
        place = [line.file, line.line, labels.get(line.kind or "", ""), own_number(line.source_id)]
        yield as_csv([*place, WORDS[line.level], *reason_words(visit, line.code), 0])
    for line, is_first in lines_of_rows(visit):
        place = [line.file, line.line, labels.get(line.kind or "", ""), own_number(line.source_id)]
        yield as_csv([*place, WORDS[outcome_of(line).value], *reason_words(visit, line.code), int(is_first)])


def reason_words(visit: Visit, code: str) -> list[str]:
    """A reason, what to do, and the code."""
    if code not in catalogue():
        return [NO_REASON, "", ""]
    problem = Problem(code, details={"source": visit.source.label})
    return [problem.title, todo_in_state(problem.todo, State(visit.move.state)), code]


def lines_of_files(session: Session, migration: Migration, fates: RowFates | None) -> list[ProblemLine]:
    """Problems that keep whole files back and are not the reason of counted rows, such as files without rows."""
    run = f"trial:{migration.trial_number}"
    lines = session.exec(
        select(ProblemLine)
        .where(
            *that_count(migration),
            col(ProblemLine.level).in_(KEEP_BACK),
            or_(col(ProblemLine.run) != run, col(ProblemLine.line).is_(None)),
        )
        .order_by(col(ProblemLine.id))
    ).all()
    reasons = fates.by_path if fates is not None else {}
    return [line for line in lines if (line.file or "") not in reasons or reasons[line.file or ""].code != line.code]


def lines_of_rows(visit: Visit) -> Iterator[tuple[ProblemLine, bool]]:
    """Each problem that kept a row back in the trial, and whether it is the first of its row. By part and line."""
    place = (col(ProblemLine.part), col(ProblemLine.line), col(ProblemLine.id))
    last: tuple[int, int, int] = (-1, -1, -1)
    before: tuple[str | None, int | None] | None = None
    while True:
        with visit.read() as session:
            lines = session.exec(
                select(ProblemLine)
                .where(
                    ProblemLine.migration_id == visit.move.id,
                    ProblemLine.run == f"trial:{visit.move.trial_number}",
                    keeps_row_back(),
                    col(ProblemLine.line).is_not(None),
                    tuple_(*place) > last,
                )
                .order_by(*place)
                .limit(1000)
            ).all()
        if not lines:
            return
        for line in lines:
            row = (line.file, line.line)
            yield line, row != before
            before, last = row, (line.part, line.line or 0, line.id or 0)


def as_csv(cells: Sequence[object]) -> str:
    """A CSV line. A cell that a spreadsheet would evaluate gets an apostrophe in front."""
    out = io.StringIO()
    texts = ["" if cell is None else str(cell) for cell in cells]
    csv.writer(out).writerow([f"'{text}" if text.startswith(FORMULA) else text for text in texts])
    return out.getvalue()


@router.get("/m/{migration_id}/problems/{code}")
def show_problem(request: Request, code: str, kind: str = "", start: SentNumber = 0) -> Response:
    """A problem: the rule in plain words, who can decide, and the rows."""
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
        has_lines = session.exec(select(ProblemLine.id).where(*wanted).limit(1)).first() is not None
        if not has_lines:  # reading reported the problem, and no row with it came across
            read = col(ProblemLine.run) == f"export:{visit.move.export_number}"
            mine = [ProblemLine.migration_id == visit.move.id, ProblemLine.code == code, read]
            wanted = [*mine, ProblemLine.kind == kind] if kind else mine
        total = session.exec(select(func.sum(ProblemLine.count)).where(*wanted)).one() or 0
        line_count = session.exec(select(func.count()).select_from(ProblemLine).where(*wanted)).one()
        names = sorted(session.exec(select(ProblemLine.kind).where(*wanted).distinct()).all(), key=str)
        order = (col(ProblemLine.file), col(ProblemLine.line), col(ProblemLine.id))
        lines = session.exec(select(ProblemLine).where(*wanted).order_by(*order).offset(start).limit(PER_PAGE)).all()
        paths = {line.file for line in lines if line.file and line.line}
        numbers = file_numbers(session, visit.move, paths)
        headers = headers_of(session, visit.move, paths, visit.source)
        fates = fates_of_visit(session, visit)
        became = became_of(session, visit.move, code, kind, fates) if fates is not None else Counter[str]()
        places = {(line.file, line.line) for line in lines if line.file and line.line}
        trial = current_trial(session, visit.move)
        outcomes = outcomes_of_rows(session, visit.move, trial, places) if fates is not None and trial else {}
    waiting = waiting_of(visit, trial, lines, numbers) if code == PARENT else {}
    if not total and not became:
        raise HTTPException(404)
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    may_review = visit.person.may(Right.REVIEW, visit.move.workspace_id)
    alone = [each for each in fates.reasons if each.code == code and each.kind == (kind or each.kind)] if fates else []
    values: dict[str, Any] = {
        "file_numbers": numbers if visit.move.wrapped_key and may_review else {},
        "entry": entry,
        "problem": Problem(code, details={"source": visit.source.label}),
        "kinds_listed": [labels.get(name or "", "the files") for name in names] or [each.label for each in alone],
        "several": len(names) > 1,
        "waiting": waiting,
        "later_export": offers_later_export(visit, Problem(code)) and bool(set(became) & {"held", "refused"}),
        "has_rows": any(line.line for line in lines) or bool(became),
        "lines": [(line, became_words(line, outcomes, fates) if has_lines else "") for line in lines],
        "has_counts": any(line.count > 1 and not (fates and line.file in fates.by_path) for line in lines),
        "alone": [] if lines else alone,
        "total": became.total() or total,
        "start": start,
        "end": start + len(lines),
        "line_count": line_count,
        "per_page": PER_PAGE,
        "kind": kind,
        "headers": headers,
        "labels": labels,
        "files_help": code in OF_FILES and bool(visit.move.wrapped_key),
        "became": [(count, WORDS.get(name, BROUGHT_WORDS)) for name, count in became.most_common()],
        "level_words": NONE_BROUGHT_WORDS
        if not has_lines
        else WORDS[lines[0].level]
        if lines and lines[0].level != Level.WARNING
        else CHECK_WORDS,
    }
    return page(request, "wizard/problem.html", **values)


def waiting_of(
    visit: Visit, trial: Trial | None, lines: Iterable[ProblemLine], numbers: Mapping[str, int]
) -> dict[tuple[str | None, int | None], LinkedRow]:
    """By file and line, the rows that held rows wait for."""
    places = {
        (numbers[line.file], line.line): (line.file, line.line)
        for line in lines
        if line.line and line.file and line.file in numbers
    }
    return {places[place]: linked for place, linked in linked_rows(visit, trial, places).items()}


def became_of(session: Session, migration: Migration, code: str, kind: str, fates: RowFates) -> Counter[str]:
    """Rows with a problem, by outcome. Rows that came have an empty name.

    Problems of whole files count the file's rows if all of them share the reason.
    """
    first = ranked_lines(migration.id, migration.trial_number).subquery()
    is_of_it = (first.c.place == 1) & (first.c.file == col(ProblemLine.file)) & (first.c.line == col(ProblemLine.line))
    wanted = [
        col(ProblemLine.migration_id) == migration.id,
        col(ProblemLine.run) == f"trial:{migration.trial_number}",
        col(ProblemLine.code) == code,
        col(ProblemLine.line).is_not(None),
        *([col(ProblemLine.kind) == kind] if kind else []),
    ]
    level_counts = session.execute(
        sa.select(first.c.level, func.sum(ProblemLine.count))
        .select_from(ProblemLine)
        .join(first, is_of_it, isouter=True)
        .where(*wanted)
        .group_by(first.c.level)
    ).all()
    became = Counter({level or "": int(count) for level, count in level_counts})
    for reason in fates.reasons:
        if reason.code == code and reason.kind == (kind or reason.kind) and (reason.path or code == ROWS_LEFT_OUT):
            became[reason.outcome.value] += reason.rows
    return +became


def became_words(line: ProblemLine, outcomes: Mapping[tuple[str, int], Outcome], fates: RowFates | None) -> str:
    """The outcome of a line's row, or of the file's rows. "" if unknown."""
    if fates is None:
        return ""
    reason = fates.by_path.get(line.file or "")
    if reason is not None:
        return f"{WORDS[reason.outcome.value]}, {plural(reason.rows, 'row')}"
    outcome = outcomes.get((line.file or "", line.line or 0))
    return WORDS[outcome.value] if outcome is not None else BROUGHT_WORDS if line.line else ""


def headers_of(session: Session, migration: Migration, paths: set[str], source: Source) -> dict[str, dict[str, str]]:
    """The file's own header for each of our columns, by path. Missing columns are left out."""
    files = select(ExportFile).where(
        ExportFile.migration_id == migration.id,
        ExportFile.export_number == migration.export_number,
        col(ExportFile.path).in_(paths),
        col(ExportFile.kind).is_not(None),
    )
    return {
        file.path: named_columns(source.kind(str(file.kind)), file.facts.get("headers", ()))
        for file in session.exec(files)
    }


def named_columns(kind: Kind[Any], headers: Iterable[str]) -> dict[str, str]:
    """The file's header for each column of the kind that the file has."""
    known = {kind.layout.normalise(header): header for header in headers}
    named = {}
    for each in kind.columns:
        names = (each.name, each.column.native, *each.column.headers)
        header = next((known[name] for name in map(normalise_header, names) if name in known), None)
        if header is not None:
            named[each.name] = header
    return named


def file_numbers(session: Session, migration: Migration, paths: set[str]) -> dict[str, int]:
    """The numbers of files with parts, by path. Their rows can be opened."""
    numbers = select(ExportFile.path, ExportFile.number).where(
        ExportFile.migration_id == migration.id,
        ExportFile.export_number == migration.export_number,
        col(ExportFile.path).in_(paths),
        ExportFile.number > 0,
        ExportFile.parts > 0,
    )
    return dict(session.exec(numbers).all())
