"""What a nested value of JSON says of a related thing: its id, in whatever way a script wrote it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.reading.json_stream import Exact
from app.reading.relations import NAMES, id_header, is_plural, short_object

_BEHIND = re.compile(r"[?#]")  # what follows the path of an address
_ID = re.compile(r"[0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class Related:
    """`ids` stand under `header`, with commas between several; empty where a relation leads nowhere.

    `cells` are kept beside it: the related thing's name, and words that say of something and lead nowhere. `beside` is
    what else the thing says of itself.
    """

    header: str
    ids: str
    cells: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


def related_in(name: str, item: Any, relations: frozenset[str]) -> Related | None:
    """The relation that an object or a list under a name is; None for what is none."""
    header = id_header(name, relations)
    if isinstance(item, list):
        return _of_list(name, header, item) if header is not None else None
    if not isinstance(item, dict):
        return None
    target = relation(item)
    if (
        target is None
        and short_object(item) is None
        and (header is None or not ("id" in item or set(NAMES) & set(item)))
    ):
        return None
    own = _own_id(item)
    codes = ("link_conflict",) if own and target and own != target else ()
    ids = target or own
    named, beside = _beside(name, item)
    if header is None:
        return Related(f"{name}_id", ids, named, beside, codes)
    if not ids and not named and not (is_plural(name, relations) and target is not None) and _says(item):
        named = {name: json_text(item)}
    return Related(header, ids, named, beside, codes)


def leads_to_all(name: str, relations: frozenset[str]) -> bool:
    """Whether an address without an id may stand under a name and lead nowhere: it is that of a list."""
    return id_header(name, relations) is None or is_plural(name, relations)


def relation(item: Any) -> str | None:
    """The id at the end of a relation's address; empty for a relation to nothing; None for what is no relation."""
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
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _of_list(name: str, header: str, items: list[Any]) -> Related | None:
    """A list of which every element is an id, or a thing with one; None where any may be something else."""
    ids = [_one_id(item) or _id_of(item) for item in items]
    if not all(ids):
        return None
    things = [item for item in items if isinstance(item, dict) and item.keys() - {"id", "links"}]
    kept = {f"{name}.list": json_text(things)} if things else {}
    return Related(header, ",".join(dict.fromkeys(one for one in ids if one)), kept)


def _id_of(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    target, own = relation(item), _own_id(item)
    return None if target and own and target != own else target or own


def _own_id(item: Mapping[str, Any]) -> str:
    """What an object has under `id`, which may be no number."""
    value = item.get("id")
    return "" if value is None or isinstance(value, bool | dict | list) else _worded(value)


def _worded(value: str | float) -> str:
    return value.text if isinstance(value, Exact) else str(value).strip()


def _one_id(value: Any) -> str | None:
    """The id that a value is by itself."""
    text = _worded(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) else None


def _says(item: Any) -> bool:
    """Whether anything but nothing stands in a value, however deep."""
    if isinstance(item, dict):
        return any(_says(value) for value in item.values())
    if isinstance(item, list):
        return any(map(_says, item))
    return item not in (None, "", False)


def _beside(name: str, item: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """What a relation says beside its id: `patient.name` and the like."""
    rest = {key: value for key, value in item.items() if key not in ("id", "links")}
    called = next(filter(None, map(rest.get, NAMES)), None)
    named = {f"{name}.name": called if isinstance(called, str) else json_text(called)} if called is not None else {}
    flattened = {
        f"{name}.{key}": json_text(value) if isinstance(value, dict | list) else value
        for key, value in rest.items()
        if key not in NAMES
    }
    return named, flattened
