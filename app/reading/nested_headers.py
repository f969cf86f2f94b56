"""Headers of nested objects: a column `content.sections` is the member `sections` of `content`.

pandas.json_normalize writes such headers. The members' cells of an object become a JSON cell again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from app.mapping.columns import normalise_header
from app.mapping.json_cells import json_or_text, reads_json
from app.mapping.kind import Kind, Source
from app.mapping.note_content import is_prose

_MEMBER = re.compile(r"\s*\ufeff?\s*(\w[\w ]*?)((?:(?:\.|__)\w+)+)\s*")
_APART = re.compile(r"\.|__")
_LONGEST = 255  # characters of a header
_LINKS = "links"  # a member with only the address of a related thing
_NULL = "null"


class ObjectMember(NamedTuple):
    """The attribute of a kind that holds an object, and the path of names to a member of the object."""

    attribute: str
    path: tuple[str, ...]


@lru_cache(maxsize=64)
def object_headers(kind: Kind[Any]) -> Mapping[str, str]:
    """Returns the attributes of a kind whose cells hold JSON, by normalised header."""
    return {
        header: placed.name
        for placed in kind.columns
        if placed.column.is_object or placed.column.read is json_or_text or reads_json(placed.column.read)
        for header in placed.normalised_headers()
    }


def member_of(kind: Kind[Any], header: str) -> ObjectMember | None:
    """Returns the member that a header names; None for a header of a whole column, and for the address of a
    relation."""
    match = _MEMBER.fullmatch(header) if len(header) <= _LONGEST else None
    if match is None:
        return None
    path = tuple(_APART.split(match[2])[1:])
    attribute = object_headers(kind).get(kind.layout.normalise(match[1]))
    return ObjectMember(attribute, path) if attribute and path[0].lower() != _LINKS else None


def with_objects(headers: Iterable[str], source: Source) -> frozenset[str]:
    """Returns the normalised headers, plus the object's header for each member's header: `content`."""
    plain = {*map(source.layout.normalise, headers)} - {""}
    for header in headers:
        if _APART.search(header):
            members = (member_of(kind, header) for kind in source.kinds)
            plain.update(normalise_header(member.attribute) for member in members if member)
    return frozenset(plain)


def object_cell(cells: Iterable[tuple[tuple[str, ...], str | None]]) -> str | None:
    """Returns the JSON of an object from its members' cells, by path; None if all cells are empty.

    A list or an object keeps its text, so that damaged JSON stays damaged. Any other cell becomes a JSON string, also
    one that only begins with a bracket.
    """
    members: dict[str, Any] = {}
    for path, cell in cells:
        if cell is not None:
            _put(members, path, cell)
    return _written(members) if members else None


def _put(members: dict[str, Any], path: tuple[str, ...], cell: str) -> None:
    for name in path[:-1]:
        below = members.setdefault(name, {})
        if not isinstance(below, dict):  # the object also has a cell of its own
            return
        members = below
    members.setdefault(path[-1], cell)


def _written(value: dict[str, Any] | str) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name, ensure_ascii=False)}:{_written(each)}" for name, each in value.items())
        return "{" + ",".join(pairs) + "}"
    return value if not is_prose(value) or value == _NULL else json.dumps(value, ensure_ascii=False)
