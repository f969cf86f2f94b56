"""How one kind is read, column by column: its name in the old software, how sure we are of it, and where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.mapping.columns import Column
from app.mapping.kind import Kind
from app.migration.models import ExportFile
from app.wizard.pairing import TIMES, label_of, needed

SURE = {
    "C": ("Confirmed", "done", "seen in a real export or in the maker's own documents"),
    "R": ("Reported", "later", "told by others who read such files"),
    "A": ("Assumed", "later", "our best guess: in your export it may be called otherwise"),
}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One column of a kind. `is_here` is None while no file of the kind has been read."""

    label: str
    native: str
    api: str
    sure: str
    mark: str
    becomes: str
    is_needed: bool
    is_here: bool | None


def sheet_of(kind: Kind[Any], files: Sequence[ExportFile]) -> list[SheetLine]:
    """Every column that the kind knows: first what it cannot do without, last the times that every kind has."""
    needs = {p.name for p in needed(kind)}
    read = [file for file in files if not file.refused and "headers" in file.facts]
    absent = set.intersection(*(set(file.facts.get("absent_columns", ())) for file in read)) if read else set()
    keyless = [file for file in read if "headers" in file.facts]
    told = []
    for placed in sorted(kind.columns, key=lambda p: (p.name not in needs, p.name in TIMES)):
        column = placed.column
        native = f"{column.prefix} …" if column.prefix else column.native
        sure, mark, _ = SURE[column.mark] if native else ("Confirmed", "done", "")
        here = None if not keyless or column.is_key or column.prefix else placed.name not in absent
        told.append(
            SheetLine(
                label_of(kind, placed.name),
                native,
                placed.name,
                sure,
                mark,
                _becomes(column),
                placed.name in needs,
                here,
            )
        )
    return told


def _becomes(column: Column) -> str:
    """As in "client, date of birth"; empty for what decides something and is kept nowhere."""
    if column.is_key:
        return "the row's own number"
    if not column.destination:
        return ""
    table, _, field = column.destination.partition(".")
    return f"{table.replace('_', ' ')}: {field.removesuffix('_id').replace('_', ' ')}"
