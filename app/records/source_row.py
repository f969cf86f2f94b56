"""The row of the export that a record was made of, read back from storage, with everything that was told of it."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, col, select

from app.db import now
from app.engine.isolated import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.engine.isolated.rows import RecordAsked, RowAnswer, RowRequest
from app.engine.reading.parts import PartHead, PartRow
from app.engine.runtime import Runtime
from app.engine.work import SPLIT
from app.errors import Stop
from app.mapping.columns import Placed, normalise_header
from app.mapping.context import DateOrder
from app.mapping.kind import Kind, Source
from app.migration.models import ExportFile, Migration, Part, ProblemLine, Trial, Work
from app.migration.plans import plan_of
from app.problems import Level, Problem, catalogue

LOAD = "parts"  # the phase of a trial in which a piece of work is a part, or a half of one that failed


class SourceGone(Exception):
    """Our copy of the export is no longer here."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell, exactly as the export had it. `placed` is None for a column that nobody knows."""

    name: str
    header: str
    text: str
    placed: Placed | None

    @property
    def column(self) -> str:
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Where a row stands in the export and what it says. `problems` name its columns where they concern one."""

    kind: Kind[Any]
    file: str
    file_number: int
    line: int
    source_id: str | None
    dates: DateOrder
    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]
    feeds: Mapping[str, frozenset[str]] | None = None  # by cell, what it feeds of the record; None: not known
    borrowed: Mapping[str, str] = field(default_factory=dict)  # by column, the cell that refers to the value's own row
    instants: Mapping[str, str] = field(default_factory=dict)  # by cell, its moment as ISO text in UTC
    record_id: str | None = None  # of the record asked for, in the source

    @property
    def stays(self) -> Problem | None:
        """Why the row did not come across, if it did not."""
        keeps = (Level.REFUSED, Level.HELD, Level.SKIPPED)
        return next((problem for problem in self.problems if problem.severity in keeps), None)


def part_of_record(session: Session, migration: Migration, trial: Trial, work: int) -> Part | None:
    """The part that a piece of a trial's work was about: a part that failed is tried in halves of other numbers."""
    half = session.get(Work, (migration.id, f"trial:{trial.number}", LOAD, work))
    number = int(half.result.get("part", work)) if half is not None else work
    return session.get(Part, (migration.id, migration.export_number, number))


def part_of_line(session: Session, migration: Migration, file_number: int, line: int) -> Part | None:
    """The part that a line of a file lies in."""
    found = select(Part).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        Part.file_number == file_number,
        Part.first_line <= line,
    )
    return session.exec(found.order_by(col(Part.first_line).desc()).limit(1)).first()


def read_source(
    runtime: Runtime, migration: Migration, source: Source, part: Part, line: int, record: RecordAsked | None = None
) -> SourceRow | None:
    """The row at a line of a part; None where no row begins there. Raises SourceGone after the export was deleted,
    and Stop with `preview_failed` or `preview_busy` where the row could not be read just now."""
    plan = plan_of(migration)
    with runtime.ledger.read() as session:
        file = session.get(ExportFile, (migration.id, migration.export_number, part.file_number))
        ledger = _told(session, migration, part, file.path, line) if file is not None else []
    if record is not None:
        record = replace(record, codes=tuple(problem.code for problem in ledger))
    request = RowRequest(
        str(runtime.objects.root),
        base64.b64encode(runtime.key(migration)).decode(),
        part.object_key,
        line,
        migration.source,
        plan.timezone,
        plan.country,
        now().date().isoformat(),
        runtime.settings.killer_marker,
        record,
    )
    try:
        found = reader().answer("row", request, RowAnswer, ReaderLimits.of(runtime.settings), migration.id)
    except ReaderBusy:
        raise Stop(Problem("preview_busy")) from None
    except ReaderFailed:
        raise Stop(Problem("preview_failed", kind=part.kind, line=line)) from None
    if found.is_gone:
        raise SourceGone
    if not found.is_there:
        return None
    kind = source.kind(found.kind)
    head = PartHead(found.kind, found.file, found.file_number, found.columns, DateOrder(found.dates))
    row = PartRow(line, found.cells, found.codes)
    told = (*found.problems, *(Problem(code, kind.name) for code in row.codes), *ledger)
    headers = file.facts.get("headers", ()) if file else ()
    return SourceRow(
        kind,
        head.file,
        head.file_number,
        line,
        found.source_id,
        head.dates,
        _cells(kind, head, row, headers),
        tuple(one.at(details={**one.details, "source": source.label}) for one in _once(told)),
        None if found.feeds is None else {name: frozenset(fed) for name, fed in found.feeds.items()},
        found.borrowed,
        found.instants,
        record.source_id if record is not None else None,
    )


def _cells(kind: Kind[Any], head: PartHead, row: PartRow, headers: Sequence[str]) -> tuple[Cell, ...]:
    placed = {one.name: one for one in kind.columns}
    said = {normalise_header(header): header for header in reversed(headers)}
    cells = []
    for name in head.columns:
        if name not in row.cells:
            continue
        own = placed.get(name.partition(":")[0])
        if own is not None and own.column.by_reading and not own.column.native:
            continue  # no cell of the export, but what reading found
        cells.append(Cell(name, _header(name, own, said), row.cells[name], own))
    return tuple(cells)


def _header(name: str, placed: Placed | None, said: Mapping[str, str]) -> str:
    """The header as the file has it, where it can be told; else the column's usual name."""
    if name.startswith("?") or placed is None:
        return name.lstrip("?")
    if placed.column.prefix:
        return f"{placed.column.prefix} {name.partition(':')[2]}".strip()
    known = (said[header] for header in sorted(placed.known_as()) if header in said)
    return next(known, placed.column.native or name)


def _told(session: Session, migration: Migration, part: Part, path: str, line: int) -> list[Problem]:
    """What the ledger has of the row: told while the export was read and settled, and by the newest trial."""
    runs = [(f"export:{migration.export_number}", [0])]
    if migration.trial_number:
        run = f"trial:{migration.trial_number}"
        runs.append((run, [part.number, *_halves(session, migration, run, part)]))
    found: list[Problem] = []
    for run, works in runs:
        lines = session.exec(
            select(ProblemLine).where(
                ProblemLine.migration_id == migration.id,
                ProblemLine.run == run,
                col(ProblemLine.part).in_(works),
                ProblemLine.line == line,
                ProblemLine.file == path,
            )
        )
        found += [
            Problem(one.code, one.kind, column=one.column, level=Level(one.level))
            for one in lines
            if one.code in catalogue()
        ]
    return found


def _halves(session: Session, migration: Migration, run: str, part: Part) -> list[int]:
    """The numbers of the pieces in which a part was tried again."""
    work = session.get(Work, (migration.id, run, LOAD, part.number))
    if work is None or work.state != SPLIT:
        return []
    later = select(Work).where(
        Work.migration_id == migration.id, Work.run == run, Work.phase == LOAD, Work.number > part.number
    )
    return [one.number for one in session.exec(later) if one.result.get("part") == part.number]


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Each code once; the one that names a column counts."""
    by_code: dict[str, list[Problem]] = {}
    for problem in problems:
        same = by_code.setdefault(problem.code, [])
        if not any(problem.column in (None, other.column) for other in same):
            same[:] = [other for other in same if other.column is not None] + [problem]
    return (problem for same in by_code.values() for problem in same)
