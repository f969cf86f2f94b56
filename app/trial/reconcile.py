"""Proves a trial: every row is accounted for, and the stored records are the records that mapping made."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlmodel import Session, select

from app.caspen.digests import trial_digest
from app.caspen.earlier_records import earlier_keys
from app.caspen.readback import SHOWN, Stamp, read_back
from app.caspen.references import dangling_links
from app.caspen.source_keys import SourceKeyLookup
from app.caspen.stores import Store
from app.db import now
from app.index.insert import pack_id
from app.index.schema import LIVE
from app.mapping.kind import Kind
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, Part, Trial
from app.problems import Problem
from app.reading.file_watch import path_of
from app.reading.reading_ledger import note_run_problems
from app.sources import source as source_named
from app.trial.account import account_of, balance, blocking_problems
from app.trial.account_seal import counted, counted_in, seal_of_trial
from app.trial.file_contents import altered_files
from app.trial.trial_context import TrialContext, trial_contexts
from app.trial.verification import NOT_VERIFIED, verify_trial
from app.worker.clean_up import drop_trials
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease, excluded_files
from app.worker.memory import peak_mb
from app.worker.outcome import Done
from app.worker.runtime import Runtime


def reconcile(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Reads the whole trial back, compares, verifies, and writes the account that the clinic reviews.

    A second call, after a worker died, does all of it again.
    """
    began = time.monotonic()
    source = source_named(migration.source)
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        files = files_of(session, migration.id, migration.export_number)
        account = account_of(session, migration, lease.run)
        counts = counted_in(session, migration.id, lease.run)
    store = runtime.caspen.trial(migration.id, trial.number)
    with beat.during():
        stored = read_back(store, migration.workspace_id, Stamp(migration.id, trial.started_at))
        dangling = dangling_links(runtime.caspen, store, migration.workspace_id)
    kinds = balance(source, files, account, stored.digests)
    paths = paths_of_parts(runtime, migration)
    verification = verify_trial(runtime, migration, beat, kinds)
    problems = [
        *(
            Problem("file_bytes_altered", f.source_kind, paths.get(f.part), f.line, f.source_id)
            for f in islice(altered_files(runtime, migration, store, beat), SHOWN)
        ),
        *(
            Problem("record_altered", kind=a.source_kind or None, source_id=a.source_id or None, line=a.line)
            for a in stored.altered
        ),
        *([Problem("record_altered")] if account.places != stored.places else []),
        *(Problem("link_broken", column=f"{d.table}.{d.column}", count=d.count) for d in dangling),
        *(Problem("rows_unaccounted", kind=k.kind) for k in kinds if not k.adds_up),
        *verification.problems,
        *gone_rows(runtime, migration, trial_contexts.of(runtime, migration), beat),
        *(Problem(NOT_VERIFIED, file=path) for path in unverified_paths(lease, verification.problems)),
    ]
    blocking = blocking_problems(problem.code for problem in problems)
    balanced = not blocking and all(kind.is_balanced for kind in kinds)
    digest = trial_digest(stored.digests, [kind.name for kind in source.kinds])
    lines = [kind.to_json() for kind in kinds]
    seal = seal_of_trial(trial, lines, balanced, digest, counted(problems, counts))

    def write(session: Session) -> None:
        done = session.get_one(Trial, (migration.id, trial.number))
        done.kinds = lines
        done.balanced = balanced
        done.digest = digest
        done.finished_at = now()
        done.peak_rss_mb = peak_mb()
        done.seconds = {
            "trial": round((now() - trial.started_at).total_seconds(), 3),
            "reconcile": round(time.monotonic() - began, 3),
        }
        session.add(done)
        note_run_problems(session, migration.id, lease.run, problems)

    return Done(
        {"looked_at": verification.counts(), "proven": seal},
        write,
        lambda: drop_trials(runtime, migration.id, but=trial.number),
    )


def unverified_paths(lease: Lease, problems: Sequence[Problem]) -> list[str]:
    """The paths of files whose reader ended in this check, without files that `problems` name."""
    named = {problem.file for problem in problems if problem.code == NOT_VERIFIED}
    return sorted({path_of(key) for key in excluded_files(lease.result)} - named)


def paths_of_parts(runtime: Runtime, migration: Migration) -> dict[int, str]:
    """By part, the path of its file in the export."""
    with runtime.ledger.read() as session:
        query = select(Part.number, ExportFile.path).where(
            Part.migration_id == migration.id,
            Part.export_number == migration.export_number,
            ExportFile.migration_id == migration.id,
            ExportFile.export_number == migration.export_number,
            ExportFile.number == Part.file_number,
        )
        return dict(session.exec(query).all())


LISTED = 500  # rows of a kind that are named; the rest is counted
_MADE = "name:"  # the keys of records that were made of a name, without a row, begin with this
_AT_ONCE = 500


def gone_rows(
    runtime: Runtime, migration: Migration, trial_context: TrialContext, beat: Heartbeat
) -> Iterator[Problem]:
    """`gone_from_export` for rows of an earlier import that this export lacks, of present kinds that are not left out.

    Their records stay unchanged: only the clinic knows whether a client was deleted in the source or the export is
    incomplete. The first LISTED rows of a kind are named, a last problem counts the others. A shared row counts once.
    """
    db, live = trial_context.index.connection, runtime.caspen.live
    numbers: dict[str, int] = dict(db.execute("SELECT name, id FROM kinds"))
    present = {
        str(name).removeprefix("present:")
        for (name,) in db.execute("SELECT name FROM state WHERE name LIKE 'present:%'")
    }
    for kind in trial_context.source.kinds:
        if not kind.imported or kind.name not in present or kind.name in trial_context.plan.leave_out_kinds:
            continue
        # A record that the row of another kind made is gone with that row, which is listed by its own kind.
        makers = [maker for maker in trial_context.source.kinds if kind.tables[0] in maker.tables[1:]]
        # What an earlier import made of a reference alone never had a row that could be gone.
        hidden = 0 if kind.tables[0] in kind.naming.record_makers else LIVE
        db.execute("CREATE TEMP TABLE gone (key TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            for keys in earlier_keys(live, migration.workspace_id, kind.tables[0], kind.name, migration.id):
                beat()
                missing = _missing_rows(db, numbers[kind.name], keys, hidden)
                in_trial = _with_records(trial_context.store, migration.workspace_id, kind, missing.keys())
                shared = {row for key, row in missing.items() if row != key}
                listed = {row for maker in makers for row in _with_records(live, migration.workspace_id, maker, shared)}
                gone = [(row,) for key, row in missing.items() if key not in in_trial and row not in listed]
                db.executemany("INSERT OR IGNORE INTO temp.gone VALUES (?)", gone)
            yield from _listed(db, kind.name)
        finally:
            db.execute("DROP TABLE temp.gone")


def _missing_rows(db: sqlite3.Connection, kind: int, keys: Iterable[str], hidden: int) -> dict[str, str]:
    """The keys of which the export has neither the row nor the shared row, each with the key of the latter."""
    rows = {key: _row_keys(key) for key in keys if not key.startswith(_MADE)}
    present = _in_export(db, kind, sorted({key for row_keys in rows.values() for key in row_keys}), hidden)
    return {key: row_keys[-1] for key, row_keys in rows.items() if present.isdisjoint(row_keys)}


def _with_records(store: Store, workspace_id: str, kind: Kind[Any], keys: Collection[str]) -> set[str]:
    """The keys under which a store has records of a kind."""
    if not keys:
        return set()
    with store.database.connection(reading=True) as connection:
        lookup = SourceKeyLookup(connection, store, workspace_id, kind.name, kind.tables[0], ())
        return {key for key, _ in lookup.of(sorted(keys))}


def _row_keys(key: str) -> tuple[str, ...]:
    """The keys under which an export may have the row of a record: its own, or that of a shared row."""
    row = key.partition(":")[0]
    return (key,) if row == key else (key, row)


def _in_export(db: sqlite3.Connection, kind: int, keys: list[str], hidden: int) -> set[str]:
    """The keys that have a row in the index; rows with a `hidden` flag do not count."""
    present: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        batch: Mapping[str | int, str] = {pack_id(key): key for key in keys[start : start + _AT_ONCE]}
        query = """SELECT id FROM things JOIN rows r ON r.row = things.row AND NOT r.flags & ?
            WHERE things.kind = ? AND id IN (SELECT value FROM json_each(?))"""
        present |= {batch[key] for (key,) in db.execute(query, (hidden, kind, json.dumps(list(batch))))}
    return present


def _listed(db: sqlite3.Connection, kind: str) -> Iterator[Problem]:
    total: int = db.execute("SELECT COUNT(*) FROM temp.gone").fetchone()[0]
    for (key,) in db.execute("SELECT key FROM temp.gone ORDER BY key LIMIT ?", (LISTED,)):
        yield Problem("gone_from_export", kind, source_id=key)
    if total > LISTED:
        yield Problem("gone_from_export", kind, count=total - LISTED)
