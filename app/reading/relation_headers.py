"""Headers of relations as scripts write them: an address, a dotted header, or an object in place of an id."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from app.json_values import JsonValue
from app.mapping.columns import normalise_header
from app.mapping.ids import is_no_id, related_id
from app.mapping.kind import Kind, Source
from app.mapping.layout import Layout

SAMPLED_ROWS = 200  # rows that are searched for addresses
_ENDS = ("id", "linksself", "self", "selflink", "link", "url", "href")
_DOTTED = (".links.self", ".self", ".href", ".url", ".link")
_NAMES = ("name", "displayname", "label", "fullname")
_FRAME = frozenset({"links", "link", "self", "href", "url"})
NAMES = ("name", "display_name", "label")
_SHORT = frozenset({"id", "links", *NAMES})
_RELATED = ("h", "{")  # first characters of an address and of a JSON object
_WORD = 8  # characters of a word that counts as an empty cell
_APART = re.compile(r"[._\s]+")


def base_of(attribute: str) -> str:
    """Returns a reference's name without its id suffix: `patient` for `patient_ids`."""
    return attribute.removesuffix("_ids").removesuffix("_id")


@lru_cache(maxsize=64)
def related_headers(kind: Kind[Any]) -> Mapping[str, str]:
    """Returns further headers of a kind's references and their names: `patient.links.self`, `appointment_type.name`."""
    attributes: dict[str, str] = {}
    for placed in kind.columns:
        if placed.column.links_to and not placed.column.set_by_reading:
            for end in _ENDS:
                attributes.setdefault(normalise_header(base_of(placed.name)) + end, placed.name)
        if placed.column.name_for:
            for end in _NAMES:
                attributes.setdefault(normalise_header(base_of(placed.column.name_for)) + end, placed.name)
    return attributes


@lru_cache(maxsize=8)
def _id_headers(source: Source) -> Mapping[str, frozenset[str]]:
    """Returns the normalised headers of ids by the base name of the reference, over all kinds."""
    headers: dict[str, frozenset[str]] = {}
    for placed in (placed for kind in source.kinds for placed in kind.columns if placed.column.links_to):
        base = base_of(placed.name)
        headers[base] = headers.get(base, frozenset({normalise_header(f"{base}_id")})) | placed.normalised_headers()
    return headers


@dataclass(frozen=True, eq=False)
class RelationNames:
    """The normalised names of relations of any kind: `patient`, `location`, and `patients` for several."""

    names: frozenset[str] = frozenset()
    layout: Layout = field(default_factory=Layout)


NO_RELATIONS = RelationNames()


@lru_cache(maxsize=8)
def relation_names(source: Source) -> RelationNames:
    """Returns the names of relations in the files of a source."""
    names: set[str] = set()
    for placed in (placed for kind in source.kinds for placed in kind.columns if placed.column.links_to):
        headers = (placed.name, placed.column.native, *placed.column.headers)
        bare = {normalise_header(header) for header in headers}
        names |= {name.removesuffix("ids").removesuffix("id") for name in bare if name.endswith(("id", "ids"))}
        if placed.name.endswith("_ids"):
            names.add(f"{normalise_header(base_of(placed.name))}s")
    return RelationNames(frozenset(names - {""}), source.layout)


@lru_cache(maxsize=4096)
def id_header(name: str, relations: RelationNames) -> str | None:
    """Returns the header of a relation's id: `patient_id` for `patients`; None if the name is not a relation."""
    plain = relations.layout.normalise(name)
    if plain not in relations.names:
        return name if plain.endswith(("id", "ids")) and _without_id(plain) in relations.names else None
    return f"{name.strip()[:-1] if is_plural(name, relations) else name}_id"


def _without_id(plain: str) -> str:
    return plain.removesuffix("ids").removesuffix("id")


def is_plural(name: str, relations: RelationNames) -> bool:
    """Returns whether a relation's name allows several ids, as `patients` does."""
    plain = relations.layout.normalise(name)
    return plain.endswith("s") and plain[:-1] in relations.names


@lru_cache(maxsize=64)
def repeated_fields(kind: Kind[Any]) -> frozenset[str]:
    """Returns the normalised names of fields that are named like a relation of the kind and only repeat it."""
    related = {normalise_header(base_of(placed.name)) for placed in kind.columns if placed.column.links_to}
    words = (placed for placed in kind.columns if not placed.column.links_to and not placed.column.name_for)
    return frozenset(normalise_header(placed.name) for placed in words) & related


class RelationHeaders(NamedTuple):
    """The headers of a table, with `patient_id` for a column `patient` whose cells are addresses or JSON objects.

    `mixed` has `patient_id` for such a column with other cells too, for a kind that does not know the header `patient`.
    """

    headers: tuple[str, ...]
    mixed: tuple[str, ...]


def beginning(cell: str, most: int) -> str:
    """Returns as much of a cell as shows whether it leads to a related thing, up to `most` characters."""
    return cell[:most] if cell[:1] in _RELATED else cell[:_WORD]


def with_addresses(headers: Sequence[str], rows: Iterable[Sequence[str]], source: Source) -> RelationHeaders:
    """Returns the headers for the rows of a table. A column of addresses is `patient.links.self` if the id has a column
    of its own. A header with another meaning is unchanged.
    """
    normalise, id_headers = source.layout.normalise, _id_headers(source)
    wanted = {at: name for at, header in enumerate(headers) if (name := _relation(header)) in id_headers}
    if not wanted:
        return RelationHeaders(tuple(headers), tuple(headers))
    taken = set(map(normalise, headers))
    candidates: dict[int, str] = {}
    for at, name in wanted.items():
        if id_headers[name].isdisjoint(taken):
            candidates[at] = f"{name}_id"
        elif normalise(headers[at]) == normalise(name):
            free = (f"{name}{end}" for end in _DOTTED if normalise(f"{name}{end}") not in taken)
            candidates[at] = next(free, headers[at])
    if not candidates:
        return RelationHeaders(tuple(headers), tuple(headers))
    addresses: set[int] = set()
    others: set[int] = set()
    for cells in rows:
        for at in candidates:
            if at < len(cells) and (cell := cells[at].strip()):
                if related_id(cell) is not None:
                    addresses.add(at)
                elif not is_no_id(cell):
                    others.add(at)
    own = {at for at in addresses if id_headers[wanted[at]].isdisjoint(taken)}
    certain, mixed = (
        tuple(candidates[at] if at in renamed else header for at, header in enumerate(headers))
        for renamed in (addresses - others, addresses - others | own)
    )
    return RelationHeaders(certain, mixed)


def _relation(header: str) -> str:
    words = [word for word in _APART.split(header.strip().lower()) if word and word not in _FRAME]
    return "_".join(words)


def short_object(item: Any) -> Mapping[str, JsonValue] | None:
    """Returns an object with only an id, a name and an address; None for any other value."""
    return item if isinstance(item, dict) and "id" in item and item.keys() <= _SHORT else None
