"""The members of groups as rows of their own tell of them: read from where they lie, for the part that needs them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import col, select

from app.engine.bench import Bench, context_of
from app.engine.index.part import PartView, RowView
from app.engine.reading.parts import read_part
from app.engine.runtime import Runtime
from app.mapping.parse import parse_row
from app.migration.models import Part

Place = tuple[int, int]


def read_members(runtime: Runtime, bench: Bench, view: PartView) -> Mapping[Place, Any]:
    """By part and line, the rows that tell more of the members of a part's rows."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for row in view.rows.values():
        for member in row.joined.members:
            if member.place is not None:
                wanted[member.place[0]].add(member.place[1])
    if not wanted:
        return {}
    with runtime.ledger.read() as session:
        parts = session.exec(
            select(Part).where(
                Part.migration_id == bench.trial.migration_id,
                Part.export_number == bench.export_number,
                col(Part.number).in_(list(wanted)),
            )
        ).all()
    return {place: row for part in parts for place, row in _rows(runtime, bench, part, wanted[part.number]).items()}


def with_rows(view: RowView, rows: Mapping[Place, Any]) -> RowView:
    """A row's view with the rows of its members."""
    members = view.joined.members
    if not members:
        return view
    told = tuple(replace(m, row=rows.get(m.place)) if m.place is not None else m for m in members)
    return view._replace(joined=view.joined._replace(members=told))


def _rows(runtime: Runtime, bench: Bench, part: Part, lines: set[int]) -> dict[Place, Any]:
    kind = bench.source.kind(part.kind)
    head, rows = read_part(runtime.objects, part.object_key, bench.key)
    context, columns = context_of(bench, head), frozenset(head.columns)
    return {
        (part.number, row.line): parse_row(kind, row.cells, context, columns).row for row in rows if row.line in lines
    }
