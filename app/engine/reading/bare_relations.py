"""Relations that a script wrote as the id alone: `"patient": 1001` says what `"patient_id": 1001` says."""

from collections.abc import Sequence

from app.engine.reading.recognise import Header, Tied, known_headers
from app.engine.reading.relations import bases
from app.mapping.columns import normalise_header
from app.mapping.kind import Source

LONGEST = 64  # digits of an id


class BareRelations:
    """The members of a JSON file's objects that are called as a relation is, and whether all they hold are ids."""

    def __init__(self, source: Source) -> None:
        self.names = bases(source)
        self._ids: set[str] = set()
        self._others: set[str] = set()

    def add(self, name: str, cell: str) -> None:
        """Hears of a filled cell under one of `names`."""
        is_id = cell.isdigit() and cell.isascii() and len(cell) <= LONGEST
        (self._ids if is_id else self._others).add(name)

    def named(self, headers: Sequence[str], kind_of: Header | Tied | None = None) -> tuple[str, ...]:
        """The headers, with `patient_id` for a `patient` of which every filled cell is an id.

        Where the kind is known and has a field of its own under such a name, the name stays.
        """
        own = known_headers(kind_of.kind) if isinstance(kind_of, Header) else {}
        meant = {name for name in self._ids - self._others if normalise_header(name) not in own}
        return tuple(f"{name}_id" if name in meant else name for name in headers)

    @staticmethod
    def twice(own: Sequence[str], headers: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """The members that were renamed although the id has a member of its own, with that member."""
        renamed = zip(own, headers, strict=True)
        return tuple((name, header) for name, header in renamed if name != header and header in own)
