"""A second look at a trial: from raw files straight to stored records, past everything that read and mapped them.

Every row of a plain file is counted again; some hundred rows of each file are compared cell by cell. What the catalogue
has told of a row is held against the row as well. The rest must be found as it was written.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlmodel import Session, col, select

from app.engine.heartbeat import Heartbeat
from app.engine.read import found_in
from app.engine.reading.entries import Entry
from app.engine.runtime import Runtime
from app.engine.second_look.attached import look_at_attached
from app.engine.second_look.compared import Eyes, hold_against
from app.engine.second_look.plain import NotPlain, plain_rows
from app.mapping.second_look import Cells, Look, bare
from app.migration.balance import KindBalance
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, ProblemLine
from app.problems import Problem
from app.sources import source as source_named

ROWS = 300  # of a file, and of at most so many signs in all
SIGNS = 4_000_000
LONGEST = 1_000_000  # signs of a row that is compared
BEAT_ROWS = 2_000
FILES = "files"  # Caspen's table of them
NO_KEY = "missing_key_column"  # of the kind that it was taken for: it may be of another
_PLAIN_ID = re.compile(r"[A-Za-z0-9_:-]+")  # what a spreadsheet did to an id, reading mends and tells


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


def look_again(runtime: Runtime, migration: Migration, beat: Heartbeat, kinds: Sequence[KindBalance]) -> Looked:
    """Looks at every plain file that was read, and at clients' own. `kinds`: what became of their rows."""
    looked, source = Looked(), source_named(migration.source)
    whole = {kind.kind for kind in kinds if not kind.left_out}
    looks: dict[str, list[Look]] = {}
    for look in source.looks:
        looks.setdefault(look.kind, []).append(look)
    with runtime.ledger.read() as session:
        files = {file.path: file for file in files_of(session, migration.id, migration.export_number)}
        copies = _copies(session, migration)
    there = frozenset(str(file.kind) for file in files.values() if file.rows and not file.refused)
    with found_in(runtime, migration, beat) as found:
        attached = {entry.path: entry for entry in found.attached}
        for entry in found.entries:
            file = files.get(entry.path)
            if file is None or entry.refused or file.refused not in (None, NO_KEY):
                continue
            eyes = [
                Eyes(runtime, migration, look, look.own and look.kind in whole, there, attached)
                for look in looks.get(file.kind or "", ())
                if not file.refused
            ]
            if not (eyes and _looked_at(eyes, entry, file, looked, beat)) and file.size and file.path not in copies:
                looked.problems += _missed(entry, file, source.looks)
        looked.problems += _attached(runtime, migration, found.attached, kinds, beat)
    return looked


def _attached(
    runtime: Runtime, migration: Migration, entries: Sequence[Entry], kinds: Sequence[KindBalance], beat: Heartbeat
) -> Iterator[Problem]:
    """Clients' own files, which stand in the export as rows of one kind, whether a list names them or not."""
    name = next((look.kind for look in source_named(migration.source).looks if look.table == FILES), None)
    if kind := next((kind for kind in kinds if kind.kind == name), None):
        yield from look_at_attached(runtime, migration, entries, kind, beat)
    elif name and entries:
        yield Problem("rows_miscounted", name, count=len(entries))


def _missed(entry: Entry, file: ExportFile, looks: Iterable[Look]) -> Iterator[Problem]:
    """A file that was taken for nothing, or for another kind, and whose headers are plainly those of one that moves."""
    try:
        rows = list(islice(plain_rows(entry.open, entry.size, file.encoding), 1))
        headers = frozenset(rows[0]) if rows else frozenset()
        for look in looks:
            if look.kind != file.kind and look.fits(headers):
                yield Problem("rows_miscounted", look.kind, file.path)
    except NotPlain:
        return


def _looked_at(eyes: list[Eyes], entry: Entry, file: ExportFile, looked: Looked, beat: Heartbeat) -> bool:
    """Whether the file could be looked at."""
    try:
        sample = _sampled(entry, file, eyes[0].look, beat)
    except NotPlain:
        looked.not_plain += 1
        return False
    looked.files += 1
    looked.rows += sample.total
    if sample.total != file.rows:
        difference = abs(sample.total - file.rows)
        looked.problems.append(Problem("rows_miscounted", file.kind, file.path, count=difference))
    for each in eyes:
        found = hold_against(each, file, sample.rows)
        looked.cells += found.compared.total()
        looked.problems += found.problems(file)
    return True


def _sampled(entry: Entry, file: ExportFile, look: Look, beat: Heartbeat) -> _Sample:
    """Every so many-th row, by a hash of its id, so that the same rows are looked at each time."""
    sample, room, step = _Sample(), SIGNS, max(1, file.rows // ROWS)
    key: str | None = None
    for row in plain_rows(entry.open, entry.size, file.encoding):
        sample.total += 1
        if sample.total % BEAT_ROWS == 0:
            beat()
        key = key or next((header for header in map(bare, look.key) if header in row), None)
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


def _copies(session: Session, migration: Migration) -> set[str | None]:
    """Files that were left out because another one is the same, or that may be of several kinds: both are told."""
    told = select(ProblemLine.file).where(
        ProblemLine.migration_id == migration.id,
        ProblemLine.run == f"export:{migration.export_number}",
        col(ProblemLine.code).in_(("duplicate_file_in_bundle", "kind_ambiguous")),
    )
    return set(session.exec(told.distinct()))
