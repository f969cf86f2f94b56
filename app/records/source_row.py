"""The source row of a record, read back from storage, with its problems."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.isolated.evidence import EvidenceAnswer, RecordRequest
from app.isolated.reader import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.isolated.row_job import RowAnswer, RowRequest
from app.mapping.context import DateOrder
from app.mapping.joins import JoinRole
from app.mapping.kind import Kind, Source
from app.migration.fates import OLDER_ROW
from app.migration.models import ExportFile, Migration, Part, ProblemLine, Trial, Work
from app.migration.plans import plan_of
from app.problems import Level, Problem, catalogue
from app.reading.parts import PartRow
from app.reading.problem_counts import NEVER_OF_PAGES, row_problem
from app.reading.recognise import DOCUMENT
from app.records.shown_cells import Cell, CellNames, CellPlace
from app.worker.leases import SPLIT
from app.worker.runtime import Runtime

LOAD = "parts"  # the phase of a trial whose work items are parts, or halves of failed parts


class SourceGone(Exception):
    """Our copy of the export is deleted."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A value of a referenced row: its START, NAME or MINUTES (see `app.mapping.cell_changes`).

    `kind` and `place` are those of the row, None if the export has no such row.
    """

    value: str
    kind: Kind[Any] | None = None
    place: CellPlace | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row's place in the export, its cells and problems. A problem names its column if it concerns a single column.

    `feeds` holds the record's columns by cell, None if unknown. `instants` are the moments of its cells. `joined` are
    cells of other rows that feed the record. `taken` holds values of referenced rows by column. `assumed` and
    `unlike` are those of `app.mapping.experiments.Evidence`.
    """

    kind: Kind[Any]
    file: str
    file_number: int
    line: int
    source_id: str | None
    dates: DateOrder
    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]
    feeds: Mapping[str, frozenset[str]] | None = None
    instants: Mapping[str, str] = field(default_factory=dict)
    record_id: str | None = None  # the requested record's id in the source
    joined: tuple[Cell, ...] = ()
    taken: Mapping[str, Taken] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()

    @property
    def kept_back_by(self) -> Problem | None:
        """The problem that kept the row back, or None."""
        keeps = (Level.REFUSED, Level.HELD, Level.SKIPPED)
        return next(
            (problem for problem in self.problems if problem.severity in keeps or problem.code == OLDER_ROW), None
        )


def part_of_record(session: Session, migration: Migration, trial: Trial, work: int) -> Part | None:
    """The part of a trial's work item. Halves of a failed part have numbers of their own."""
    half = session.get(Work, (migration.id, f"trial:{trial.number}", LOAD, work))
    number = int(half.facts.get("part", work)) if half is not None else work
    return session.get(Part, (migration.id, migration.export_number, number))


def part_of_line(session: Session, migration: Migration, file_number: int, line: int) -> Part | None:
    """The part that contains a line of a file."""
    parts = select(Part).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        Part.file_number == file_number,
        Part.first_line <= line,
    )
    return session.exec(parts.order_by(col(Part.first_line).desc()).limit(1)).first()


def read_source(
    runtime: Runtime, migration: Migration, source: Source, part: Part, line: int, record: RecordRequest | None = None
) -> SourceRow | None:
    """Reads the row at a line of a part. None if no row begins there.

    Raises SourceGone after the export was deleted, and Stop with `preview_failed` or `preview_busy` if the row cannot
    be read now.
    """
    if not migration.wrapped_key:
        raise SourceGone
    plan = plan_of(migration)
    with runtime.ledger.read() as session:
        file = session.get(ExportFile, (migration.id, migration.export_number, part.file_number))
        ledger = _ledger_problems(session, migration, part, file.path, line) if file is not None else []
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
        response = reader().answer("row", request, RowAnswer, ReaderLimits.of(runtime.settings), migration.id)
    except ReaderBusy:
        raise Stop(Problem("preview_busy")) from None
    except ReaderFailed:
        raise Stop(Problem("preview_failed", kind=part.kind, line=line)) from None
    if response.is_gone:
        raise SourceGone
    if not response.is_there:
        return None
    kind = source.kind(response.kind)
    row = PartRow(line, response.cells, response.codes)
    never = NEVER_OF_PAGES if file is not None and file.dialect == DOCUMENT else frozenset[str]()
    parsing = (problem for problem in response.problems if problem.code not in never)
    problems = (*parsing, *(row_problem(code).at(kind=kind.name) for code in row.codes), *ledger)
    names = CellNames(kind, response.file, file, row.cells)
    own = SourceRow(
        kind,
        response.file,
        response.file_number,
        line,
        response.source_id,
        DateOrder(response.dates),
        tuple(names.cells(response.columns)),
        tuple(problem.at(details={**problem.details, "source": source.label}) for problem in _once(problems)),
        record_id=record.source_id if record is not None else None,
    )
    return (
        own if response.evidence is None else _with_evidence(runtime, migration, source, own, response.evidence, names)
    )


def _with_evidence(
    runtime: Runtime, migration: Migration, source: Source, row: SourceRow, evidence: EvidenceAnswer, names: CellNames
) -> SourceRow:
    """Adds what the row and other rows feed of the record."""
    with runtime.ledger.read() as session:
        numbers = {joined.file_number for joined in evidence.joined}
        files = {n: session.get(ExportFile, (migration.id, migration.export_number, n)) for n in numbers}
    cells: dict[tuple[CellPlace | None, str], Cell] = {}
    places: dict[str, tuple[Kind[Any], CellPlace]] = {}  # referenced rows, by the column that they feed
    for joined in evidence.joined:
        kind = source.kind(joined.kind)
        place = CellPlace(joined.file, joined.file_number, joined.line)
        named = CellNames(kind, joined.file, files[joined.file_number], joined.cells)
        feeds = named.shown({name: frozenset(fed) for name, fed in joined.feeds.items()})
        for cell in named.cells(joined.columns):
            fed = feeds.get(cell.name, frozenset())
            known = cells.get((place, cell.name))
            cells[place, cell.name] = replace(
                cell,
                place=place,
                feeds=fed | known.feeds if known is not None else fed,
                instant=joined.instants.get(cell.name, ""),
                problems=tuple(p for p in joined.problems if p.column in (cell.name, cell.column)),
            )
        if joined.role is JoinRole.TARGET:
            places |= {column: (kind, place) for fed in feeds.values() for column in fed}
    taken = {column: Taken(borrowed.value, *places.get(column, ())) for column, borrowed in evidence.borrowed.items()}
    return replace(
        row,
        feeds=names.shown({name: frozenset(fed) for name, fed in evidence.feeds.items()}),
        instants=evidence.instants,
        joined=tuple(cells.values()),
        taken=taken,
        assumed=frozenset(evidence.assumed),
        unlike=frozenset(evidence.unlike),
    )


def _ledger_problems(session: Session, migration: Migration, part: Part, path: str, line: int) -> list[Problem]:
    """The ledger's problems of the row, from reading and settling the export and from the newest trial."""
    runs = [(f"export:{migration.export_number}", [0])]
    if migration.trial_number:
        run = f"trial:{migration.trial_number}"
        runs.append((run, [part.number, *_halves(session, migration, run, part)]))
    problems: list[Problem] = []
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
        problems += [
            Problem(row.code, row.kind, column=row.column, level=Level(row.level))
            for row in lines
            if row.code in catalogue()
        ]
    return problems


def _halves(session: Session, migration: Migration, run: str, part: Part) -> list[int]:
    """The numbers of the halves in which a part was tried again."""
    work = session.get(Work, (migration.id, run, LOAD, part.number))
    if work is None or work.state != SPLIT:
        return []
    later = select(Work).where(
        Work.migration_id == migration.id, Work.run == run, Work.phase == LOAD, Work.number > part.number
    )
    return [half.number for half in session.exec(later) if half.facts.get("part") == part.number]


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Each code once. A problem with a column replaces a problem without."""
    by_code: dict[str, list[Problem]] = {}
    for problem in problems:
        same = by_code.setdefault(problem.code, [])
        if not any(problem.column in (None, other.column) for other in same):
            same[:] = [other for other in same if other.column is not None] + [problem]
    return (problem for same in by_code.values() for problem in same)
