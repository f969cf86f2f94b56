"""What one row of a client says that the source has worked out: its first and last visit, and what is owed."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.engine.bench import Bench
from app.engine.reading.parts import PartRow
from app.mapping.context import Context
from app.mapping.kind import Carried
from app.mapping.moments import timestamp
from app.mapping.parse import parse_row
from app.migration.models import Part

CLIENTS = "clients"


@dataclass(frozen=True, slots=True)
class Told:
    """One client's row. `amounts` are in the order of `Carried.amounts`; `row` is its number in the index."""

    source_id: str
    client_id: str
    name: str
    line: int
    first: datetime | None
    last: datetime | None
    next: datetime | None
    amounts: tuple[Decimal | None, ...]
    row: int = 0
    file: str = ""

    def at(self, row: int, part: Part, file: str | None) -> "Told":
        return replace(self, row=row, file=file or f"part {part.number}")

    def place(self) -> dict[str, Any]:
        """Who it is and where it stands, for a line in encrypted storage."""
        return {"id": self.source_id, "name": self.name, "file": self.file, "line": self.line}


def told_of(bench: Bench, carried: Carried, row: PartRow, context: Context, columns: Collection[str]) -> Told | None:
    """None of a row that says nothing of the kind. Only the columns that are needed are read."""
    kind = bench.source.kind(carried.kind)
    times = (carried.first, carried.last, carried.next)
    amounts = [name for name, _ in carried.amounts]
    said = {name: row.cells[name] for name in (*times, *amounts) if name in row.cells}
    if not said:
        return None
    keys = {p.name for p in kind.columns if p.column.is_key} | set(carried.names)
    parsed = parse_row(kind, {**said, **{k: row.cells[k] for k in keys if k in row.cells}}, context, columns)
    if parsed.row is None or parsed.source_id is None:
        return None
    first, last, following = (_moment(said.get(name), context) for name in times)
    return Told(
        parsed.source_id,
        bench.ids.derive(CLIENTS, carried.kind, parsed.source_id),
        " ".join(part for part in (getattr(parsed.row, name, None) for name in carried.names) if part),
        row.line,
        first,
        last,
        following,
        tuple(getattr(parsed.row, name) for name in amounts),
    )


def _moment(cell: str | None, context: Context) -> datetime | None:
    """A moment, or nothing: what cannot be read is not compared."""
    try:
        return timestamp(cell, context, _nothing) if cell else None
    except ValueError:
        return None


def _nothing(_code: str) -> None:
    """Problems of cells that are not imported are told to nobody."""
