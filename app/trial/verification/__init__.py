"""Verification of a trial: compares raw files with stored records, by other code than reading and mapping.

Verification counts the rows of every file that was read again, and compares some hundred rows of each file cell by
cell. Reported problems of these rows are checked as well. A file that cannot be verified is reported as `not_verified`:
verification never ends the trial that it checks.
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
from app.reading.refusal import Refused
from app.reading.watched_export import open_migration_export
from app.sources import source as source_named
from app.storage import CannotOpen
from app.trial.trial_context import trial_contexts
from app.trial.verification.column_verdicts import Sampled
from app.trial.verification.plain import plain_rows
from app.trial.verification.raw_rows import RawFiles
from app.trial.verification.spot_check import SpotCheck, compare_sample, verify_attached
from app.trial.verification.table_lines import NotPlain
from app.worker.failure_causes import is_away, is_gone, no_room, stack_lines
from app.worker.heartbeat import Heartbeat, WorkerStopping
from app.worker.leases import LostLease
from app.worker.runtime import Runtime

ROWS = 300  # sampled of a file, with at most SIGNS characters in all
SIGNS = 4_000_000
LONGEST = 1_000_000  # characters of a row that is compared
BEAT_ROWS = 2_000
FILES = "files"  # Caspen's table
NOT_VERIFIED = "not_verified"
_ENDS = (LostLease, WorkerStopping, CannotOpen)  # failures of the work itself instead of a file
_UNREAD = frozenset({"unrecognised_file"})  # the only code of a file that a recognised header contradicts
_PLAIN_ID = re.compile(r"[A-Za-z0-9_:-]+")  # ids changed by a spreadsheet are left to reading
log = structlog.get_logger()


@dataclass
class Verification:
    """The result of a verification: what was compared, and the problems. `not_plain` counts files not verified."""

    files: int = 0
    rows: int = 0
    cells: int = 0
    not_plain: int = 0
    problems: list[Problem] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The numbers of verified files, rows and cells, and of files not verified, as JSON."""
        return {"files": self.files, "rows": self.rows, "cells": self.cells, "not_plain": self.not_plain}

    def note_unverified(self, kind: str | None, path: str | None, fault: Exception | None = None) -> None:
        """Reports a file that could not be verified, and logs the failure of our code, if there was one."""
        self.not_plain += 1
        self.problems.append(Problem(NOT_VERIFIED, kind, path))
        _log(kind, fault)


def _log(kind: str | None, fault: Exception | None) -> None:
    """Logs where the code failed, without cell values."""
    if fault is not None and not isinstance(fault, NotPlain | Refused):
        log.error("verification_failed", fault=type(fault).__name__, at=stack_lines(fault), kind=kind)


@dataclass
class _Sample:
    """Sampled rows of a file by line, and the total number of rows. `keyed`: whether the rows have ids."""

    rows: dict[int, Sampled] = field(default_factory=dict)
    total: int = 0
    keyed: bool = False


def verify_trial(runtime: Runtime, migration: Migration, beat: Heartbeat, kinds: Sequence[KindBalance]) -> Verification:
    """Verifies every file that was read and clients' files. `kinds` are the balances of their rows.

    A failure of our code is reported as `not_verified`. Raises failures of the disk, a database or the storage, and
    what ends the work. A second call verifies again.
    """
    verification = Verification()
    with _noting_failures(runtime, verification), open_migration_export(runtime, migration, beat) as files:
        _verify_files(runtime, migration, beat, kinds, files, verification)
    return verification


def _verify_files(
    runtime: Runtime,
    migration: Migration,
    beat: Heartbeat,
    kinds: Sequence[KindBalance],
    export: ExportFiles,
    verification: Verification,
) -> None:
    source = source_named(migration.source)
    whole = {kind.kind for kind in kinds if not kind.left_out}
    moving = {kind.name for kind in source.kinds if kind.imported}
    with runtime.ledger.read() as session:
        files = files_of(session, migration.id, migration.export_number)
        verdicts = _verdicts(session, migration)
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
        session.expunge_all()
    raw = RawFiles(export, source, plan.column_pairs)
    lacking = trial_contexts.of(runtime, migration).lacking
    verifiable = [f for f in files if not f.refused and f.kind in moving and f.path not in raw.attached]
    named = partial(_named, raw, verifiable, beat)
    listed = _kind_of_files(source)
    moved_before = trial_contexts.of(runtime, migration).index.earlier_keys(listed) if listed else {}
    for file in verifiable:
        verified_kinds = [verified_kind for verified_kind in source.verified_kinds if verified_kind.kind == file.kind]
        spot_checks = [
            SpotCheck(
                runtime,
                migration,
                verified_kind,
                verified_kind.has_own_record and verified_kind.kind in whole,
                named,
                export.attached.at,
                lacking.kept_of(source.kind(verified_kind.kind), file.number, verified_kind.table),
                moved_before if file.kind == listed else {},
            )
            for verified_kind in verified_kinds
        ]
        with _noting_failures(runtime, verification, file.kind, file.path):
            _verify_file(spot_checks, raw, file, verification, beat)
    verification.problems += _missed_files(export.entries, files, verdicts, source)
    with _noting_failures(runtime, verification, _kind_of_files(source)):
        verification.problems += _attached(runtime, migration, export.attached, kinds, beat)


@contextmanager
def _noting_failures(
    runtime: Runtime, verification: Verification, kind: str | None = None, path: str | None = None
) -> Iterator[None]:
    """Reports a failure in the block as `not_verified` for this kind and file.

    Raises failures of the disk, a database or the storage again: the work waits for these and is tried again.
    """
    try:
        yield
    except _ENDS:
        raise
    except Exception as fault:
        if no_room(fault) or is_away(fault) or is_gone(runtime, fault):
            raise
        verification.note_unverified(kind, path, fault)


def _verify_file(
    spot_checks: Sequence[SpotCheck], raw: RawFiles, file: ExportFile, verification: Verification, beat: Heartbeat
) -> None:
    """Counts the rows of a file and compares some of them. Raises NotPlain where the file cannot be verified."""
    sample = _sampled(raw, file, [each.verified_kind for each in spot_checks], beat)
    verification.files += 1
    verification.rows += sample.total
    if sample.total != file.rows:
        difference = abs(sample.total - file.rows)
        verification.problems.append(Problem("rows_miscounted", file.kind, file.path, count=difference))
    if sample.total and spot_checks and not sample.keyed:
        verification.note_unverified(file.kind, file.path)
        return
    for each in spot_checks:
        results = compare_sample(each, file, sample.rows)
        verification.cells += results.compared.total()
        verification.problems += results.problems(file)
        for header, fault in results.faults.items():
            _log(file.kind, fault)
            if header in results.failed:
                verification.note_unverified(file.kind, file.path)
                verification.problems[-1] = verification.problems[-1].at(column=header)


def _sampled(raw: RawFiles, file: ExportFile, verified_kinds: Sequence[VerifiedKind], beat: Heartbeat) -> _Sample:
    """Samples rows by a hash of their ids, so that every verification takes the same rows."""
    sample, room, step = _Sample(), SIGNS, max(1, file.rows // ROWS)
    keys = frozenset(map(bare_header, verified_kinds[0].key_headers if verified_kinds else ()))
    for line, row in raw.rows(file, verified_kinds):
        sample.total += 1
        if sample.total % BEAT_ROWS == 0:
            beat()
        sample.keyed = sample.keyed or not keys.isdisjoint(row)
        cell = next((cell for header, cell in row.items() if cell and header in keys), "")
        source_id = cell.strip("=\"' ")
        if _PLAIN_ID.fullmatch(source_id) and room > 0 and zlib.crc32(source_id.encode()) % step == 0:
            signs = sum(map(len, row.values()))
            if signs <= LONGEST:
                sample.rows[line] = Sampled(source_id, cell, row)
                room -= signs
        del row  # the next row may be as large
    return sample


def _named(
    raw: RawFiles, files: Sequence[ExportFile], beat: Heartbeat, rule: OverridingKind, keys: Set[str]
) -> Set[str] | None:
    """Of some ids, those that rows of a kind name; None where a file of the kind cannot be verified."""
    named_ids: set[str] = set()
    try:
        for file in (file for file in files if file.kind == rule.kind):
            for number, (_, row) in enumerate(raw.rows(file, ()), start=1):
                if number % BEAT_ROWS == 0:
                    beat()
                if (name := first_filled(row, *rule.headers)) in keys:
                    named_ids.add(name)
    except (NotPlain, Refused, OSError):
        return None
    return named_ids


def _missed_files(
    entries: Iterable[FileEntry], files: Sequence[ExportFile], verdicts: dict[str, set[str]], source: Source
) -> Iterator[Problem]:
    """Files that reading skipped without a reported reason, although they have the headers of a kind that moves.

    Files that were left out, refused, or of another kind have a reported reason. The lists of a file are checked one by
    one.
    """
    whole = {parts[0] for file in files if (parts := split_list_path(file.path)) is not None}
    kinds = {file.path: file.kind for file in files}
    encodings = {file.path: file.facts.get("encoding") for file in files}
    for entry in entries:
        explained = bool(verdicts.get(entry.path, set()) - _UNREAD) or kinds.get(entry.path) is not None
        if explained or entry.page or entry.refused or entry.path in whole:
            continue
        if verified_kind := _recognised_kind(entry, encodings.get(entry.path), source):
            yield Problem("rows_miscounted", verified_kind.kind, entry.path)


def _recognised_kind(entry: FileEntry, encoding: str | None, source: Source) -> VerifiedKind | None:
    """The only kind with the headers of a file's first row, or None."""
    try:
        _, first = next(plain_rows(entry.open, encoding, raw_format=source.raw_format), (0, {}))
    except (NotPlain, Refused, OSError):
        return None
    return next(
        (verified_kind for verified_kind in source.verified_kinds if verified_kind.fits(frozenset(first))), None
    )


def _attached(
    runtime: Runtime, migration: Migration, entries: EntryList, kinds: Sequence[KindBalance], beat: Heartbeat
) -> Iterator[Problem]:
    """Problems of clients' files, each of which is a row of the kind of files, with or without a list."""
    name = _kind_of_files(source_named(migration.source))
    if kind := next((kind for kind in kinds if kind.kind == name), None):
        yield from verify_attached(runtime, migration, entries, kind, beat)
    elif name and entries:
        yield Problem("rows_miscounted", name, count=len(entries))


def _kind_of_files(source: Source) -> str | None:
    return next((verified_kind.kind for verified_kind in source.verified_kinds if verified_kind.table == FILES), None)


def _verdicts(session: Session, migration: Migration) -> dict[str, set[str]]:
    """By file, the codes that reading reported for the whole file."""
    lines = select(ProblemLine.file, ProblemLine.code).where(
        ProblemLine.migration_id == migration.id,
        ProblemLine.run == f"export:{migration.export_number}",
        col(ProblemLine.file).is_not(None),
        col(ProblemLine.line).is_(None),
    )
    codes: dict[str, set[str]] = {}
    for path, code in session.exec(lines.distinct()):
        codes.setdefault(str(path), set()).add(code)
    return codes
