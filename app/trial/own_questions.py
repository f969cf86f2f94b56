"""The clinic's own questions, with their types and all options. Mapping needs them before the first answer."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.native import BroughtField
from app.caspen.record_ids import Ids
from app.index.store import Index
from app.mapping.context import Context
from app.mapping.defined import Defined, FieldOption
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.plan import Plan
from app.migration.models import Migration, Part
from app.reading.parts import PartRow, read_part
from app.sources import source as source_named
from app.trial.kind_parts import parts_of
from app.worker.runtime import Runtime


def fields_of(
    runtime: Runtime,
    migration: Migration,
    plan: Plan,
    today: date,
    beat: Callable[[], None],
    brought: Mapping[str, BroughtField],
    index: Index | None = None,
) -> dict[str, Defined]:
    """The questions of an export by source id. Only the columns of questions and answers are parsed.

    `brought` are the questions that an earlier move brought, which count before the plan's choices. `beat` is called
    for each row. `index` is the resolved export: of answers, only those of rows that move under the plan count. Without
    it every row counts.
    """
    source = source_named(migration.source)
    if source.fields_of is None:
        return {}
    context = Context(ZoneInfo(plan.timezone), plan.country, today)
    kinds = [kind for kind in source.kinds if kind.imported and kind.questions.columns is not None]
    ids = Ids(migration.workspace_id, migration.source)

    def moves(kind: Kind[Any], part: Part) -> Callable[[PartRow], bool]:
        if index is None or kind.identity.is_multi_row:  # a definition counts although another row writes its field
            return lambda _: True
        views = index.part(kind.name, part.number, plan, ids).rows
        return lambda row: row.line not in views or views[row.line].verdict is None

    rows = (row for kind in kinds for row in _rows(runtime, migration, kind, context, beat, moves))
    known = {token: _defined(field) for token, field in brought.items()}
    return source.fields_of(rows, context, plan.field_types, known)


def _defined(field: BroughtField) -> Defined:
    options = tuple(FieldOption(own, label, archived) for own, label, archived in field.options)
    return Defined(field.name, field.type, options, field.visible, brought=True)


def _rows(
    runtime: Runtime,
    migration: Migration,
    kind: Kind[Any],
    context: Context,
    beat: Callable[[], None],
    moves: Callable[[Kind[Any], Part], Callable[[PartRow], bool]],
) -> Iterator[tuple[str, Any]]:
    for part in parts_of(runtime, migration, kind.name):
        head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
        wanted = kind.questions.columns(frozenset(head.columns)) if kind.questions.columns else frozenset()
        if not wanted:
            continue
        does_move = moves(kind, part)
        for row in filter(does_move, rows):
            beat()
            cells = {name: cell for name, cell in row.cells.items() if name in wanted}
            parsed = parse_row(kind, cells, context, head.columns) if cells else None
            if parsed is not None and parsed.row is not None:
                yield kind.name, parsed.row
