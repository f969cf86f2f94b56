"""Relations as scripts write them: an address, a dotted header, an object with an id, in place of an id."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.mapping.columns import normalise_header
from app.mapping.ids import id_in_address
from app.mapping.kind import Kind, Source

ROWS = 200  # that are looked at for addresses below a header
_ENDS = ("id", "linksself", "self", "selflink", "link", "url", "href")
_NAMES = ("name", "displayname", "label", "fullname")
_FRAME = frozenset({"links", "link", "self", "href", "url"})
NAMES = ("name", "display_name", "label")
_SHORT = frozenset({"id", "links", *NAMES})
_APART = re.compile(r"[._\s]+")


def base_of(attribute: str) -> str:
    """What a reference is called without its id: `patient` of `patient_ids`."""
    return attribute.removesuffix("_ids").removesuffix("_id")


@lru_cache(maxsize=64)
def related_headers(kind: Kind[Any]) -> Mapping[str, str]:
    """Further headers of a kind's references and their names: `patient.links.self`, `appointment_type.name`."""
    found: dict[str, str] = {}
    for placed in kind.columns:
        if placed.column.links_to:
            for end in _ENDS:
                found.setdefault(normalise_header(base_of(placed.name)) + end, placed.name)
        if placed.column.name_for:
            for end in _NAMES:
                found.setdefault(normalise_header(base_of(placed.column.name_for)) + end, placed.name)
    return found


@lru_cache(maxsize=8)
def bases(source: Source) -> frozenset[str]:
    """What any reference of any kind is called."""
    return frozenset(base_of(placed.name) for kind in source.kinds for placed in kind.columns if placed.column.links_to)


@lru_cache(maxsize=8)
def relation_names(source: Source) -> frozenset[str]:
    """Normalised names of relations of any kind: `patient`, `location`, and `patients` where it may be several."""
    found: set[str] = set()
    for placed in (placed for kind in source.kinds for placed in kind.columns if placed.column.links_to):
        headers = (placed.name, placed.column.native, *placed.column.headers)
        bare = {normalise_header(header) for header in headers}
        found |= {name.removesuffix("ids").removesuffix("id") for name in bare if name.endswith(("id", "ids"))}
        if placed.name.endswith("_ids"):
            found.add(f"{normalise_header(base_of(placed.name))}s")
    return frozenset(found - {""})


@lru_cache(maxsize=4096)
def id_header(name: str, relations: frozenset[str]) -> str | None:
    """Under which header the id of a relation of that name stands: `patient_id` of `patients`; None for others."""
    plain = normalise_header(name)
    if plain not in relations:
        return name if plain.endswith(("id", "ids")) and _without_id(plain) in relations else None
    is_plural = plain.endswith("s") and plain[:-1] in relations
    return f"{name.strip()[:-1] if is_plural else name}_id"


def _without_id(plain: str) -> str:
    return plain.removesuffix("ids").removesuffix("id")


def is_plural(name: str, relations: frozenset[str]) -> bool:
    """Whether a relation's name says that it may be several, as `patients` does."""
    plain = normalise_header(name)
    return plain.endswith("s") and plain[:-1] in relations


@lru_cache(maxsize=64)
def said_twice(kind: Kind[Any]) -> frozenset[str]:
    """Normalised names of fields that are called as a relation of the kind is, and whose words lead nowhere."""
    related = {normalise_header(base_of(placed.name)) for placed in kind.columns if placed.column.links_to}
    words = (placed for placed in kind.columns if not placed.column.links_to and not placed.column.name_for)
    return frozenset(normalise_header(placed.name) for placed in words) & related


def with_addresses(headers: Sequence[str], rows: Iterable[Sequence[str]], source: Source) -> tuple[str, ...]:
    """The headers, with `patient_id` for a column `patient` of which the cells are addresses.

    A header that says something else, and one whose id has a column of its own, stays as it is.
    """
    known = bases(source)
    wanted = {at: name for at, header in enumerate(headers) if (name := _relation(header)) in known}
    taken = {normalise_header(header) for header in headers}
    found = {at for at, name in wanted.items() if normalise_header(f"{name}_id") not in taken}
    if not found:
        return tuple(headers)
    addresses: set[int] = set()
    others: set[int] = set()
    for cells in rows:
        for at in found:
            if at < len(cells) and (cell := cells[at].strip()):
                (others if id_in_address(cell) is None else addresses).add(at)
    return tuple(f"{wanted[at]}_id" if at in addresses - others else header for at, header in enumerate(headers))


def _relation(header: str) -> str:
    words = [word for word in _APART.split(header.strip().lower()) if word and word not in _FRAME]
    return "_".join(words)


def short_object(item: Any) -> Mapping[str, Any] | None:
    """An object that only says which thing is meant: its id, its name, its address; None for any other value."""
    return item if isinstance(item, dict) and "id" in item and item.keys() <= _SHORT else None
