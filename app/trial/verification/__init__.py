"""A second look at a trial: from raw files straight to stored records, past everything that read and mapped them.

Every row of every file that was read is counted again; some hundred rows of each file are compared cell by cell. Each
reported problem of a row is held against the row as well. The rest must be found as it was written. A file that
cannot be verified, for whatever reason, is named `not_verified`: verification never ends the trial that it checks.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlmodel import Session, col, select

from app.mapping.kind import Source
from app.mapping.plan import Plan
from app.mapping.verified_kinds import OverridingKind, VerifiedKind, bare_header, first_filled
from app.migration.balance import KindBalance
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.problems import Problem
from app.reading.entries import ExportFiles, FileEntry
from app.reading.entry_table import EntryList
from app.reading.naming import split_list_path
from app.reading.read_export import open_migration_export
from app.reading.refusal import Refused
from app.sources import source as source_named
from app.storage import CannotOpen
from app.trial.verification.compared import Eyes, hold_against, look_at_attached
from app.trial.verification.compared_rows import Sampled
from app.trial.verification.plain import plain_rows
from app.trial.verification.raw_rows import RawFiles
from app.trial.verification.table_lines import NotPlain
from app.worker.failure_causes import is_away, is_gone, no_room, stack_lines
from app.worker.heartbeat import Heartbeat, WorkerStopping
from app.worker.leases import LostLease
from app.worker.runtime import Runtime

ROWS = 300  # of a file, and of at most so many signs in all
SIGNS = 4_000_000
LONGEST = 1_000_000  # signs of a row that is compared
BEAT_ROWS = 2_000
FILES = "files"  # Caspen's table of them
NOT_VERIFIED = "not_verified"
_ENDS = (LostLease, WorkerStopping, CannotOpen)  # these concern the work itself, and not the verification of a file
_UNREAD = frozenset({"unrecognised_file"})  # the only verdict that a header of a moving kind contradicts
_PLAIN_ID = re.compile(r"[A-Za-z0-9_:-]+")  # what a spreadsheet did to an id, reading mends and tells
log = structlog.get_logger()


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

    def not_verified(self, kind: str | None, path: str | None, fault: Exception | None = None) -> None:
        """Names a file that could not be verified."""
        self.not_plain += 1
        self.problems.append(Problem(NOT_VERIFIED, kind, path))
        _log(kind, fault)


def _log(kind: str | None, fault: Exception | None) -> None:
    """Says where the code failed, and no cell's value."""
    if fault is not None and not isinstance(fault, NotPlain | Refused):
        log.error("verification_failed", fault=type(fault).__name__, at=stack_lines(fault), kind=kind)


@dataclass
class _Sample:
    """Some rows of one file by their lines, and how many there are in all. `keyed`: whether the rows have ids."""

    rows: dict[int, Sampled] = field(default_factory=dict)
    total: int = 0
    keyed: bool = False


def look_again(runtime: Runtime, migration: Migration, beat: Heartbeat, kinds: Sequence[KindBalance]) -> Looked:
    """Verifies every file that was read, and clients' own. `kinds`: what became of their rows. Raises no fault of
    its own: whatever fails is `not_verified`."""
    looked = Looked()
    with _never_failing(runtime, looked), open_migration_export(runtime, migration, beat) as found:
        _look_at_all(runtime, migration, beat, kinds, found, looked)
    return looked


def _look_at_all(
    runtime: Runtime,
    migration: Migration,
    beat: Heartbeat,
    kinds: Sequence[KindBalance],
    found: ExportFiles,
    looked: Looked,
) -> None:
    source = source_named(migration.source)
    whole = {kind.kind for kind in kinds if not kind.left_out}
    moving = {kind.name for kind in source.kinds if kind.imported}
    with runtime.ledger.read() as session:
        files = files_of(session, migration.id, migration.export_number)
        verdicts = _verdicts(session, migration)
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
        session.expunge_all()
    raw = RawFiles(found, source, plan.column_pairs)
    judged = [f for f in files if not f.refused and f.kind in moving and f.path not in raw.attached]
    named = partial(_named, raw, judged, beat)
    for file in judged:
        looks = [look for look in source.verified_kinds if look.kind == file.kind]
        eyes = [
            Eyes(runtime, migration, look, look.has_own_record and look.kind in whole, named, found.attached.at)
            for look in looks
        ]
        with _never_failing(runtime, looked, file.kind, file.path):
            _look_at(eyes, raw, file, looked, beat)
    looked.problems += _missed(found.entries, files, verdicts, source)
    with _never_failing(runtime, looked, _kind_of_files(source)):
        looked.problems += _attached(runtime, migration, found.attached, kinds, beat)


@contextmanager
def _never_failing(
    runtime: Runtime, looked: Looked, kind: str | None = None, path: str | None = None
) -> Iterator[None]:
    """Turns any failure inside into `not_verified` for this kind and file.

    A failure of a disk, a database or the storage is raised again: the work waits for these, and tries once more.
    """
    try:
        yield
    except _ENDS:
        raise
    except Exception as fault:
        if no_room(fault) or is_away(fault) or is_gone(runtime, fault):
            raise
        looked.not_verified(kind, path, fault)


def _look_at(eyes: Sequence[Eyes], raw: RawFiles, file: ExportFile, looked: Looked, beat: Heartbeat) -> None:
    """Counts the rows of a file and compares some of them. Raises NotPlain where the file cannot be verified."""
    sample = _sampled(raw, file, [each.look for each in eyes], beat)
    looked.files += 1
    looked.rows += sample.total
    if sample.total != file.rows:
        difference = abs(sample.total - file.rows)
        looked.problems.append(Problem("rows_miscounted", file.kind, file.path, count=difference))
    if sample.total and eyes and not sample.keyed:
        looked.not_verified(file.kind, file.path)
        return
    for each in eyes:
        found = hold_against(each, file, sample.rows)
        looked.cells += found.compared.total()
        looked.problems += found.problems(file)
        for header, fault in found.faults.items():
            _log(file.kind, fault)
            if header in found.failed:
                looked.not_verified(file.kind, file.path)
                looked.problems[-1] = looked.problems[-1].at(column=header)


def _sampled(raw: RawFiles, file: ExportFile, looks: Sequence[VerifiedKind], beat: Heartbeat) -> _Sample:
    """Every so many-th row, by a hash of its id, so that the same rows are looked at each time."""
    sample, room, step = _Sample(), SIGNS, max(1, file.rows // ROWS)
    keys = [bare_header(header) for header in looks[0].key] if looks else []
    key: str | None = None
    for line, row in raw.rows(file, looks):
        sample.total += 1
        if sample.total % BEAT_ROWS == 0:
            beat()
        key = key or next((header for header in keys if header in row), None)
        cell = row.get(key, "") if key else ""
        source_id = cell.strip("=\"' ")
        if _PLAIN_ID.fullmatch(source_id) and room > 0 and zlib.crc32(source_id.encode()) % step == 0:
            signs = sum(map(len, row.values()))
            if signs <= LONGEST:
                sample.rows[line] = Sampled(source_id, cell, row)
                room -= signs
        del row  # the next one may be as large
    sample.keyed = key is not None
    return sample


def _named(
    raw: RawFiles, files: Sequence[ExportFile], beat: Heartbeat, rule: OverridingKind, keys: Set[str]
) -> Set[str] | None:
    """Of some ids, those that the rows of a kind name; None where a file of the kind cannot be verified."""
    found: set[str] = set()
    try:
        for file in (file for file in files if file.kind == rule.kind):
            for number, (_, row) in enumerate(raw.rows(file, ()), start=1):
                if number % BEAT_ROWS == 0:
                    beat()
                if (name := first_filled(row, *rule.headers)) in keys:
                    found.add(name)
    except (NotPlain, Refused, OSError):
        return None
    return found


def _missed(
    entries: Iterable[FileEntry], files: Sequence[ExportFile], verdicts: dict[str, set[str]], source: Source
) -> Iterator[Problem]:
    """Files that reading passed over although their headers are those of a kind that moves, and no verdict says why.

    A file that the clinic left out, that was refused, or that is of another kind has such a verdict. Of a file that was
    read list by list, each list has its own.
    """
    whole = {parts[0] for file in files if (parts := split_list_path(file.path)) is not None}
    kinds = {file.path: file.kind for file in files}
    encodings = {file.path: file.facts.get("encoding") for file in files}
    for entry in entries:
        explained = bool(verdicts.get(entry.path, set()) - _UNREAD) or kinds.get(entry.path) is not None
        if explained or entry.page or entry.refused or entry.path in whole:
            continue
        if look := _plainly(entry, encodings.get(entry.path), source.verified_kinds):
            yield Problem("rows_miscounted", look.kind, entry.path)


def _plainly(entry: FileEntry, encoding: str | None, looks: Iterable[VerifiedKind]) -> VerifiedKind | None:
    """The kind that a file can only be of, by the headers in its first row."""
    try:
        _, first = next(plain_rows(entry.open, encoding), (0, {}))
    except (NotPlain, Refused, OSError):
        return None
    return next((look for look in looks if look.fits(frozenset(first))), None)


def _attached(
    runtime: Runtime, migration: Migration, entries: EntryList, kinds: Sequence[KindBalance], beat: Heartbeat
) -> Iterator[Problem]:
    """Clients' own files, which are rows of one kind in the export, whether a list names them or not."""
    name = _kind_of_files(source_named(migration.source))
    if kind := next((kind for kind in kinds if kind.kind == name), None):
        yield from look_at_attached(runtime, migration, entries, kind, beat)
    elif name and entries:
        yield Problem("rows_miscounted", name, count=len(entries))


def _kind_of_files(source: Source) -> str | None:
    return next((look.kind for look in source.verified_kinds if look.table == FILES), None)


def _verdicts(session: Session, migration: Migration) -> dict[str, set[str]]:
    """By file, the codes that reading gave for the file as a whole."""
    lines = select(ProblemLine.file, ProblemLine.code).where(
        ProblemLine.migration_id == migration.id,
        ProblemLine.run == f"export:{migration.export_number}",
        col(ProblemLine.file).is_not(None),
        col(ProblemLine.line).is_(None),
    )
    found: dict[str, set[str]] = {}
    for path, code in session.exec(lines.distinct()):
        found.setdefault(str(path), set()).add(code)
    return found
