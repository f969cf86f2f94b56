"""What a person must read about the export: one line per problem, each with its rows, and all of them as a table."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, func, select

from app.mapping.kind import Source
from app.migration.models import Migration, ProblemLine
from app.migration.problem_lines import that_count
from app.problems import Entry, Level, Problem, catalogue
from app.sources import source
from app.web import Visit, page, visit_of

router = APIRouter()
PER_PAGE = 100
ORDER = {level: number for number, level in enumerate(Level)}
WORDS = {
    Level.STOPS: "Stopped",
    Level.REFUSED: "File not readable",
    Level.HELD: "Waits for a decision",
    Level.SKIPPED: "Does not move",
    Level.WARNING: "Came across, look at it",
    Level.INFO: "Good to know",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class ProblemSum:
    """One problem of one kind, and how many rows have it."""

    entry: Entry
    level: Level
    kind: str | None
    label: str
    count: int

    @property
    def words(self) -> str:
        return WORDS[self.level]


def sums(session: Session, migration: Migration, origin: Source) -> list[ProblemSum]:
    """Every problem, the ones that keep rows back first, then by number of rows."""
    labels = {kind.name: kind.label for kind in origin.kinds}
    found = session.exec(
        select(ProblemLine.code, ProblemLine.level, ProblemLine.kind, func.sum(ProblemLine.count))
        .where(*that_count(migration))
        .group_by(col(ProblemLine.code), col(ProblemLine.level), col(ProblemLine.kind))
    ).all()
    words = catalogue()
    told = [
        ProblemSum(words[code], Level(level), kind, labels.get(kind or "", "Files"), count)
        for code, level, kind, count in found
    ]
    return sorted(told, key=lambda one: (ORDER[one.level], -one.count, one.entry.code))


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
    chosen = [one for one in every if (not kind or one.kind == kind) and (not level or one.level == level)]
    kinds = {one.kind: one.label for one in every if one.kind}
    told: dict[str, Any] = {
        "problems": chosen,
        "every": len(every),
        "kinds": [("", "Every kind"), *sorted(kinds.items(), key=lambda item: item[1])],
        "levels": [("", "All"), *((level.value, words) for level, words in WORDS.items())],
        "kind": kind,
        "level": level,
        "keeps_back": sum(one.count for one in every if one.level in (Level.HELD, Level.SKIPPED, Level.REFUSED)),
    }
    return page(request, "wizard/problems.html", **told)


@router.get("/m/{migration_id}/problems/rows.csv")
def rows(request: Request) -> Response:
    """Every row that did not come, with file, line and reason, streamed however many there are."""
    visit = visit_of(request)
    headers = {"Content-Disposition": 'attachment; filename="rows-not-imported.csv"'}
    return StreamingResponse(table_of(visit), media_type="text/csv; charset=utf-8", headers=headers)


def table_of(visit: Visit) -> Iterator[str]:
    words, labels = catalogue(), {kind.name: kind.label for kind in visit.source.kinds}
    yield "\ufeff" + as_csv(["file", "line", "kind", "number in the source", "what", "reason", "what to do", "code"])
    last = 0
    while True:
        with visit.read() as session:
            lines = session.exec(
                select(ProblemLine)
                .where(
                    *that_count(visit.move),
                    col(ProblemLine.level).in_((Level.HELD, Level.SKIPPED, Level.REFUSED)),
                    col(ProblemLine.id) > last,
                )
                .order_by(col(ProblemLine.id))
                .limit(1000)
            ).all()
        if not lines:
            return
        for line in lines:
            entry, label = words[line.code], labels.get(line.kind or "", "")
            said = [line.file, line.line, label, line.source_id, WORDS[Level(line.level)]]
            yield as_csv([*said, entry.title, entry.todo, line.code])
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
        order = (col(ProblemLine.file), col(ProblemLine.line), col(ProblemLine.id))
        found = session.exec(
            select(ProblemLine).where(*wanted).order_by(*order).offset(start).limit(PER_PAGE)
        ).all()
    if not total:
        raise HTTPException(404)
    told: dict[str, Any] = {
        "entry": entry,
        "lines": found,
        "total": total,
        "start": start,
        "end": start + len(found),
        "told_lines": told_lines,
        "per_page": PER_PAGE,
        "kind": kind,
        "labels": {one.name: one.label for one in visit.source.kinds},
        "level_words": WORDS[Level(found[0].level)] if found else "",
    }
    return page(request, "wizard/problem.html", **told)
