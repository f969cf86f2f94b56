"""One row of an invented export together with what should become of it when a clinic imports it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Row:
    source_id: str
    values: Mapping[str, object]
    """Cells by their api name; the column list says how each is written."""
    outcome: str = "created"
    problems: tuple[str, ...] = ()
    """Codes; one that is told at another level than usual is followed by it: `bad_interval:skipped`."""
    records: tuple[str, ...] = ()
    """Caspen objects (plural names) that this row makes, one entry a record."""
    shared_records: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Caspen objects made once for many rows: object to the keys that this row needs."""
    marks: tuple[str, ...] = ()
    """Planted difficulties of this row."""
    slice: int = 0
    unmarked_until: datetime | None = None
    """When a coming booking without attendance ends; it has passed from then on."""
