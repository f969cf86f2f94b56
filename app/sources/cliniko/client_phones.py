"""A person's telephone numbers: five kinds, each in a column of its own or in a list of Cliniko's API."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from app.json_values import JsonValue
from app.mapping.cells import is_error_word
from app.mapping.json_cells import NotJsonError, parse_json, words_in
from app.mapping.phones import find_phone
from app.sources.cliniko.row import BY_PROGRAMS

_MEMBERS = frozenset({"number", "normalized_number", "phone_type"})  # of an entry of `patient_phone_numbers`
_NOT_WORDS = BY_PROGRAMS | {"phone_type"}
KINDS = ("mobile", "home", "work", "fax", "other")


@dataclass(frozen=True, slots=True)
class Phones:
    """A person's numbers as Caspen keeps them.

    `primary` is the first mobile number with its country code, `numbers` all numbers with country code and type,
    `unread` lines for the notes with texts that are more than a number, `codes` the problems.
    """

    primary: str | None
    numbers: tuple[dict[str, str], ...]
    unread: tuple[str, ...]
    codes: tuple[str, ...]


def split(cell: str | None) -> tuple[str, ...]:
    """The numbers of one cell, parted by `, ` as in Cliniko's csv export of patients, or in a JSON list."""
    if cell and cell[0] == "[":
        with suppress(NotJsonError):
            return tuple(number for _, number in listed(parse_json(cell)))
    return tuple(piece.strip() for piece in re.split("[,;\n]", cell or "") if piece.strip())


def listed(value: JsonValue) -> tuple[tuple[str, str], ...]:
    """(kind, number) of each entry of `patient_phone_numbers` in Cliniko's API. Never raises.

    An entry without a number gives its words. One entry without a list, an object of numbers by kind, and texts in
    place of entries are read, too.
    """
    if isinstance(value, dict) and not _MEMBERS & value.keys():
        value = [
            {"phone_type": kind, "number": " ".join(words_in(number, BY_PROGRAMS))} for kind, number in value.items()
        ]
    numbers: list[tuple[str, str]] = []
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            numbers += [("other", number) for text in words_in(entry, BY_PROGRAMS) for number in split(text)]
            continue
        kind = " ".join(words_in(entry.get("phone_type"), BY_PROGRAMS)).lower() or "other"
        normalised, number = (" ".join(words_in(entry.get(k), BY_PROGRAMS)) for k in ("normalized_number", "number"))
        if text := normalised or number or " ".join(words_in(entry, _NOT_WORDS)):
            numbers.append((kind if kind in KINDS else "other", text))
    return tuple(numbers)


def phones(texts: Iterable[tuple[str, str]], country: str) -> Phones:
    """The numbers of a person from pairs (kind, text), without repetitions. Never raises.

    A number without a country code belongs to `country`, ISO alpha-2, with the code `phone_country_assumed`.
    """
    primary: str | None = None
    numbers: list[dict[str, str]] = []
    unread: list[str] = []
    codes: list[str] = []
    for kind, text in texts:
        if is_error_word(text):
            codes.append("spreadsheet_error_value")
            continue
        phone, has_more, is_mended = find_phone(text, country)
        if phone is None or has_more:
            unread.append(f"Phone ({kind}): {text}")
        if phone is None:
            codes.append("bad_phone")
            continue
        if is_mended:
            codes.append("spreadsheet_value_mended")
        if phone.assumed:
            codes.append("phone_country_assumed")
        entry = {"number": phone.number, "code": phone.code, "type": kind}
        if entry in numbers:
            continue
        numbers.append(entry)
        if primary is None and kind == "mobile" and not phone.is_landline:
            primary = phone.whole
    return Phones(primary, tuple(numbers), tuple(unread), tuple(dict.fromkeys(codes)))
