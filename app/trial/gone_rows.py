"""Rows of an earlier import that an export no longer has: they are listed, and nothing of them changes by itself."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.earlier_records import earlier_keys
from app.caspen.former_records import former_of_trial
from app.caspen.row_codec import shape
from app.caspen.source_keys import SourceKeyLookup
from app.caspen.stores import Store
from app.caspen.tables.column_types import Moment
from app.index.insert import pack_id
from app.index.schema import LIVE
from app.mapping.joins import joined_kind
from app.mapping.kind import Kind
from app.mapping.traits import MADE
from app.migration.completeness_warnings import Days, joined
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration
from app.problems import Problem
from app.trial.trial_context import TrialContext
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

LISTED = 500  # rows of a kind that are named; the rest is counted
_AT_ONCE = 500
CODE = "gone_from_export"

# The people whom rows of attendees name, by the row that they join. A row of attendees counts, whatever became of it.
_NAMED = """CREATE TEMP TABLE named AS SELECT DISTINCT a.source_id shared, t.source_id whom
    FROM rows r JOIN specs bs ON bs.kind = r.kind AND bs.field = :to
    JOIN refs b ON b.row = r.row AND b.spec = bs.id JOIN rows a ON a.row = b.target AND a.kind = :kind
    JOIN specs ps ON ps.kind = r.kind AND ps.field = :by
    JOIN refs p ON p.row = r.row AND p.spec = ps.id JOIN rows t ON t.row = p.target WHERE r.kind = :joiner"""
# Without rows of attendees, the list in the row counts.
_LISTED = """INSERT INTO temp.named SELECT DISTINCT a.source_id, t.source_id FROM rows a
    JOIN specs s ON s.kind = a.kind AND s.field = :of JOIN refs l ON l.row = a.row AND l.spec = s.id
    JOIN rows t ON t.row = l.target
    WHERE a.kind = :kind AND a.source_id NOT IN (SELECT shared FROM temp.named)"""
_SURVIVORS = """INSERT INTO temp.named SELECT n.shared, s.source_id FROM temp.named n
    JOIN things t ON t.id = n.whom AND t.kind = :people JOIN redirects d ON d.row = t.row
    JOIN rows s ON s.row = d.survivor"""


def gone_rows(
    runtime: Runtime, migration: Migration, trial_context: TrialContext, beat: Heartbeat
) -> Iterator[Problem]:
    """`gone_from_export` for rows of an earlier import that this export lacks, of present kinds that are not left out.

    Their records stay unchanged: only the clinic knows whether a client was deleted in the source or the export is
    incomplete. The first LISTED rows of a kind are named, a last problem counts the others. A shared row counts once.
    A record that a row no longer becomes is not gone: the row says so. Neither is a record outside the dates of files
    that hold a range of dates alone.
    """
    db = trial_context.index.connection
    present = trial_context.index.kinds_present()
    former = former_of_trial(trial_context.store, migration.id, trial_context.trial.number)
    with runtime.ledger.read() as session:
        files = files_of(session, migration.id, migration.export_number)
    for kind in trial_context.source.kinds:
        if not kind.imported or kind.name not in present or kind.name in trial_context.plan.leave_out_kinds:
            continue
        search = _GoneOfKind(runtime, migration, trial_context, kind, former, _ranges(kind.name, files))
        db.execute("CREATE TEMP TABLE gone (key TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            for gone in search.members(beat) if kind.joining is not None else search.rows(beat):
                db.executemany("INSERT OR IGNORE INTO temp.gone VALUES (?)", [(key,) for key in gone])
            _drop_parts(db)
            yield from _named_problems(db, kind.name)
        finally:
            db.execute("DROP TABLE temp.gone")


def _ranges(kind: str, files: Iterable[ExportFile]) -> tuple[Days, ...]:
    """The ranges of dates of a kind's files; empty where one of them holds all dates."""
    read = [file.facts for file in files if file.kind == kind and not file.refused]
    if any("from" not in facts or "to" not in facts for facts in read):
        return ()
    return tuple(joined((date.fromisoformat(facts["from"]), date.fromisoformat(facts["to"])) for facts in read))


class _GoneOfKind:
    """Looks for the gone rows of one kind. `former` are the ids of records that rows no longer become, by table."""

    def __init__(
        self,
        runtime: Runtime,
        migration: Migration,
        trial_context: TrialContext,
        kind: Kind[Any],
        former: Mapping[str, frozenset[str]],
        ranges: tuple[Days, ...],
    ) -> None:
        self.live, self.workspace_id, self.migration_id = runtime.caspen.live, migration.workspace_id, migration.id
        self.trial_context, self.kind, self.former, self.ranges = trial_context, kind, former, ranges
        self.db = trial_context.index.connection
        self.numbers: dict[str, int] = dict(self.db.execute("SELECT name, id FROM kinds"))
        self.zone = ZoneInfo(trial_context.plan.timezone)

    def rows(self, beat: Heartbeat) -> Iterator[set[str]]:
        """The keys of gone rows, for each page of live records."""
        kind, source = self.kind, self.trial_context.source
        # A record that the row of another kind made is gone with that row, which is listed by its own kind.
        makers = [maker for maker in source.kinds if kind.tables[0] in maker.tables[1:]]
        # What an earlier import made of a reference alone never had a row that could be gone.
        hidden = 0 if kind.tables[0] in kind.naming.record_makers else LIVE
        for keys in self._earlier(kind):
            beat()
            missing = [key for key in self._missing(keys, hidden) if not key.startswith(MADE)]
            absent = self._absent(kind, missing)
            owners = {key: owner for key in absent if (owner := key.partition(":")[0]) != key}
            made = {
                owner
                for maker in makers
                for owner in _with_records(self.live, self.workspace_id, maker, owners.values())
            }
            gone = [key for key in absent if owners.get(key) not in made]
            yield {key.partition(":")[0] if kind.sharing is not None else key for key in gone}

    def members(self, beat: Heartbeat) -> Iterator[set[str]]:
        """The keys of live records of shared rows that stand in the export and whose member's own row is gone."""
        shared = joined_kind(self.kind, self.trial_context.source)
        joining = self.kind.joining
        if shared is None or shared.sharing is None or joining is None:
            return
        values = {
            "joiner": self.numbers[self.kind.name],
            "kind": self.numbers[shared.name],
            "to": joining.row_link,
            "by": joining.owner_link,
            "of": shared.sharing.target_link,
            "people": self._people(shared, shared.sharing.target_link),
        }
        for query in (_NAMED, _LISTED, _SURVIVORS, "CREATE INDEX temp.named_pair ON named (shared, whom)"):
            self.db.execute(query, values)
        try:
            for keys in self._earlier(shared):
                beat()
                parts = {key: key.split(":") for key in keys if ":" in key}
                coming = self._in_export(shared.name, {part[0] for part in parts.values()}, LIVE)
                of_coming = [key for key, part in parts.items() if part[0] in coming]
                yield {key for key in self._absent(shared, of_coming) if not self._is_named(*parts[key][:2])}
        finally:
            self.db.execute("DROP TABLE temp.named")

    def _people(self, shared: Kind[Any], link: str) -> int | None:
        query = "SELECT target FROM specs WHERE kind = ? AND field = ?"
        known = self.db.execute(query, (self.numbers[shared.name], link)).fetchone()
        return int(known[0]) if known else None

    def _is_named(self, row: str, whom: str) -> bool:
        query = "SELECT 1 FROM temp.named WHERE shared = ? AND whom = ?"
        return self.db.execute(query, (pack_id(row), pack_id(whom))).fetchone() is not None

    def _earlier(self, kind: Kind[Any]) -> Iterator[list[str]]:
        return earlier_keys(self.live, self.workspace_id, kind.tables[0], kind.name, self.migration_id)

    def _missing(self, keys: Iterable[str], hidden: int) -> list[str]:
        """The keys of which the export has neither the row nor a row that the key begins with."""
        rows = {key: (key, *_beginnings(key)) for key in keys}
        present = self._in_export(self.kind.name, {each for some in rows.values() for each in some}, hidden)
        return [key for key, some in rows.items() if present.isdisjoint(some)]

    def _absent(self, kind: Kind[Any], keys: Collection[str]) -> list[str]:
        """The keys without a record in the trial, which no row gave up, and within the dates of the export."""
        table, ids = kind.tables[0], self.trial_context.ids
        left = set(keys) - _with_records(self.trial_context.store, self.workspace_id, kind, keys)
        given_up = self.former.get(table, frozenset())
        if given_up:
            left = {key for key in left if ids.derive(table, kind.name, key) not in given_up}
        return sorted(left & self._within(kind, left) if self.ranges else left)

    def _within(self, kind: Kind[Any], keys: Collection[str]) -> set[str]:
        """The keys of records whose start, or else whose creation, is within the dates of the export."""
        table = kind.tables[0]
        columns = shape(table).table.c
        dated = "starts_at" if "starts_at" in columns and isinstance(columns["starts_at"].type, Moment) else ""
        column = dated or "source_created_at"
        within = set[str]()
        with self.live.database.connection(reading=True) as connection:
            lookup = SourceKeyLookup(connection, self.live, self.workspace_id, kind.name, table, (column,))
            for key, cells in lookup.of(sorted(keys)):
                moment = cells[column]
                day = datetime.fromisoformat(moment).astimezone(self.zone).date() if isinstance(moment, str) else None
                if day is not None and any(since <= day <= until for since, until in self.ranges):
                    within.add(key)
        return within

    def _in_export(self, kind: str, keys: Collection[str], hidden: int) -> set[str]:
        """The keys that have a row in the index; rows with a `hidden` flag do not count."""
        present: set[str] = set()
        ordered = sorted(keys)
        for start in range(0, len(ordered), _AT_ONCE):
            present |= self.trial_context.index.rows_among(kind, ordered[start : start + _AT_ONCE], hidden)
        return present


def _beginnings(key: str) -> Iterator[str]:
    """The keys that a row may have whose records' keys go on, such as `77` of `77:1234567`."""
    return (key[:place] for place, mark in enumerate(key) if mark in ":/" and place)


def _with_records(store: Store, workspace_id: str, kind: Kind[Any], keys: Collection[str]) -> set[str]:
    """The keys under which a store has records of a kind."""
    if not keys:
        return set()
    with store.database.connection(reading=True) as connection:
        lookup = SourceKeyLookup(connection, store, workspace_id, kind.name, kind.tables[0], ())
        return {key for key, _ in lookup.of(sorted(set(keys)))}


def _drop_parts(db: sqlite3.Connection) -> None:
    """Removes the keys of which another gone key is the beginning: one row was the source of both."""
    longer = [key for (key,) in db.execute("SELECT key FROM temp.gone WHERE key LIKE '%:%'")]
    for key in longer:
        beginnings = json.dumps(list(_beginnings(key)))
        db.execute(
            "DELETE FROM temp.gone WHERE key = ? "
            "AND EXISTS (SELECT 1 FROM temp.gone WHERE key IN (SELECT value FROM json_each(?)))",
            (key, beginnings),
        )


def _named_problems(db: sqlite3.Connection, kind: str) -> Iterator[Problem]:
    total: int = db.execute("SELECT COUNT(*) FROM temp.gone").fetchone()[0]
    for (key,) in db.execute("SELECT key FROM temp.gone ORDER BY key LIMIT ?", (LISTED,)):
        yield Problem(CODE, kind, source_id=key)
    if total > LISTED:
        yield Problem(CODE, kind, count=total - LISTED)
