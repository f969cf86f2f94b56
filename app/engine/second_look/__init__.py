"""A second look at a trial: from raw files straight to stored records, past everything that read and mapped them.

Every row of a plain file is counted again; some hundred rows of each file are compared cell by cell. What the catalogue
has told of a row is known, and such a row is left out. The rest must be found as it was written.
"""

import re
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.engine import Connection
from sqlmodel import Session, col, select

from app.caspen.sought import Sought
from app.caspen.stores import Store
from app.engine.heartbeat import Heartbeat
from app.engine.read import found_in
from app.engine.reading.entries import Entry
from app.engine.runtime import Runtime
from app.engine.second_look.alike import alike
from app.engine.second_look.plain import Cells, NotPlain, plain_rows
from app.mapping.plan import CREATE, Plan
from app.mapping.second_look import How, Look, Seen
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.problems import Level, Problem
from app.sources import source as source_named

ROWS = 300  # of a file, and of at most so many signs in all
SIGNS = 4_000_000
LONGEST = 1_000_000  # signs of a row that is compared
BEAT_ROWS = 2_000
_PLAIN_ID = re.compile(r"[A-Za-z0-9_:-]+")  # what a spreadsheet did to an id, reading mends and tells
FEW, SHARE = 2, 50  # a column differs when one cell in fifty does, and more than one; fewer are a doubt


@dataclass
class Looked:
    """What was looked at, and what was not found as it was written."""

    files: int = 0
    rows: int = 0
    cells: int = 0
    not_plain: int = 0
    problems: list[Problem] = field(default_factory=list)

    def told(self) -> dict[str, int]:
        return {"files": self.files, "rows": self.rows, "cells": self.cells, "not_plain": self.not_plain}


@dataclass
class _Sample:
    """Some rows of one file by their ids, and how many there are in all."""

    rows: dict[str, Cells] = field(default_factory=dict)
    total: int = 0


@dataclass(frozen=True, slots=True)
class _Eyes:
    """What is looked at with: `own` says that every row of which nothing is told must have a record."""

    runtime: Runtime
    migration: Migration
    look: Look
    own: bool


def look_again(runtime: Runtime, migration: Migration, beat: Heartbeat, whole: Container[str]) -> Looked:
    """Looks at every plain file that was read. `whole`: kinds of which the clinic leaves nothing out."""
    looked = Looked()
    looks = {look.kind: look for look in source_named(migration.source).looks}
    with runtime.ledger.read() as session:
        files = {file.path: file for file in files_of(session, migration.id, migration.export_number)}
        copies = _copies(session, migration)
    with found_in(runtime, migration, beat) as found:
        for entry in found.entries:
            file = files.get(entry.path)
            if file is None or file.refused or entry.refused:
                continue
            if look := looks.get(file.kind or ""):
                _look_at(_Eyes(runtime, migration, look, look.own and look.kind in whole), entry, file, looked, beat)
            elif file.size and file.path not in copies:
                looked.problems += _missed(entry, file, looks.values())
    return looked


def _missed(entry: Entry, file: ExportFile, looks: Iterable[Look]) -> Iterator[Problem]:
    """A file that was taken for nothing, or for another kind, and whose headers are plainly those of one that moves."""
    try:
        rows = list(islice(plain_rows(entry.open, entry.size, file.encoding), 1))
        headers = frozenset(rows[0]) if rows else frozenset()
        for look in looks:
            if look.fits(headers):
                yield Problem("rows_miscounted", look.kind, file.path)
    except NotPlain:
        return


def _look_at(eyes: _Eyes, entry: Entry, file: ExportFile, looked: Looked, beat: Heartbeat) -> None:
    try:
        sample = _sampled(entry, file, eyes.look, beat)
    except NotPlain:
        looked.not_plain += 1
        return
    looked.files += 1
    looked.rows += sample.total
    if sample.total != file.rows:
        difference = abs(sample.total - file.rows)
        looked.problems.append(Problem("rows_miscounted", file.kind, file.path, count=difference))
    looked.problems += _compared(eyes, file, sample, looked)


def _sampled(entry: Entry, file: ExportFile, look: Look, beat: Heartbeat) -> _Sample:
    """Every so many-th row, by a hash of its id, so that the same rows are looked at each time."""
    sample, room, step = _Sample(), SIGNS, max(1, file.rows // ROWS)
    key: str | None = None
    for row in plain_rows(entry.open, entry.size, file.encoding):
        sample.total += 1
        if sample.total % BEAT_ROWS == 0:
            beat()
        key = key or next((header for header in look.key if header in row), None)
        if key is None:
            raise NotPlain
        source_id = row.get(key, "").strip("=\"' ")
        if _PLAIN_ID.fullmatch(source_id) and room > 0 and zlib.crc32(source_id.encode()) % step == 0:
            signs = sum(map(len, row.values()))
            if signs <= LONGEST:
                sample.rows[source_id] = row
                room -= signs
        del row  # the next one may be as large
    return sample


def _compared(eyes: _Eyes, file: ExportFile, sample: _Sample, looked: Looked) -> Iterator[Problem]:
    runtime, migration, look = eyes.runtime, eyes.migration, eyes.look
    with runtime.ledger.read() as session:
        explained = _explained(session, migration, look.kind)
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
    rows = {key: row for key, row in sample.rows.items() if key not in explained}
    columns = tuple(sorted({seen.column for seen in look.seen}))
    store = runtime.caspen.trial(migration.id, migration.trial_number)
    compared: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    seen_again: set[str] = set()
    with store.database.connection(reading=True) as connection:
        at = (connection, store, migration.workspace_id)
        targets = {seen.column: _led(at, seen, rows) for seen in look.seen if seen.how is How.LINK}
        for key, record in Sought(*at, look.kind, look.table, columns).of(sorted(rows)):
            seen_again.add(key)
            for seen in look.seen:
                verdict = _verdict(seen, _cell(rows[key], seen), record.get(seen.column), targets)
                compared[seen.headers[0]] += verdict is not None
                if verdict is False:
                    wrong.setdefault(seen.headers[0], []).append(key)
        if eyes.own:
            due = {key for key in rows if plan.choice(look.kind, key) == CREATE}  # a match has a record already
            compared[look.key[0]] = len(due)
            wrong[look.key[0]] = sorted(due - seen_again)
    looked.cells += compared.total()
    for header, keys in wrong.items():
        if keys:
            yield _told(file, header, keys, compared[header])


def _led(at: tuple[Connection, Store, str], seen: Seen, rows: Mapping[str, Cells]) -> dict[str, str]:
    """By the ids that cells name, the ids in Caspen of what this very trial brings of them."""
    named = sorted({cell for row in rows.values() if (cell := _cell(row, seen))})
    return {key: str(record["id"]) for key, record in Sought(*at, seen.kind, seen.table, ("id",)).of(named)}


def _told(file: ExportFile, header: str, keys: Sequence[str], compared: int) -> Problem:
    sure = (len(keys) >= FEW and len(keys) * SHARE >= compared) or compared < FEW
    code = "cells_not_found" if sure else "cells_in_doubt"
    return Problem(code, file.kind, file.path, source_id=keys[0], column=header, count=len(keys))


def _cell(row: Mapping[str, str], seen: Seen) -> str:
    return next((row[header] for header in seen.headers if row.get(header)), "")


def _verdict(seen: Seen, cell: str, stored: object, targets: Mapping[str, Mapping[str, str]]) -> bool | None:
    """Whether the cell is found as it was written; None where it says nothing, or cannot be compared."""
    if not cell:
        return None
    if seen.how is How.LINK:
        wanted = targets.get(seen.column, {}).get(cell)
        return None if wanted is None else stored == wanted
    return alike(seen.how, cell, stored)


def _copies(session: Session, migration: Migration) -> set[str | None]:
    """Files that were left out because another one is the same, or that may be of several kinds: both are told."""
    told = select(ProblemLine.file).where(
        ProblemLine.migration_id == migration.id,
        ProblemLine.run == f"export:{migration.export_number}",
        col(ProblemLine.code).in_(("duplicate_file_in_bundle", "kind_ambiguous")),
    )
    return set(session.exec(told.distinct()))


def _explained(session: Session, migration: Migration, kind: str) -> set[str]:
    """The rows of which something is told: whatever differs there has been said, or may come of it."""
    runs = (f"export:{migration.export_number}", f"trial:{migration.trial_number}")
    lines = select(ProblemLine.source_id).where(
        ProblemLine.migration_id == migration.id,
        col(ProblemLine.run).in_(runs),
        ProblemLine.kind == kind,
        col(ProblemLine.source_id).is_not(None),
        ProblemLine.level != Level.INFO.value,
    )
    return {str(source_id) for source_id in session.exec(lines.distinct())}
