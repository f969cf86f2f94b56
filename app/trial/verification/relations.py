"""Relations of a raw row under one name: whatever way a script wrote them, the id stands under `patient_id`."""

import re
from functools import lru_cache
from typing import Any

from app.trial.verification.json_objects import worded

_ENDS = ("linksself", "selflink", "self", "link", "url", "href", "id")
_ADDRESS = re.compile(r"https?://[^\s?#]+/([^\s/?#]*\d[^\s/?#]*)/?(?:[?#]\S*)?", re.IGNORECASE)
LONGEST = 2_000  # signs of an address
_RELATIONS = frozenset(
    """patient practitioner provider business location user contact appointment booking attendee appointmenttype case
    patientcase template treatmentnotetemplate formtemplate billableitem referringdoctor mergedwithpatient""".split()  # noqa: SIM905 - as a list it would be long
)
_SEVERAL = frozenset({"patients", "practitioners", "attendees"})
_IDS = re.compile(r"\s*[0-9]{1,64}(?:[\s,;|]+[0-9]{1,64})*\s*")
_DIGITS = re.compile(r"[0-9]+")
_SHORT = frozenset({"id", "name", "display_name", "label", "links"})


def with_ids(row: dict[str, str]) -> dict[str, str]:
    """The row, with the id of each relation also under the bare `patient_id`, where no id stands there already.

    `patient.links.self`, `patient_url` and `patient` may hold an address, and all but `patient` an id. A header that
    has an id in it keeps its place, and an address below it becomes the id. A second call changes nothing.
    """
    found: dict[str, str] = {}
    for header, cell in row.items():
        base, is_spelled = _base(header)
        if not base or not cell:
            continue
        if addressed := _addressed(cell):
            found.setdefault(header if header.endswith("ids") else f"{base}id", addressed)
        elif is_spelled:
            found.setdefault(f"{base}id", cell)
    for name, value in found.items():
        if not row.get(name) or row[name].startswith("http"):
            row[name] = value
    return row


def _addressed(text: str) -> str:
    """The id at the end of an address; empty for any other text."""
    is_short = text.startswith("http") and len(text) <= LONGEST
    address = _ADDRESS.fullmatch(text) if is_short else None
    return address[1] if address else ""


@lru_cache(maxsize=4096)
def _base(header: str) -> tuple[str, bool]:
    """What a bare header calls the related thing, and whether the header says that its cell is a relation."""
    for end in _ENDS:
        if header.endswith(end):
            return header.removesuffix(end), True
    return header, False


def id_header(header: str) -> str:
    """The bare header of a relation's id, for a bare header that is called as a relation is; empty for any other."""
    if header in _SEVERAL:
        return f"{header[:-1]}id"
    if header in _RELATIONS:
        return f"{header}id"
    return header if header.removesuffix("ids").removesuffix("id") in _RELATIONS else ""


def ids_alone(header: str, value: Any) -> str:
    """What a value of JSON under a relation's bare header is, where that is its id alone, or several; else empty."""
    if header not in _RELATIONS | _SEVERAL or isinstance(value, dict | list | bool):
        return ""
    text = worded(value)
    return ",".join(_DIGITS.findall(text)) if _IDS.fullmatch(text) else ""


def related(value: Any, header: str = "") -> str | None:
    """The id that an object of JSON leads to, by its address or by its own id; None for any other value.

    Under a relation's bare header it leads there whatever else it says, and a list of such values to each of them.
    """
    is_named = bool(id_header(header))
    if isinstance(value, list):
        each = [_led(one) for one in value] if is_named else []
        return ",".join(dict.fromkeys(each)) if all(each) and is_named else None
    if not isinstance(value, dict):
        return None
    links = value.get("links")
    if isinstance(links, dict) and ("self" in links or len(value) == 1):
        return _addressed(str(links.get("self") or "")) or _own(value)
    is_short = "id" in value and (is_named or value.keys() <= _SHORT)
    return _own(value) if is_short else None


def _led(value: Any) -> str:
    if isinstance(value, dict):
        return related(value, "patient") or ""
    text = "" if isinstance(value, list | bool) else worded(value).strip()
    return text if _DIGITS.fullmatch(text) else ""


def _own(value: dict[str, Any]) -> str:
    """What stands under an object's own id, where that is no object again."""
    own = value.get("id")
    return "" if isinstance(own, dict | list | bool) else worded(own).strip()
