"""A note's content as the source itself writes it, made of one that a program wrote in another way."""

import re
from typing import Any

from app.mapping.rows import Json

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMES = frozenset(
    """sections questions name description type answer answers value selected other enabled required signature_id
    body_chart_ids""".split()  # noqa: SIM905 - as a list it would be a page long
)


def in_usual_form(content: dict[str, Any]) -> dict[str, Any] | None:
    """The same content with its sections where they belong, and nothing less; None where none are found.

    Names may have capital letters, something may stand around the sections, and questions may have no section.
    """
    found = _with_sections(_named(content))
    return found if found != content else None


def _named(value: Any) -> Any:
    """A value whose members have the names that they have in a content, however they are written."""
    if isinstance(value, list):
        return [_named(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Json] = {}
    for name, each in value.items():
        usual = _WORDS.sub("_", name).lower()
        own = usual if usual in _NAMES and usual not in value and usual not in found else name
        found[own] = _named(each)
    return found


def _with_sections(value: dict[str, Any]) -> dict[str, Any] | None:
    if value.get("sections"):
        return value if isinstance(value["sections"], list) else None
    if value.get("questions"):
        return {"sections": [value]} if isinstance(value["questions"], list) else None
    around = [(name, each) for name, each in value.items() if isinstance(each, dict)]
    inside = [(name, found) for name, each in around if (found := _with_sections(each)) is not None]
    if len(inside) != 1:
        return None
    ((name, found),) = inside
    beside = {other: each for other, each in value.items() if other != name and each not in (None, "", [], {})}
    return None if beside.keys() & found.keys() else {**beside, **found}
