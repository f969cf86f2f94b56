"""Rows that an earlier, finalised import brought and that a later export no longer has: listed, and asked about.

Nothing of them changes by itself: only the clinic knows whether a client was deleted
in the source or the export was cut.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from app.caspen.earlier import earlier_keys
from app.caspen.sought import Sought
from app.caspen.stores import Store
from app.engine.bench import Bench
from app.engine.heartbeat import Heartbeat
from app.engine.index.insert import pack_id
from app.engine.index.schema import LIVE
from app.engine.runtime import Runtime
from app.mapping.kind import Kind
from app.migration.models import Migration
from app.problems import Problem

LISTED = 500  # rows of a kind that are named; the rest is counted
_MADE = "name:"  # the key of what was made of a name: it has no row
_AT_ONCE = 500


def gone_rows(runtime: Runtime, migration: Migration, bench: Bench, beat: Heartbeat) -> Iterator[Problem]:
    """`gone_from_export` for every kind that the export has and the clinic does not leave out.

    The first 500 rows of a kind are named, the last problem counts the others. A group's row counts once, and is in the
    export while its own row is.
    """
    db = bench.index.connection
    numbers: dict[str, int] = dict(db.execute("SELECT name, id FROM kinds"))
    present = {
        str(name).removeprefix("present:")
        for (name,) in db.execute("SELECT name FROM state WHERE name LIKE 'present:%'")
    }
    for kind in bench.source.kinds:
        if not kind.imported or kind.name not in present or kind.name in bench.plan.leave_out_kinds:
            continue
        # What an earlier import made of a reference alone never had a row that could be gone.
        hidden = 0 if kind.tables[0] in kind.made else LIVE
        db.execute("CREATE TEMP TABLE gone (key TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            for keys in earlier_keys(
                runtime.caspen.live, migration.workspace_id, kind.tables[0], kind.name, migration.id
            ):
                beat()
                lacking = _lacking(db, numbers[kind.name], keys, hidden)
                made = _in_trial(bench.store, migration.workspace_id, kind, lacking.keys())
                gone = [(row,) for key, row in lacking.items() if key not in made]
                db.executemany("INSERT OR IGNORE INTO temp.gone VALUES (?)", gone)
            yield from _listed(db, kind.name)
        finally:
            db.execute("DROP TABLE temp.gone")


def _lacking(db: sqlite3.Connection, kind: int, keys: Iterable[str], hidden: int) -> dict[str, str]:
    """The keys of which the export has neither the row nor the row that they are a part of, with that row's key."""
    rows = {key: _row_keys(key) for key in keys if not key.startswith(_MADE)}
    there = _in_export(db, kind, sorted({key for several in rows.values() for key in several}), hidden)
    return {key: several[-1] for key, several in rows.items() if there.isdisjoint(several)}


def _in_trial(store: Store, workspace_id: str, kind: Kind[Any], keys: Collection[str]) -> set[str]:
    """The keys that the trial has all the same: of records that several rows or only names make."""
    if not keys:
        return set()
    with store.database.connection(reading=True) as connection:
        sought = Sought(connection, store, workspace_id, kind.name, kind.tables[0], ())
        return {key for key, _ in sought.of(sorted(keys))}


def _row_keys(key: str) -> tuple[str, ...]:
    """The keys under which an export may have a record's row: its own, or that of the row that made several records."""
    row = key.partition(":")[0]
    return (key,) if row == key else (key, row)


def _in_export(db: sqlite3.Connection, kind: int, keys: list[str], hidden: int) -> set[str]:
    """The keys that have a row in the index; rows with a `hidden` flag do not count."""
    there: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some: Mapping[str | int, str] = {pack_id(key): key for key in keys[start : start + _AT_ONCE]}
        query = """SELECT id FROM things JOIN rows r ON r.row = things.row AND NOT r.flags & ?
            WHERE things.kind = ? AND id IN (SELECT value FROM json_each(?))"""
        there |= {some[key] for (key,) in db.execute(query, (hidden, kind, json.dumps(list(some))))}
    return there


def _listed(db: sqlite3.Connection, kind: str) -> Iterator[Problem]:
    total: int = db.execute("SELECT COUNT(*) FROM temp.gone").fetchone()[0]
    for (key,) in db.execute("SELECT key FROM temp.gone ORDER BY key LIMIT ?", (LISTED,)):
        yield Problem("gone_from_export", kind, source_id=key)
    if total > LISTED:
        yield Problem("gone_from_export", kind, count=total - LISTED)
