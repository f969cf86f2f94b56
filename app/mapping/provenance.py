"""Which cells of a row the values of its records are made of, learned by experiment and not from columns' names.

A row is mapped as it is, and then once more for each change of each of its cells. A value names the cells whose change
changes the value. References lead to the row of their id, as in a trial in which none is lost.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from app.mapping.columns import Column, Link
from app.mapping.context import Context
from app.mapping.kind import Kind, Source
from app.mapping.lookups import Lookups
from app.mapping.parse import parse_row
from app.mapping.rows import Joined, Mapped, Member, Record, Target

LONG = 20_000  # signs of a cell that is only taken away, and not changed in other ways as well
OPPOSITES = {"true": "false", "false": "true", "yes": "no", "no": "yes", "1": "0", "0": "1"}
BUDGET = 10_000_000  # signs that are mapped for one record
Address = tuple[str, str, str]  # a record's table, source kind and key


@dataclass(frozen=True)
class Experiment:
    """One row of one file, with all that mapping it needs. `cells` are by attribute, as its part keeps them.

    `others` are what rows beside it have in the same columns: what a cell might well have been.
    """

    source: Source
    kind: Kind[Any]
    cells: Mapping[str, str]
    columns: Collection[str]
    context: Context
    lookups: Lookups
    others: Mapping[str, Collection[str]] = field(default_factory=dict)

    def feeds(self, table: str, source_kind: str, key: str) -> dict[str, frozenset[str]] | None:
        """By cell, the columns of one record that are made of it; `table.column` for other records of the row.

        None where the row alone does not make the record, or is too large to be mapped again and again.
        """
        address = (table, source_kind, key)
        signs = sum(map(len, self.cells.values()))
        tries = BUDGET // max(1, signs * len(self.cells))  # for each cell
        if tries < 1:
            return None
        base = self._mapped(self.cells)
        if address not in base:
            return None
        return {name: frozenset(self._fed(name, base, address, tries)) for name in self.cells}

    def _fed(self, name: str, base: Mapping[Address, Record], address: Address, tries: int) -> Iterator[str]:
        for cell in islice(self._variants(name), tries):
            changed = self._mapped({**self.cells, name: cell})
            if address not in changed:
                continue
            for where, record in base.items():
                other = changed.get(where)
                values = other.values if other is not None else {}
                prefix = "" if where == address else f"{where[0]}."
                for column in record.values.keys() | values.keys():
                    if record.values.get(column) != values.get(column):
                        yield f"{prefix}{column}"

    def _variants(self, name: str) -> Iterator[str]:
        """A cell as it might have been: empty, as in other rows, the opposite, or with something in it changed."""
        cell = self.cells[name]
        yield ""
        if len(cell) > LONG:
            return
        yield from (other for other in self.others.get(name, ()) if other != cell)
        if (opposite := OPPOSITES.get(cell.strip().lower())) is not None:
            yield opposite
        elif cell[:1] in "[{":
            yield from _other_json(cell)
        else:
            yield re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), cell)
            yield f"{cell} more"

    def _mapped(self, cells: Mapping[str, str]) -> dict[Address, Record]:
        filled = {name: cell for name, cell in cells.items() if cell}
        parsed = parse_row(self.kind, filled, self.context, self.columns)
        if parsed.row is None or self.kind.to_records is None:
            return {}
        try:
            joined = self._joined(parsed.row, parsed.source_id or "")
            result = self.kind.to_records(parsed.row, joined, self.lookups)
        except (LookupError, TypeError, ValueError, AttributeError):
            return {}  # a changed cell may be one that mapping never meets
        records = result.records if isinstance(result, Mapped) else ()
        return {(one.table, one.source_kind, one.key): one for one in records}

    def _joined(self, row: Any, source_id: str) -> Joined:
        """References as resolving would settle them, each leading to the row of its id."""
        own = self.kind.columns_for(row) if self.kind.columns_for is not None else {}
        links: list[tuple[str, Any, Column | None]] = [
            (placed.name, getattr(row, placed.name), own.get(placed.name, placed.column))
            for placed in self.kind.columns
        ]
        if self.kind.links_beside is not None:
            links += list(self.kind.links_beside(row))
        many = {
            name: tuple(self._target(column.links_to, key, link.name) for key in link.ids or (f"name:{link.name}",))
            for name, link, column in links
            if isinstance(link, Link) and column is not None and column.links_to
        }
        sharing = self.kind.sharing
        members: tuple[Member, ...] = ()
        if sharing is not None and sharing.is_shared(row):
            members = tuple(Member(f"{source_id}:{one.source_id}", one) for one in many.get(sharing.by, ()))
        return Joined({name: some[0] for name, some in many.items() if some}, many, members=members)

    def _target(self, kind: str, key: str, name: str | None) -> Target:
        choice = self.lookups.plan.choice(kind, key)
        if choice.to == "match" and choice.id:
            return Target(choice.id, key, name)
        table = next(iter(self.source.kind(kind).tables), "")
        return Target(self.lookups.ids.derive(table, kind, key) if table else key, key, name)


def _other_json(cell: str) -> Iterator[str]:
    """The same structure with other values in it: more in each text, and opposites of what is true or false."""
    try:
        yield json.dumps(_other(json.loads(cell)))
    except (ValueError, RecursionError):
        return


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _other(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_other(inner) for inner in value]
    if isinstance(value, bool):
        return not value
    return f"{value} more" if isinstance(value, str) else value
