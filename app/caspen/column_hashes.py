"""A short hash of each column of a record, so that a second mapping of the row can name the columns that differ."""

import hashlib
from collections.abc import Mapping
from typing import Any

from app.caspen.bookkeeping import IDENTITY
from app.caspen.row_codec import Cell, Unloadable, shape
from app.caspen.tables import Imported


def hashes_of_record(record: Imported) -> dict[str, str]:
    """Hashes by content column of a stored record. Empty columns and identity columns have no hash."""
    made = shape(str(record.__tablename__))
    values = {name: getattr(record, name if hasattr(record, name) else f"{name}_") for name in made.content}
    return _hashed({name: made.slots[name][1](value) for name, value in values.items() if value is not None})


def hashes_of_values(table: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Hashes by content column of mapped values, with the table's defaults. Empty when the table cannot hold the
    values."""
    made = shape(table)
    cells: dict[str, Cell] = {
        name: cell for name, cell in zip(made.content, made.absent, strict=True) if cell is not None
    }
    try:
        for name, value in values.items():
            cells.pop(name, None)
            if value is not None:
                cells[name] = made.slots[name][1](value)
    except (Unloadable, TypeError, ValueError, AttributeError, KeyError):
        return {}
    return _hashed(cells)


def _hashed(cells: Mapping[str, Cell]) -> dict[str, str]:
    return {
        name: hashlib.blake2b(repr(cell).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        for name, cell in cells.items()
        if name not in IDENTITY
    }
