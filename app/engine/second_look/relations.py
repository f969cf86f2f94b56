"""Relations of a raw row under one name: whatever way a script wrote them, the id stands under `patient_id`."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from app.engine.second_look.json_objects import worded

_ENDS = ("linksself", "selflink", "self", "link", "url", "href", "id")
_ADDRESS = re.compile(r"https?://[^\s?#]+/([^\s/?#]*\d[^\s/?#]*)/?(?:[?#]\S*)?", re.IGNORECASE)
LONGEST = 2_000  # signs of an address
_RELATIONS = frozenset(
    """patient practitioner business user contact booking attendee appointmenttype patientcase treatmentnotetemplate
    formtemplate billableitem referringdoctor mergedwithpatient""".split()  # noqa: SIM905 - as a list it would be long
)
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


def is_id_of(header: str, value: Any, known: Collection[str]) -> bool:
    """Whether a value of JSON under a bare header is a relation's id alone: the header is no field of the kind."""
    return header in _RELATIONS and header not in known and worded(value).isdigit()


def related(value: Any) -> str | None:
    """The id that an object of JSON leads to, by its address or by its own id; None for any other value."""
    if not isinstance(value, dict):
        return None
    links = value.get("links")
    if isinstance(links, dict) and ("self" in links or len(value) == 1):
        return _addressed(str(links.get("self") or "")) or worded(value.get("id"))
    is_short = "id" in value and value.keys() <= _SHORT
    return worded(value["id"]) if is_short else None
