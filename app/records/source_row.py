"""The row of the export that a record was made of, read back from storage, with everything that was told of it."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.isolated import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.isolated.evidence import EvidenceAnswer, RecordAsked
from app.isolated.rows import RowAnswer, RowRequest
from app.mapping.context import DateOrder
from app.mapping.joins import Role
from app.mapping.kind import Kind, Source
from app.migration.fates import OLDER_ROW
from app.migration.models import ExportFile, Migration, Part, ProblemLine, Trial, Work
from app.migration.plans import plan_of
from app.problems import Level, Problem, catalogue
from app.reading.parts import PartRow
from app.records.cells import Cell, CellNames, Place
from app.worker.leases import SPLIT
from app.worker.runtime import Runtime

LOAD = "parts"  # the phase of a trial in which a piece of work is a part, or a half of one that failed


class SourceGone(Exception):
    """Our copy of the export is no longer here."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A value of the row to which a reference leads: its START, NAME or MINUTES (see `app.mapping.provenance`).

    `kind` and `place` are those of the row, None where the export has no such row.
    """

    value: str
    kind: Kind[Any] | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Where a row is in the export and what it says. `problems` name its columns where they concern one.

    `feeds` says by cell what the cell feeds of the record, None where that is not known; `instants` are the moments of
    its cells. `joined` are cells of other rows that feed the record; `taken` says by column what a reference gave;
    `assumed` and `unlike` are those of `app.mapping.provenance.Evidence`.
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
    record_id: str | None = None  # of the record asked for, in the source
    joined: tuple[Cell, ...] = ()
    taken: Mapping[str, Taken] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()

    @property
    def stays(self) -> Problem | None:
        """Why the row did not come across, if it did not."""
        keeps = (Level.REFUSED, Level.HELD, Level.SKIPPED)
        return next((one for one in self.problems if one.severity in keeps or one.code == OLDER_ROW), None)


def part_of_record(session: Session, migration: Migration, trial: Trial, work: int) -> Part | None:
    """The part that a piece of a trial's work was about: a part that failed is tried in halves of other numbers."""
    half = session.get(Work, (migration.id, f"trial:{trial.number}", LOAD, work))
    number = int(half.facts.get("part", work)) if half is not None else work
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
    if not migration.wrapped_key:
        raise SourceGone
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
    row = PartRow(line, found.cells, found.codes)
    told = (*found.problems, *(Problem(code, kind.name) for code in row.codes), *ledger)
    names = CellNames(kind, found.file, file, row.cells)
    own = SourceRow(
        kind,
        found.file,
        found.file_number,
        line,
        found.source_id,
        DateOrder(found.dates),
        tuple(names.cells(found.columns)),
        tuple(one.at(details={**one.details, "source": source.label}) for one in _once(told)),
        record_id=record.source_id if record is not None else None,
    )
    return own if found.evidence is None else _with_evidence(runtime, migration, source, own, found.evidence, names)


def _with_evidence(
    runtime: Runtime, migration: Migration, source: Source, row: SourceRow, evidence: EvidenceAnswer, names: CellNames
) -> SourceRow:
    """A row with what it and other rows feed of the record."""
    with runtime.ledger.read() as session:
        numbers = {joined.file_number for joined in evidence.joined}
        files = {n: session.get(ExportFile, (migration.id, migration.export_number, n)) for n in numbers}
    cells: dict[tuple[Place | None, str], Cell] = {}
    places: dict[str, tuple[Kind[Any], Place]] = {}  # of rows to which references lead, by the column that they feed
    for joined in evidence.joined:
        kind = source.kind(joined.kind)
        place = Place(joined.file, joined.file_number, joined.line)
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
        if joined.role is Role.TARGET:
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
    return [one.number for one in session.exec(later) if one.facts.get("part") == part.number]


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Each code once; the one that names a column counts."""
    by_code: dict[str, list[Problem]] = {}
    for problem in problems:
        same = by_code.setdefault(problem.code, [])
        if not any(problem.column in (None, other.column) for other in same):
            same[:] = [other for other in same if other.column is not None] + [problem]
    return (problem for same in by_code.values() for problem in same)
