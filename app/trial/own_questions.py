"""The clinic's own questions, with their types and all options. Mapping needs them before the first answer."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.native import BroughtField
from app.mapping.context import Context
from app.mapping.defined import Defined, FieldOption
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.plan import Plan
from app.migration.models import Migration
from app.reading.parts import read_part
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
) -> dict[str, Defined]:
    """The questions of an export by source id. Only the columns of questions and answers are parsed.

    `brought` are the questions that an earlier move brought, which count before the plan's choices. `beat` is called
    for each row.
    """
    source = source_named(migration.source)
    if source.fields_of is None:
        return {}
    context = Context(ZoneInfo(plan.timezone), plan.country, today)
    kinds = [kind for kind in source.kinds if kind.imported and kind.questions.columns is not None]
    rows = (row for kind in kinds for row in _rows(runtime, migration, kind, context, beat))
    known = {token: _defined(field) for token, field in brought.items()}
    return source.fields_of(rows, context, plan.field_types, known)


def _defined(field: BroughtField) -> Defined:
    options = tuple(FieldOption(own, label, archived) for own, label, archived in field.options)
    return Defined(field.name, field.type, options, field.visible, brought=True)


def _rows(
    runtime: Runtime, migration: Migration, kind: Kind[Any], context: Context, beat: Callable[[], None]
) -> Iterator[tuple[str, Any]]:
    for part in parts_of(runtime, migration, kind.name):
        head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
        wanted = kind.questions.columns(frozenset(head.columns)) if kind.questions.columns else frozenset()
        for row in rows if wanted else ():
            beat()
            cells = {name: cell for name, cell in row.cells.items() if name in wanted}
            parsed = parse_row(kind, cells, context, head.columns) if cells else None
            if parsed is not None and parsed.row is not None:
                yield kind.name, parsed.row
