"""Relations that a script wrote as the id alone: `"patient": 1001` says what `"patient_id": 1001` says."""

from collections.abc import Mapping, Sequence

from app.engine.reading.recognise import Header, Tied, known_headers
from app.engine.reading.relations import bases, said_twice
from app.mapping.columns import normalise_header
from app.mapping.kind import Source

LONGEST = 64  # digits of an id


class BareRelations:
    """The members of a JSON file's objects that are called as a relation is, and which of them hold ids."""

    def __init__(self, source: Source) -> None:
        self.names = bases(source)
        self._ids: set[str] = set()
        self._others: set[str] = set()

    def add(self, name: str, cell: str) -> None:
        """Hears of a filled cell under one of `names`."""
        (self._ids if _is_id(cell) else self._others).add(name)

    def meant(self, kind_of: Header | Tied | None = None) -> dict[str, str]:
        """The names under which ids stand, each with that of its relation's id: `patient` and `patient_id`.

        Where the kind is known and has a field of its own under such a name, that field keeps its cells. Of a field
        that only says again what the relation's id says, digits are the id.
        """
        own = dict(known_headers(kind_of.kind)) if isinstance(kind_of, Header) else {}
        for said_again in said_twice(kind_of.kind) if isinstance(kind_of, Header) else ():
            own.pop(said_again, None)
        return {name: f"{name}_id" for name in sorted(self._ids) if normalise_header(name) not in own}

    def headers(self, own: Sequence[str], meant: Mapping[str, str]) -> tuple[str, ...]:
        """The headers with those of the ids, and without the names under which only ids stand."""
        stay = (name for name in own if name not in meant or name in self._others)
        return tuple(dict.fromkeys((*stay, *meant.values())))


def moved(cells: dict[str, str], meant: Mapping[str, str]) -> bool:
    """Puts each id alone under the name of its relation's id; True where another id stands there."""
    differ = False
    for name, id_name in meant.items():
        if _is_id(cell := cells.get(name, "")):
            differ = differ or cells.get(id_name, "") not in ("", cell)
            cells[id_name] = cells.get(id_name) or cell
            del cells[name]
    return differ


def _is_id(cell: str) -> bool:
    return cell.isdigit() and cell.isascii() and len(cell) <= LONGEST
