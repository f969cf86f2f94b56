"""The context in which a worker maps the rows of a trial: plan, look-ups, index, lists and store.

A process builds the context once for a trial and keeps it from part to part.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.caspen.former_records import has_earlier
from app.caspen.kept_columns import load_delivered
from app.caspen.record_ids import Ids
from app.caspen.stores import Store
from app.index.rows_aside import RowsAside
from app.index.store import Index, remove
from app.index.stored_index import materialise
from app.mapping.context import Context
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.parse import RowParser, parser_of
from app.mapping.plan import Plan
from app.mapping.rows import Delivered
from app.mapping.trial_json import TrialFacts
from app.migration.exports import files_of
from app.migration.models import Migration, Part, Trial, Work
from app.reading.parts import PartHead, PartRow, read_part
from app.sources import source as source_named
from app.storage.encryption import Sealing
from app.trial.delivered_columns import Lacking, lacking_columns
from app.trial.kind_parts import parts_of
from app.trial.trial_facts import lookups_of, settled
from app.worker.runtime import Runtime

CACHE_KIB = 512
MAKE = """CREATE TABLE listed (kind TEXT, key TEXT, number INTEGER, head INTEGER, cells BLOB,
    PRIMARY KEY (kind, key, number)) WITHOUT ROWID"""
FIND = "SELECT head, cells FROM listed WHERE kind = ? AND key = ? ORDER BY number"


class LookupLists:
    """The lists of an export in which mapping looks rows up, such as a clinic's prices.

    The rows are in a private SQLite file of this process, each sealed with the migration's key: neither memory nor
    unencrypted data grows with a list. `by_kind` has the list of each kind, by the rows' own ids or by the ids of the
    rows that they refer to.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        remove(path)
        self.path = path
        self.by_kind: dict[str, LookupList] = {}
        self._sealing = Sealing(key, "list")
        self._heads: dict[tuple[str, ...], int] = {}
        self._db = sqlite3.connect(path, check_same_thread=False)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(MAKE)

    def add(self, kind: str, columns: Collection[str], rows: Iterator[tuple[str, PartRow]]) -> None:
        """Adds rows of a part, each with the key by which it is looked up. A second call adds the rows again."""
        head = self._heads.setdefault(tuple(columns), len(self._heads))
        start = self._db.execute("SELECT COUNT(*) FROM listed").fetchone()[0]
        sealed = (
            (kind, key, number, head, self._sealing.close(json.dumps(dict(row.cells)).encode()))
            for number, (key, row) in enumerate(rows, start=start)
        )
        with self._db:
            self._db.executemany("INSERT INTO listed VALUES (?, ?, ?, ?, ?)", sealed)

    def matches(self, kind: str, key: str) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
        """The cells of the rows with a key, in the order of the export, each with the columns of its part."""
        heads = tuple(self._heads)
        for head, cells in self._db.execute(FIND, (kind, key)):
            yield json.loads(self._sealing.open(cells)), heads[head]

    def keys(self, kind: str) -> Iterator[str]:
        """The keys of a kind's rows, each once."""
        return (key for (key,) in self._db.execute("SELECT DISTINCT key FROM listed WHERE kind = ?", (kind,)))

    def close(self) -> None:
        """Closes and deletes the file."""
        self._db.close()
        remove(self.path)


class LookupList(Mapping[str, tuple[Any, ...]]):
    """The list of a kind: parsed rows by key. A row is decrypted and parsed at each look-up, and not kept."""

    def __init__(self, lists: LookupLists, parser: RowParser[Any]) -> None:
        self._lists, self._parser = lists, parser

    def __getitem__(self, key: str) -> tuple[Any, ...]:
        parse, kind = self._parser.parse, self._parser.kind.name
        rows = tuple(parse(cells, columns).row for cells, columns in self._lists.matches(kind, key))
        if not rows:
            raise KeyError(key)
        return rows

    def __iter__(self) -> Iterator[str]:
        return self._lists.keys(self._parser.kind.name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def build_lookup_lists(
    runtime: Runtime, migration: Migration, source: Source, index: Index, plan: Plan, context: Context, path: Path
) -> LookupLists:
    """Builds the lists of all kinds of an export that are looked up, in a file at `path`, which is replaced."""
    key = runtime.key(migration)
    lists, ids = LookupLists(path, key), Ids(migration.workspace_id, migration.source)
    for kind in source.kinds:
        if not kind.short_list.is_listed:
            continue
        lists.by_kind[kind.name] = LookupList(lists, parser_of(kind, context))
        for part in parts_of(runtime, migration, kind.name):
            head, rows = read_part(runtime.objects, part.object_key, key)
            target = _target(index, kind, part, plan, ids)
            lists.add(kind.name, head.columns, _keyed(kind, rows, head.columns, context, target))
    return lists


def _keyed(
    kind: Kind[Any],
    rows: Iterator[PartRow],
    columns: Collection[str],
    context: Context,
    target: Callable[[int], str | None] | None,
) -> Iterator[tuple[str, PartRow]]:
    parser = parser_of(kind, context)
    for row in rows:
        parsed = parser.parse(row.cells, columns)
        key = parsed.source_id if target is None else target(row.line)
        if key is not None and parsed.row is not None:
            yield key, row


def _target(index: Index, kind: Kind[Any], part: Part, plan: Plan, ids: Ids) -> Callable[[int], str | None] | None:
    """Returns a function from a row's line to the id of its target, or None for a list by the rows' own ids."""
    if not kind.imported:
        return None
    view = index.part(kind.name, part.number, plan, ids)

    def target_id(line: int) -> str | None:
        row = view.rows.get(line)
        target = row.joined.targets.get(kind.short_list.lookup_link) if row and row.verdict is None else None
        return target.source_id if target else None

    return target_id


PLACES = "locations"
SET_ASIDE = "set_aside"
"""The phase of a trial that holds the rows that need rows set aside. Its result is `RowsAside` as JSON."""


@dataclass(frozen=True)
class TrialContext:
    """A trial in a worker: frozen plan, look-ups, store, decrypted index and sealed lists in the scratch folder."""

    trial: Trial
    export_number: int
    source: Source
    plan: Plan
    ids: Ids
    lookups: Lookups
    store: Store
    index: Index
    lists: LookupLists
    paths: Mapping[int, str]  # paths of the export's files by number
    key: bytes
    delivered: Delivered | None  # what the export has, without columns; None where no earlier import left a record
    lacking: Lacking  # what earlier exports had a column for and this export has none

    def close(self) -> None:
        """Closes and deletes the files of the lists and the index."""
        self.lists.close()
        self.index.close()
        remove(self.index.path)


def cell_context(trial_context: TrialContext, head: PartHead) -> Context:
    """The context in which the cells of a part are parsed: time zone, country and today."""
    today = trial_context.lookups.now.date()
    return head.within(
        Context(zone=ZoneInfo(trial_context.plan.timezone), country=trial_context.plan.country, today=today)
    )


class TrialContexts:
    """The trial context of this process. A process keeps the context of one trial only."""

    def __init__(self) -> None:
        self._current: tuple[tuple[str, int, RowsAside], TrialContext] | None = None

    def of(self, runtime: Runtime, migration: Migration) -> TrialContext:
        """The context of a migration's current trial; built anew for another trial or other rows set aside."""
        with runtime.ledger.read() as session:
            aside = rows_set_aside(session, migration)
        wanted = (migration.id, migration.trial_number, aside)
        if self._current is None or self._current[0] != wanted:
            self.clear()
            self._current = (wanted, build_trial_context(runtime, migration, aside))
        return self._current[1]

    def clear(self) -> None:
        """Closes the context, if there is one. A second call does nothing."""
        if self._current is not None:
            self._current[1].close()
            self._current = None


trial_contexts = TrialContexts()


def rows_set_aside(session: Session, migration: Migration) -> RowsAside:
    """The rows of the index that were set aside in a migration's current trial; rows that need them are held."""
    settled = session.get(Work, (migration.id, f"trial:{migration.trial_number}", SET_ASIDE, 0))
    return RowsAside() if settled is None else RowsAside.from_json(settled.facts)


def build_trial_context(runtime: Runtime, migration: Migration, aside: RowsAside | None = None) -> TrialContext:
    """Builds a trial's context from its frozen plan, the facts of the workspace at its start, and the sealed index.

    `aside` are rows of the index that wait, with all rows that need them.
    """
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
        files = files_of(session, migration.id, migration.export_number)
    facts: TrialFacts = opened.facts if opened else {}
    plan = settled(Plan.model_validate(trial.plan), facts)
    ids = Ids(migration.workspace_id, migration.source)
    key = runtime.key(migration)
    source, index = (
        source_named(migration.source),
        materialise(runtime, migration, runtime.scratch.folder / f"{trial.store}.index"),
    )
    index.leave_aside(aside or RowsAside())
    context = Context(ZoneInfo(plan.timezone), plan.country, trial.started_at.date())
    lists = build_lookup_lists(
        runtime, migration, source, index, plan, context, runtime.scratch.folder / f"{trial.store}.lists"
    )
    is_later = has_earlier(runtime.caspen.live, migration.workspace_id, migration.id)
    return TrialContext(
        trial=trial,
        export_number=migration.export_number,
        source=source,
        plan=plan,
        ids=ids,
        lookups=lookups_of(
            trial.started_at, plan, ids, {**facts, "zones": _zones(index, source, plan, ids, facts)}, lists.by_kind
        ),
        store=runtime.caspen.trial(migration.id, trial.number),
        index=index,
        lists=lists,
        paths={file.number: file.path for file in files},
        key=key,
        delivered=Delivered(kinds=index.kinds_present(), merged=index.merged()) if is_later else None,
        lacking=lacking_columns(
            source, files, load_delivered(runtime.caspen.live, migration.workspace_id, migration.id)
        ),
    )


def _zones(index: Index, source: Source, plan: Plan, ids: Ids, facts: TrialFacts) -> dict[str, str]:
    """Time zones by location id: of the workspace's own locations, and of locations of the export that move."""
    absent = {
        ids.derive(PLACES, kind.name, key)
        for kind in source.kinds
        if PLACES in kind.tables
        for key in index.unmoved(kind.name, plan)
    }.difference(facts.get("own_places", ()))
    return {place: zone for place, zone in facts.get("zones", {}).items() if place not in absent}
