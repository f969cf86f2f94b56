"""Relations that a script wrote without an object: `"patient": 1001` says what `"patient_id": 1001` says.

Ids alone are the relation's. Other words are kept as an id that leads nowhere where the kind has no field for them, so
that the row is told of. A field for a name keeps ids as well, for it may be that they are a name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.engine.reading.recognise import Header, Tied, known_headers
from app.engine.reading.related_values import json_text
from app.engine.reading.relations import base_of, id_header, relation_names, said_twice
from app.mapping.columns import normalise_header
from app.mapping.kind import Source

LONGEST = 64  # digits of an id
_APART = re.compile(r"[\s,;|]+")
_NAME = ".name"  # behind a relation's name: what the thing is called that it leads to


@dataclass(frozen=True, slots=True)
class Meant:
    """Where the cells under the name of a relation go: `header` is that of its id."""

    header: str
    takes_ids: bool = True
    takes_words: bool = False
    is_name: bool = False  # the name has a field of the kind, for what the related thing is called


class BareRelations:
    """The members of a JSON file's objects that are called as a relation is, and which of them hold ids."""

    def __init__(self, source: Source) -> None:
        self._relations = relation_names(source)
        self._headers: dict[str, str | None] = {}
        self._ids: set[str] = set()
        self._others: set[str] = set()

    def hear(self, name: str, cell: str) -> None:
        """Hears of a filled cell."""
        if name not in self._headers:
            header = id_header(name.removesuffix(_NAME), self._relations)
            self._headers[name] = header if header != name.removesuffix(_NAME) else None
        if self._headers[name] is not None:
            (self._ids if ids_in(cell) and not name.endswith(_NAME) else self._others).add(name)

    def meant(self, kind_of: Header | Tied | None = None) -> dict[str, Meant]:
        """The names under which relations stand, each with where its cells go: `patient` and `patient_id`.

        Where the kind is known and has a field of its own under such a name, that field keeps its cells. Of a field
        that only says again what the relation's id says, digits are the id.
        """
        kind = kind_of.kind if isinstance(kind_of, Header) else None
        own = known_headers(kind) if kind else {}
        links = {placed.name for placed in kind.columns if placed.column.links_to} if kind else set()
        named = {p.name for p in kind.columns if p.column.fills and base_of(p.column.fills) == p.name} if kind else ()
        again = said_twice(kind) if kind else frozenset()
        found: dict[str, Meant] = {}
        for name in sorted(self._ids | self._others):
            header = self._headers[name] or ""
            field, link = own.get(normalise_header(name)), own.get(normalise_header(header))
            says_again = field is not None and normalise_header(field) in again
            if field in named and name in self._ids:
                found[name] = Meant(header, is_name=True)
            elif field is None or says_again:
                words = link in links and not str(link).endswith("_ids") and not says_again
                if name in self._ids or words:
                    found[name] = Meant(header, name in self._ids, words)
        return found

    def headers(self, own: Sequence[str], meant: Mapping[str, Meant]) -> tuple[str, ...]:
        """The headers with those of the ids, and without the names under which only ids stand."""
        stay = (name for name in own if name not in meant or name in self._others or meant[name].is_name)
        return tuple(dict.fromkeys((*stay, *(each.header for each in meant.values()))))


def moved(cells: dict[str, str], meant: Mapping[str, Meant]) -> bool:
    """Puts each id alone under the header of its relation's id; True where another id stands there."""
    differ = False
    for name, to in meant.items():
        if not (cell := cells.get(name, "")):
            continue
        there = cells.get(to.header, "")
        ids = ids_in(cell) if to.takes_ids else ""
        if to.is_name:
            if ids and not there and "," not in ids:
                cells[to.header] = ids
        elif ids:
            differ = differ or there not in ("", ids)
            cells[to.header] = there or ids
            del cells[name]
        elif to.takes_words and not there:
            cells[to.header] = json_text({"name": cell}) if name.endswith(_NAME) else cell
    return differ


def ids_in(cell: str) -> str:
    """The digits of one id, or of several with commas between them; empty for a cell that says anything else."""
    if cell.isdigit() and cell.isascii():
        return cell if len(cell) <= LONGEST else ""
    pieces = _APART.split(cell.strip())
    return ",".join(pieces) if all(p.isdigit() and p.isascii() and len(p) <= LONGEST for p in pieces) else ""
