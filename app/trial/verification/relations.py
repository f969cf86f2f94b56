"""Relations of a raw row: the id of a relation, in any spelling, is put under a header like `patient_id`."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.mapping.raw_format import RawFormat
from app.mapping.verified_kinds import is_value
from app.trial.verification.json_objects import worded

_ENDS = ("linksself", "selflink", "self", "link", "url", "href", "id")
_ADDRESS = re.compile(r"https?://[^\s?#]+/([^\s/?#]*\d[^\s/?#]*)/?(?:[?#]\S*)?", re.IGNORECASE)
LONGEST = 2_000  # characters of an address
_IDS = re.compile(r"\s*[0-9]{1,64}(?:[\s,;|]+[0-9]{1,64})*\s*")
_DIGITS = re.compile(r"[0-9]+")
_SHORT = frozenset({"id", "name", "display_name", "label", "links"})


def with_ids(row: dict[str, str]) -> dict[str, str]:
    """The row with the id of each relation under a bare header like `patientid`, unless the row has an id there.

    `patient.links.self`, `patient_url` and `patient` may hold an address, and all but `patient` may hold an id. An
    address under a header of an id is replaced by the id. The id stands before the column that holds it, because of
    columns of one meaning the first filled one counts. A second call changes nothing.
    """
    ids: dict[str, tuple[str, str]] = {}
    for header, cell in row.items():
        base, is_spelled = _base(header)
        if not base or not cell:
            continue
        if addressed := _addressed(cell):
            ids.setdefault(header if header.endswith("ids") else f"{base}id", (header, addressed))
        elif is_spelled and cell[:4] != "http" and is_value(cell):
            ids.setdefault(f"{base}id", (header, cell))
    missing = {
        name: pair for name, pair in ids.items() if (own := row.get(name, ""))[:4] in ("", "http") or not is_value(own)
    }
    if not missing:
        return row
    before = {header: (name, value) for name, (header, value) in missing.items()}
    placed: dict[str, str] = {}
    for header, cell in row.items():
        if header in before:
            placed[before[header][0]] = before[header][1]
        if header not in missing:
            placed[header] = cell
    return placed


def with_ids_of_objects(row: dict[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """The row of a table with ids in place of JSON objects. `headers` is the id's header by header of a relation."""
    ids = {header: id_ for header in headers if (id_ := _id_of_object(row.get(header, "")))}
    if not ids:
        return row
    placed: dict[str, str] = {}
    for header, cell in row.items():
        name = headers[header] if header in ids else header
        placed[name] = placed.get(name) or ids.get(header, cell)
    return placed


def _id_of_object(cell: str) -> str:
    """The id of a related thing's JSON object; empty for other text, and if the object's address and id differ."""
    if cell[:1] != "{" or len(cell) > LONGEST:
        return ""
    try:
        value = json.loads(cell, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ""
    own = _own(value)
    target = related(value, is_named=True) or ""
    return target if own in ("", target) else ""


def _addressed(text: str) -> str:
    """The id at the end of an address; empty for any other text."""
    is_short = text.startswith("http") and len(text) <= LONGEST
    address = _ADDRESS.fullmatch(text) if is_short else None
    return address[1] if address else ""


@lru_cache(maxsize=4096)
def _base(header: str) -> tuple[str, bool]:
    """The name of the related thing in a bare header, and whether the header is certainly one of a relation."""
    for end in _ENDS:
        if header.endswith(end):
            return header.removesuffix(end), True
    return header, False


def id_header(header: str, raw_format: RawFormat) -> str:
    """The bare header of a relation's id, for the bare header of a relation; empty for other headers."""
    if header in raw_format.lists:
        return f"{header[:-1]}id"
    if header in raw_format.relations:
        return f"{header}id"
    return header if header.removesuffix("ids").removesuffix("id") in raw_format.relations else ""


def ids_alone(header: str, value: Any, raw_format: RawFormat) -> str:
    """The ids, with commas, in a JSON value that is only an id or several under a relation's header; else empty."""
    is_named = header in raw_format.relations or header in raw_format.lists
    if not is_named or isinstance(value, dict | list | bool):
        return ""
    text = worded(value)
    return ",".join(_DIGITS.findall(text)) if _IDS.fullmatch(text) else ""


def related(value: Any, *, is_named: bool) -> str | None:
    """The id of a related JSON object, from its address or its own id; None for other values.

    `is_named`: the value is under the header of a relation. Then the object may have any members, and a list gives
    several ids.
    """
    if isinstance(value, list):
        ids = [_item_id(item) for item in value] if is_named else []
        return ",".join(dict.fromkeys(ids)) if all(ids) and is_named else None
    if not isinstance(value, dict):
        return None
    links = value.get("links")
    if isinstance(links, dict) and ("self" in links or len(value) == 1):
        return _addressed(str(links.get("self") or "")) or _own(value)
    is_short = "id" in value and (is_named or value.keys() <= _SHORT)
    return _own(value) if is_short else None


def _item_id(value: Any) -> str:
    if isinstance(value, dict):
        return related(value, is_named=True) or ""
    text = "" if isinstance(value, list | bool) else worded(value).strip()
    return text if _DIGITS.fullmatch(text) else ""


def _own(value: dict[str, Any]) -> str:
    """The own id of an object; empty for a nested id."""
    own = value.get("id")
    return "" if isinstance(own, dict | list | bool) else worded(own).strip()
