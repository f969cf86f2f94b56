"""What a worker lays out before it maps rows of one trial, and keeps laid out from part to part."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from app.caspen.record_ids import Ids
from app.caspen.stores import Store
from app.index.store import Index, remove
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.parse import RowParser, parser_of
from app.mapping.plan import Choice, Plan
from app.migration.models import ExportFile, Migration, Part, Trial, Work
from app.reading.parts import PartHead, PartRow, read_part
from app.sources import source as source_named
from app.storage.encryption import Sealing
from app.trial.kind_parts import parts_of
from app.worker.runtime import Runtime

# Lists that rows are looked up in, such as a clinic's prices, laid out anew by each worker of a trial.
#
# They lie in a private file of this process, sealed row by row with the migration's key, so that neither memory nor
# what stands in the clear grows with them.

CACHE_KIB = 512
MAKE = """CREATE TABLE listed (kind TEXT, key TEXT, number INTEGER, head INTEGER, cells BLOB,
    PRIMARY KEY (kind, key, number)) WITHOUT ROWID"""
FIND = "SELECT head, cells FROM listed WHERE kind = ? AND key = ? ORDER BY number"


class Lists:
    """All lists of one trial. `by_kind` finds the rows of each: by their own id, or by that of whom they refer to."""

    def __init__(self, path: Path, key: bytes) -> None:
        remove(path)
        self.path = path
        self.by_kind: dict[str, Listed] = {}
        self._sealing = Sealing(key, "list")
        self._heads: dict[tuple[str, ...], int] = {}
        self._db = sqlite3.connect(path, check_same_thread=False)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(MAKE)

    def add(self, kind: str, columns: Collection[str], rows: Iterator[tuple[str, PartRow]]) -> None:
        """The rows of one part, each with what it is looked up by."""
        head = self._heads.setdefault(tuple(columns), len(self._heads))
        start = self._db.execute("SELECT COUNT(*) FROM listed").fetchone()[0]
        sealed = (
            (kind, key, number, head, self._sealing.close(json.dumps(dict(row.cells)).encode()))
            for number, (key, row) in enumerate(rows, start=start)
        )
        with self._db:
            self._db.executemany("INSERT INTO listed VALUES (?, ?, ?, ?, ?)", sealed)

    def found(self, kind: str, key: str) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
        """The cells that are listed under a key, with the columns of their part."""
        heads = tuple(self._heads)
        for head, cells in self._db.execute(FIND, (kind, key)):
            yield json.loads(self._sealing.open(cells)), heads[head]

    def keys(self, kind: str) -> Iterator[str]:
        return (key for (key,) in self._db.execute("SELECT DISTINCT key FROM listed WHERE kind = ?", (kind,)))

    def close(self) -> None:
        self._db.close()
        remove(self.path)


class Listed(Mapping[str, tuple[Any, ...]]):
    """One list. A row is opened and read when it is looked up, and not kept."""

    def __init__(self, lists: Lists, parser: RowParser[Any]) -> None:
        self._lists, self._parser = lists, parser

    def __getitem__(self, key: str) -> tuple[Any, ...]:
        parse, kind = self._parser.parse, self._parser.kind.name
        found = tuple(parse(cells, columns).row for cells, columns in self._lists.found(kind, key))
        if not found:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return self._lists.keys(self._parser.kind.name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def lists_of(
    runtime: Runtime, migration: Migration, source: Source, index: Index, plan: Plan, context: Context, path: Path
) -> Lists:
    """Lays out every list of an export in a file at `path`."""
    key = runtime.key(migration)
    lists, ids = Lists(path, key), Ids(migration.workspace_id, migration.source)
    for kind in source.kinds:
        if not kind.short_list.is_listed:
            continue
        lists.by_kind[kind.name] = Listed(lists, parser_of(kind, context))
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
    """By line, the id of whom a row refers to and moves with; None for lists that are looked up by their own id."""
    if not kind.imported:
        return None
    view = index.part(kind.name, part.number, plan, ids)

    def of(line: int) -> str | None:
        seen = view.rows.get(line)
        found = seen.joined.targets.get(kind.short_list.lookup_link) if seen and seen.verdict is None else None
        return found.source_id if found else None

    return of


COPY_BYTES = 1 << 20
PLACES = "locations"
SET_ASIDE = "set_aside"
"""The phase of a trial in which what belongs to rows that were set aside is held with them; its result names them."""


@dataclass(frozen=True)
class Bench:
    """One trial, laid out in this process's scratch folder: the index decrypted, the lists beside it sealed."""

    trial: Trial
    export_number: int
    source: Source
    plan: Plan
    ids: Ids
    lookups: Lookups
    store: Store
    index: Index
    lists: Lists
    paths: Mapping[int, str]  # files of the export by number
    key: bytes

    def close(self) -> None:
        self.lists.close()
        self.index.close()
        remove(self.index.path)


def context_of(bench: Bench, head: PartHead) -> Context:
    """How the cells of a part are to be read in this trial."""
    today = bench.lookups.now.date()
    return head.within(Context(zone=ZoneInfo(bench.plan.timezone), country=bench.plan.country, today=today))


class Benches:
    """The bench of this process: one at a time, since a worker stays with a clinic for a while."""

    def __init__(self) -> None:
        self._laid: tuple[tuple[str, int, tuple[int, ...]], Bench] | None = None

    def of(self, runtime: Runtime, migration: Migration) -> Bench:
        with runtime.ledger.read() as session:
            aside = rows_set_aside(session, migration)
        wanted = (migration.id, migration.trial_number, aside)
        if self._laid is None or self._laid[0] != wanted:
            self.clear()
            self._laid = (wanted, lay_out(runtime, migration, aside))
        return self._laid[1]

    def clear(self) -> None:
        if self._laid is not None:
            self._laid[1].close()
            self._laid = None


benches = Benches()


def index_key(migration_id: str, export_number: int) -> str:
    """Where the sealed index of an export lies in storage."""
    return f"{migration_id}/export-{export_number}/index"


def attachments_prefix(migration_id: str, export_number: int) -> str:
    """Below which the content of an export's files of patients lies in storage, by its sum."""
    return f"{migration_id}/contents-{export_number}/"


def rows_set_aside(session: Session, migration: Migration) -> tuple[int, ...]:
    """The rows of the index that were set aside in a trial, and with which what belongs to them is held."""
    settled = session.get(Work, (migration.id, f"trial:{migration.trial_number}", SET_ASIDE, 0))
    return () if settled is None else tuple(settled.facts.get("rows", ()))


def lay_out(runtime: Runtime, migration: Migration, set_aside: tuple[int, ...] = ()) -> Bench:
    """Reads the frozen plan, the facts of the workspace as they were when the trial began, and the sealed index.

    `set_aside` are rows of the index that wait with all that belongs to them.
    """
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
        paths = _paths(session, migration)
    facts: Mapping[str, Any] = opened.facts if opened else {}
    plan = settled(Plan.model_validate(trial.plan), facts)
    ids = Ids(migration.workspace_id, migration.source)
    key = runtime.key(migration)
    source, index = (
        source_named(migration.source),
        materialise(runtime, migration, runtime.scratch.folder / f"{trial.store}.index"),
    )
    index.leave_aside(set_aside)
    context = Context(ZoneInfo(plan.timezone), plan.country, trial.started_at.date())
    lists = lists_of(runtime, migration, source, index, plan, context, runtime.scratch.folder / f"{trial.store}.lists")
    return Bench(
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
        paths=paths,
        key=key,
    )


def _zones(index: Index, source: Source, plan: Plan, ids: Ids, facts: Mapping[str, Any]) -> dict[str, str]:
    """The zones of the workspace's own locations, and of those of the export that come: no row may lead to another."""
    absent = {
        ids.derive(PLACES, kind.name, key)
        for kind in source.kinds
        if PLACES in kind.tables
        for key in index.unmoved(kind.name, plan)
    }.difference(facts.get("own_places", ()))
    return {place: zone for place, zone in facts.get("zones", {}).items() if place not in absent}


def lookups_of(
    moment: datetime,
    plan: Plan,
    ids: Ids,
    facts: Mapping[str, Any],
    lists: Mapping[str, Mapping[str, tuple[Any, ...]]],
) -> Lookups:
    """What mapping looks up in a trial of a moment; `facts` are the workspace's, as its first step keeps them."""
    return Lookups(
        plan=plan,
        ids=ids,
        now=moment,
        zones=facts.get("zones", {}),
        durations=facts.get("durations", {}),
        existing=facts.get("existing", {}),
        fields={key: Defined.from_json(told) for key, told in facts.get("fields", {}).items()},
        lists=lists,
        native_fields={name: (one[0], one[1]) for name, one in facts.get("native_fields", {}).items()},
    )


def settled(plan: Plan, facts: Mapping[str, Any]) -> Plan:
    """A trial's plan with what was found out about the workspace when the trial began."""
    found = {
        name: {key: Choice.model_validate(told) for key, told in facts.get(name, {}).items()}
        for name in ("known_clients", "known_fields")
    }
    waiting = {source_id for source_id, choice in found["known_clients"].items() if choice.to == "wait"}
    chosen = {source_id: choice for source_id, choice in plan.clients.items() if source_id not in waiting}
    clients, fields = {**found["known_clients"], **chosen}, {**plan.fields, **found["known_fields"]}
    return plan.model_copy(update={"clients": clients, "fields": fields})


def materialise(runtime: Runtime, migration: Migration, path: Path) -> Index:
    """The sealed index as a private file that can be queried."""
    sealed = runtime.objects.reader(index_key(migration.id, migration.export_number), runtime.key(migration))
    with sealed, path.open("wb") as plain:
        shutil.copyfileobj(sealed, plain, COPY_BYTES)
    return Index.open(path)


def _paths(session: Session, migration: Migration) -> dict[int, str]:
    found = select(ExportFile.number, ExportFile.path).where(
        ExportFile.migration_id == migration.id, ExportFile.export_number == migration.export_number
    )
    return dict(session.exec(found).all())
