"""Lists that rows are looked up in, such as a clinic's prices, laid out anew by each worker of a trial.

They lie in a private file of this process, sealed row by row with the migration's key, so that neither memory nor what
stands in the clear grows with them.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.caspen.ids import Ids
from app.engine.index.store import Index, remove
from app.engine.kind_parts import parts_of
from app.engine.reading.parts import PartRow, read_part
from app.engine.runtime import Runtime
from app.mapping.context import Context
from app.mapping.kind import Kind, Source
from app.mapping.parse import RowParser, parser_of
from app.mapping.plan import Plan
from app.migration.models import Migration, Part
from app.storage.encryption import Sealing

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
        if not kind.listed:
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
        found = seen.joined.targets.get(kind.listed_by) if seen and seen.verdict is None else None
        return found.source_id if found else None

    return of
