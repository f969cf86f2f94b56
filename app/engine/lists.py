"""Short lists that rows are looked up in, such as a clinic's prices, read anew by each worker of a trial."""

from collections.abc import Mapping
from typing import Any

from app.caspen.ids import Ids
from app.engine.index.store import Index
from app.engine.kind_parts import parts_of
from app.engine.reading.parts import read_part
from app.engine.runtime import Runtime
from app.mapping.context import Context
from app.mapping.kind import Kind, Source
from app.mapping.parse import parser_of
from app.mapping.plan import Plan
from app.migration.models import Migration

Lists = Mapping[str, Mapping[str, tuple[Any, ...]]]


def lists_of(
    runtime: Runtime, migration: Migration, source: Source, index: Index, plan: Plan, context: Context
) -> Lists:
    """By kind, the rows of each list: by their own id, or by that of the row to which their reference leads."""
    ids = Ids(migration.workspace_id, migration.source)
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    for kind in source.kinds:
        if kind.listed:
            found[kind.name] = _list(runtime, migration, kind, index, plan, ids, context)
    return found


def _list(
    runtime: Runtime, migration: Migration, kind: Kind[Any], index: Index, plan: Plan, ids: Ids, context: Context
) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for part in parts_of(runtime, migration, kind.name):
        view = index.part(kind.name, part.number, plan, ids) if kind.imported else None
        head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
        parser = parser_of(kind, context)
        for row in rows:
            parsed = parser.parse(row.cells, head.columns)
            key = parsed.source_id
            if view is not None:
                seen = view.rows.get(row.line)
                target = seen.joined.targets.get(kind.listed_by) if seen and seen.verdict is None else None
                key = target.source_id if target else None
            if key is not None and parsed.row is not None:
                found[key] = (*found.get(key, ()), parsed.row)
    return found
