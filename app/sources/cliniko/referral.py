"""How a patient came to the clinic: native files have a column for each part, the api has it nested in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.mapping.rows import Json
from app.mapping.structured import BY_PROGRAMS, NotJsonError, parse_json, words_in

if TYPE_CHECKING:
    from app.sources.cliniko.patients import Patient

_TYPES = ("referral_source_type", "referral_type", "type", "type_name", "name")
_SUBCATEGORIES = ("subcategory", "referral_type_subcategory")
_NOTES = ("notes", "referral_notes", "extra_information")


@dataclass(frozen=True, slots=True)
class Referral:
    """The name of its type, and everything else that is said of it."""

    type: str | None
    subcategory: str | None = None
    extra: str | None = None


def referral(row: Patient) -> Referral:
    """The columns of their own count first; what is nested fills those that are empty. Nothing of it is left away."""
    given = row.referral_source
    nested: Mapping[str, Json] = given if isinstance(given, dict) else {}
    type_ = _type(row.referral_type)
    inner = next((name for key in _TYPES if (name := _type(nested.get(key)))), None)
    subcategory = next((word for key in _SUBCATEGORIES if (word := _word(nested.get(key)))), None)
    notes = [_word(nested.get(key)) for key in _NOTES] if nested else list(words_in(given))
    kept = [inner if type_ and inner != type_ else None, subcategory if row.referral_subcategory else None]
    said = [row.referral_extra, *kept, *notes, *_rest(nested)]
    words = dict.fromkeys(word for word in said if word and word != row.referral_subcategory)
    return Referral(type_ or inner, row.referral_subcategory or subcategory, "\n".join(words) or None)


def _type(value: Json) -> str | None:
    """A type's name, told as such or as an object that has one."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = parse_json(value)
        except NotJsonError:
            return str(value)
    if isinstance(value, dict):
        return _word(value.get("name")) or "; ".join(words_in(value)) or None
    return _word(value)


def _word(value: Json) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _rest(nested: Mapping[str, Json]) -> Iterator[str]:
    """What else an object says in words, under the names that it gives them."""
    for key, value in nested.items():
        if key not in {*_TYPES, *_SUBCATEGORIES, *_NOTES, *BY_PROGRAMS} and (words := "; ".join(words_in(value))):
            yield f"{key.replace('_', ' ').capitalize()}: {words}"
