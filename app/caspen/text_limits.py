"""How long a text may be in each column of Caspen. Longer text is stored whole and reported."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.caspen.canonical_values import ValueKind
from app.caspen.row_codec import shape

STRING = 255
TEXT = 65_535
RICH = 5 * 1024 * 1024
_TEXTS = {
    "appointment_groups": ("note",),
    "appointments": ("cancellation_note",),
    "cases": ("notes",),
    "clients": ("alert", "notes"),
    "contacts": ("notes",),
    "practitioners": ("description",),
    "services": ("description",),
}
_RICH = {"communications": ("body",), "progress_note_templates": ("body",), "progress_notes": ("body",)}
_OWN = {"custom_field_values": ("text",), "files": ("folder",)}
"""Columns with a limit of their own: that of the field's type, and none for a path."""


def is_over_limit(table: str, values: Mapping[str, Any]) -> bool:
    """Whether a text of a record is longer than its column may hold."""
    for column, limit in limits_of(table):
        value = values.get(column)
        if type(value) is str and len(value) > limit:
            return True
    return False


@cache
def limits_of(table: str) -> tuple[tuple[str, int], ...]:
    """The columns of text of a table that are its content, each with the number of characters that it may hold."""
    known = shape(table)
    kinds, own = known.hasher().kinds, _OWN.get(known.name, ())
    texts = [name for name, kind in kinds.items() if kind is ValueKind.TEXT and name not in own]
    longer = dict.fromkeys(_TEXTS.get(known.name, ()), TEXT) | dict.fromkeys(_RICH.get(known.name, ()), RICH)
    return tuple((name, longer.get(name, STRING)) for name in texts)
