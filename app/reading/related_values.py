"""The id of a related thing in a nested JSON value, in each form that scripts write."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.json_values import JsonObject, JsonValue
from app.mapping.cells import is_error_word
from app.mapping.ids import is_no_id, same_ids
from app.mapping.repeated_members import RepeatedMembers
from app.reading.json_stream import ExactNumber
from app.reading.relation_headers import NAMES, RelationNames, id_header, is_plural, short_object

_BEHIND = re.compile(r"[?#]")  # query and fragment of an address
_ID = re.compile(r"[0-9]{1,64}")
CONFLICT = "link_conflict"


@dataclass(frozen=True, slots=True)
class Related:
    """`ids` go under `header`, joined by commas; empty if the relation is empty.

    `cells` are further cells: the related thing's name, and words without an id. `further` are the thing's other
    members.
    """

    header: str
    ids: str
    cells: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, JsonValue] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


def related_value(name: str, item: Any, relations: RelationNames) -> Related | None:
    """Returns the relation in an object or a list under a name; None if the value is not a relation."""
    header = id_header(name, relations)
    if isinstance(item, list):
        return _of_list(name, header, item) if header is not None else None
    if not isinstance(item, dict):
        return None
    target = linked_id(item)
    if (
        target is None
        and short_object(item) is None
        and (header is None or not ("id" in item or set(NAMES) & set(item)))
    ):
        return None
    own = _own_id(item)
    codes: tuple[str, ...] = ()
    if own and target:
        own, codes = own_id_and_codes(own, target)
    codes = (CONFLICT,) if _has_two_ids(item) else codes
    ids = target or own
    named, further = _further_members(name, item)
    if header is None:
        return Related(f"{name}_id", ids, named, further, codes)
    if not ids and not named and not (is_plural(name, relations) and target is not None) and _has_content(item):
        named = {name: json_text(item)}
    return Related(header, ids, named, further, codes)


def own_id_and_codes(own: str, target: str) -> tuple[str, tuple[str, ...]]:
    """Returns a row's own id of a related thing, and the problem codes of a different id behind an address.

    The own id is empty if it is no id and the address has one.
    """
    if not own or not target or own == target:
        return own, ()
    if is_no_id(own):
        return "", ("spreadsheet_error_value",) if is_error_word(own) else ()
    return own, () if same_ids(own, target) else (CONFLICT,)


def leads_to_all(name: str, relations: RelationNames) -> bool:
    """Returns whether an address without an id may be an empty relation: it is the address of a list."""
    return id_header(name, relations) is None or is_plural(name, relations)


def linked_id(item: Any) -> str | None:
    """Returns the id at the end of a relation's address; empty for an empty relation; None for any other value."""
    if item == {}:
        return ""
    links = item.get("links") if isinstance(item, dict) else None
    if not isinstance(links, dict) or not ("self" in links or len(item) == 1):
        return None
    address = links.get("self")
    if not isinstance(address, str):
        return ""
    last = _BEHIND.split(address, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
    return last if any(c.isdigit() for c in last) else ""


def json_text(value: Any) -> str:
    """Returns compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_without_content(value: JsonValue) -> bool:
    """Returns whether a value is empty at any depth. A `links` member of an object is an address and no content."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left += [member for name, member in each.items() if name != "links" or not isinstance(member, dict)]
        elif isinstance(each, list):
            left += each
        elif each is not None and each != "":
            return False
    return True


def _of_list(name: str, header: str, items: list[Any]) -> Related | None:
    """Returns the relation of a list whose elements are all ids or things with an id; None for any other list."""
    ids = [_one_id(item) or _id_of(item) for item in items]
    if not all(ids):
        return None
    things = [item for item in items if isinstance(item, dict) and item.keys() - {"id", "links"}]
    kept = {f"{name}.list": json_text(things)} if things else {}
    return Related(header, ",".join(dict.fromkeys(each for each in ids if each)), kept)


def _id_of(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    target = linked_id(item) or ""
    own, codes = own_id_and_codes(_own_id(item), target)
    return None if CONFLICT in codes or _has_two_ids(item) else target or own


def _has_two_ids(item: Mapping[str, JsonValue]) -> bool:
    """Returns whether an object has two members of one name that lead to different things."""
    inside = item.get("links")
    for members, name in ((item, "id"), (item, "links"), (inside, "self")):
        if isinstance(members, RepeatedMembers):
            values = [value for own, value in members.items() if own == name and value not in (None, "", {})]
            if any(value != values[0] for value in values[1:]):
                return True
    return False


def _own_id(item: Mapping[str, JsonValue]) -> str:
    """Returns an object's `id` as text, which need not be a number."""
    value = item.get("id")
    return "" if value is None or isinstance(value, bool | dict | list) else _worded(value)


def _worded(value: str | float) -> str:
    return value.text if isinstance(value, ExactNumber) else str(value).strip()


def _one_id(value: Any) -> str | None:
    """Returns the id that a value is; None for any other value."""
    text = _worded(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) else None


def _has_content(item: Any) -> bool:
    """Returns whether a value contains anything but empty values, at any depth."""
    left = [item]
    while left:
        each = left.pop()
        if isinstance(each, dict | list):
            left += each.values() if isinstance(each, dict) else each
        elif each not in (None, "", False):
            return True
    return False


def _further_members(name: str, item: Mapping[str, JsonValue]) -> tuple[dict[str, str], JsonObject]:
    """Returns what a relation has besides its id: the name, and the other members by dotted header."""
    rest = {key: value for key, value in item.items() if key not in ("id", "links")}
    called = next((value for key in NAMES if (value := rest.get(key))), None)
    named = (
        {f"{name}.name": called if isinstance(called, str) else json_text(called)}
        if not is_without_content(called)
        else {}
    )
    flattened: JsonObject = {
        f"{name}.{key}": json_text(value) if isinstance(value, dict | list) else value
        for key, value in rest.items()
        if key not in NAMES
    }
    return named, flattened
