"""Reads ids and references between rows. An id is text, cleaned of what spreadsheets and scripts do to numbers.

The `Column` builders at the end (`key`, `link`, `links`) describe the columns that hold ids.
"""

import json
import re
from typing import Any

from app.mapping.cells import is_error_word, plain, unguarded
from app.mapping.columns import Column, Link, Reader, Report
from app.mapping.context import Context

NOTHING = frozenset({"null", "nil", "n/a", "#n/a"})
"""Words that count as an empty cell in columns of dates, numbers and ids, in lower case."""

_OPAQUE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_ADDRESS = re.compile(r"https?://[^\s/]+/(?:[^\s/?#]+/)*([^\s/?#]+)/?(?:[?#]\S*)?")
_DECIMAL = re.compile(r"(\d{1,15})\.0")
_APART = re.compile(r"[,;|\s]+")


def id_in_address(text: str) -> str | None:
    """The id at the end of a web address such as `https://api.example/v1/patients/12`.

    "" for an address whose last part has no digit, such as the address of a list. None for any other text.
    """
    if not text.startswith(("http://", "https://")) or not (match := _ADDRESS.fullmatch(text)):
        return None
    last = match[1]
    return last if any(map(str.isdigit, last)) else ""


def related_id(text: str) -> str | None:
    """The id that a text gives for a related thing: by its web address, or as JSON by an object with its address or id.

    "" where there is no thing: the address of a list, or an object such as `{}`. None for any other text, for an object
    whose address and id differ, and for one with the address of a list.
    """
    if text[:1] != "{":
        return id_in_address(text)
    value = _parsed(text)
    return _id_of(value) if isinstance(value, dict) else None


def _parsed(text: str) -> Any:
    """The value of a JSON text, with numbers as written; None for other text."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _id_of(thing: dict[str, Any]) -> str | None:
    links, own = thing.get("links"), thing.get("id")
    address = links.get("self") if isinstance(links, dict) else None
    ids = {clean_id(each, _ignore) for each in (address, own) if isinstance(each, str)} - {None}
    if len(ids) > 1 or isinstance(own, dict | list | bool):
        return None
    if ids:
        return next(iter(ids))
    rest = [value for name, value in thing.items() if name != "links"]
    linked = list(links.values()) if isinstance(links, dict) else [links]
    return "" if all(value in (None, "", [], {}) for value in (*rest, *linked)) else None


def clean_id(cell: str, report: Report) -> str | None:
    """An id without guard, quotes, spaces, `.0`, or web address or JSON object around the id; None for an empty id.

    Reports `id_cleaned` if the id had to be changed.
    """
    if cell.isdigit() and cell.isascii():
        return cell
    value = unguarded(cell)
    if value.lower() in NOTHING:
        return None
    if (related := related_id(value)) is not None:
        return related or None
    if value.isdigit() and value.isascii():
        return value
    bare = value.lstrip("'").strip("\"' \u00a0\ufeff")
    if not bare.isascii():
        bare = plain(bare)
    joined = bare.replace(" ", "").replace("\u00a0", "")
    if joined.isascii() and (joined.isdigit() or _DECIMAL.fullmatch(joined)):
        bare = joined
    if decimal := _DECIMAL.fullmatch(bare):
        bare = decimal[1]
    if bare != value:
        report("id_cleaned")
    return bare or None


def is_no_id(text: str) -> bool:
    """Whether a filled cell gives way to an id of the same meaning: an empty-value word, an error word of a
    spreadsheet, the address of a list, or an empty JSON object."""
    return text.lower() in NOTHING or is_error_word(text) or related_id(text) == ""


def same_ids(first: str, second: str) -> bool:
    """Whether two texts are the same id, or the same ids in any order, once they are cleaned."""
    if first == second or clean_id(first, _ignore) == clean_id(second, _ignore):
        return True
    return _all_ids(first) == _all_ids(second)


def _all_ids(text: str) -> frozenset[str]:
    return frozenset(clean_id(piece, _ignore) or "" for piece in _APART.split(text))


def _ignore(code: str) -> None:
    pass


def key_id(cell: str, context: Context, report: Report) -> str | None:
    """A row's own id: up to 64 digits, or a key of letters and digits, which reports `id_not_numeric`.

    None with `bad_id` for any other text. Raises nothing.
    """
    value = clean_id(cell, report)
    if value is None or (value.isdigit() and value.isascii() and len(value) <= 64):
        return value
    if not _OPAQUE.fullmatch(value):
        report("bad_id")
        return None
    report("id_not_numeric")
    return value


def token(cell: str, context: Context, report: Report) -> str | None:
    """A key that need not be a number, such as a field's token; None with `bad_id` for other text."""
    value = clean_id(cell, report)
    if value is None or _OPAQUE.fullmatch(value):
        return value
    report("bad_id")
    return None


def one_id(cell: str, context: Context, report: Report) -> Link | None:
    """A reference by id. Any text is kept as the id: a text that is no id leads to no row, so `orphan_code` reports it.

    The web address of a list is kept as a whole.
    """
    value = clean_id(cell, report) or (cell if id_in_address(cell) == "" else None)
    return Link((value,)) if value else None


def several_ids(cell: str, context: Context, report: Report) -> Link | None:
    """References by id, separated by commas, semicolons, bars or white space, or as a JSON list; duplicates removed.
    Related things may be JSON objects.

    A guard (`="12"`) may be around the whole list or around each id. Error words of spreadsheets are left out with
    `spreadsheet_error_value`.
    """
    if "{" in cell:
        related = _ids_of_objects(cell)
        return Link(related) if related else None
    listed = cell
    if '="' in cell:
        listed = cell.replace('="', " ").replace('"', " ").strip()
    if listed[:1] == "[" and listed[-1:] == "]":
        listed = listed[1:-1].replace('"', " ")
    listed_ids = [piece for piece in _APART.split(listed) if piece]
    good = [piece for piece in listed_ids if not is_error_word(piece)]
    if len(good) < len(listed_ids):
        report("spreadsheet_error_value")
    pieces = (clean_id(piece, report) for piece in good)
    ids = tuple(dict.fromkeys(piece for piece in pieces if piece))
    return Link(ids) if ids else None


def _ids_of_objects(text: str) -> tuple[str, ...]:
    """The ids of a JSON object or a list of objects. Any other text is a single id, which leads to no row."""
    value = _parsed(text)
    things = value if isinstance(value, list) else [value]
    ids = [_id_of(thing) if isinstance(thing, dict) else None for thing in things]
    return (text,) if None in ids else tuple(dict.fromkeys(each for each in ids if each))


def by_name(cell: str, context: Context, report: Report) -> Link | None:
    """A reference by name, for columns where the source gives no id."""
    return Link(name=cell)


def key(native: str, *headers: str, mark: str = "A") -> Column:
    """The column of a row's own id. The attribute must be called `id`, as in files from the source's API."""
    return Column(key_id, native, headers, mark, is_key=True)


def link(
    kind: str,
    native: str,
    *headers: str,
    mark: str = "A",
    required: bool = False,
    left_out_with_target: bool = False,
    orphan_code: str | None = None,
    ambiguous_code: str | None = None,
    other_client_code: str | None = None,
    destination: str | None = None,
    feeds: tuple[str, ...] = (),
    read: Reader = one_id,
) -> Column:
    """A column that refers to one row of another kind. Parameters as the fields of `Column`."""
    return Column(
        read,
        native,
        headers,
        mark,
        required=required,
        left_out_with_target=left_out_with_target,
        links_to=kind,
        orphan_code=orphan_code,
        ambiguous_code=ambiguous_code,
        other_client_code=other_client_code,
        destination=destination,
        feeds=feeds,
    )


def links(
    kind: str,
    native: str,
    *headers: str,
    mark: str = "A",
    orphan_code: str | None = None,
    other_client_code: str | None = None,
    feeds: tuple[str, ...] = (),
) -> Column:
    """A column that refers to several rows of another kind. No target is required. Parameters as in `Column`."""
    return Column(
        several_ids,
        native,
        headers,
        mark,
        links_to=kind,
        orphan_code=orphan_code,
        other_client_code=other_client_code,
        feeds=feeds,
    )
