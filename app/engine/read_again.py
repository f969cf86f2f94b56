"""Rows of an export that contradict another row of their id, read once more from their parts."""

from collections.abc import Container, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from app.engine.kind_parts import parts_of
from app.engine.reading.parts import LARGE, PartRow, read_part
from app.engine.resolving.work import Reread
from app.engine.runtime import Runtime
from app.mapping.context import Context
from app.mapping.equality import statements_of
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.migration.models import Migration
from app.migration.plans import plan_of

log = structlog.get_logger()


def rows_again(runtime: Runtime, migration: Migration, today: date) -> Reread:
    """Reads rows by the numbers of their parts and their places in them. A row that is too large is left out."""
    plan = plan_of(migration)
    context = Context(ZoneInfo(plan.timezone), plan.country, today)

    def reread(kind: Kind[Any], wanted: Mapping[int, Container[int]]) -> Iterator[tuple[int, int, Mapping[str, str]]]:
        for part in parts_of(runtime, migration, kind.name):
            if part.number not in wanted:
                continue
            head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
            own, columns, places = head.within(context), frozenset(head.columns), wanted[part.number]
            for place, row in enumerate(rows):
                if place in places and (said := _said(kind, row, columns, own)) is not None:
                    yield part.number, place, said

    return reread


def _said(kind: Kind[Any], row: PartRow, columns: frozenset[str], context: Context) -> Mapping[str, str] | None:
    if sum(map(len, row.cells.values())) > LARGE:
        return None
    parsed = parse_row(kind, row.cells, context, columns)
    if parsed.row is None or getattr(parsed.row, "unread", None):
        return None
    try:
        instead = kind.compared(parsed.row, context.country) if kind.compared else {}
    except Exception as fault:  # such a row equals only one that is written alike
        log.warning("row_not_compared", kind=kind.name, fault=type(fault).__name__)
        return None
    return statements_of(parsed.row, instead, columns, row.cells, context.zone)
