"""A short hash of each column of a record, so that a second mapping of the row can name the columns that differ.

Knows no table: a page takes the hasher from the table's shape and sends the hasher to the limited process.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.caspen.canonical_values import CONVERTERS, Cell, ValueKind


@dataclass(frozen=True, slots=True)
class ColumnHasher:
    """Hashes the content columns of a table. `kinds` has each column, `defaults` the hash of a column's default."""

    kinds: dict[str, ValueKind]
    defaults: dict[str, str]

    def hashes(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Hashes by column, with the table's defaults; an empty column has no hash. Empty when the table cannot hold
        the values."""
        hashes = dict(self.defaults)
        try:
            for name, value in values.items():
                hashes.pop(name, None)
                if value is not None:
                    hashes[name] = hash_of(CONVERTERS[self.kinds[name]](value))
        except (TypeError, ValueError, AttributeError, KeyError):
            return {}
        return hashes


def hash_of(cell: Cell) -> str:
    """The hash of a value in canonical form, as hexadecimal text."""
    return hashlib.blake2b(repr(cell).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
