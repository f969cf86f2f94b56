"""The numbers by which the rows of an export know each other: text from end to end, as spreadsheets damage them."""

import re

from app.mapping.cells import is_error, plain, unguarded
from app.mapping.columns import Column, Link, Reader, Report
from app.mapping.context import Context

NOTHING = frozenset({"null", "nil", "n/a", "#n/a"})  # counts as empty in date, number and id cells
_OPAQUE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_ADDRESS = re.compile(r"https?://[^\s/]+/(?:[^\s/?#]+/)*([^\s/?#]+)/?(?:[?#]\S*)?")
_DECIMAL = re.compile(r"(\d{1,15})\.0")
_APART = re.compile(r"[,;|\s]+")


def id_in_address(text: str) -> str | None:
    """The id at the end of a thing's address; empty for the address of a list; None for any other text."""
    if not text.startswith(("http://", "https://")) or not (found := _ADDRESS.fullmatch(text)):
        return None
    last = found[1]
    return last if any(map(str.isdigit, last)) else ""


def clean_id(cell: str, report: Report) -> str | None:
    """An id without what a spreadsheet or script wrapped around it; None when the cell says nothing."""
    if cell.isdigit() and cell.isascii():
        return cell
    value = unguarded(cell)
    if value.lower() in NOTHING:
        return None
    if (addressed := id_in_address(value)) is not None:
        return addressed or None
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


def key_id(cell: str, context: Context, report: Report) -> str | None:
    """A row's own id: digits, or an opaque key that other extractors write; else the row has none that can be used."""
    value = clean_id(cell, report)
    if value is None or (value.isdigit() and value.isascii() and len(value) <= 64):
        return value
    if not _OPAQUE.fullmatch(value):
        report("bad_id")
        return None
    report("id_not_numeric")
    return value


def token(cell: str, context: Context, report: Report) -> str | None:
    """A key that is never a number, such as a field's token."""
    value = clean_id(cell, report)
    if value is None or _OPAQUE.fullmatch(value):
        return value
    report("bad_id")
    return None


def one_id(cell: str, context: Context, report: Report) -> Link | None:
    """A reference by id. One that cannot be an id is kept: it leads nowhere, and the link's own problem says so.

    So does the address of a list, which is no one thing's.
    """
    value = clean_id(cell, report) or (cell if id_in_address(cell) == "" else None)
    return Link((value,)) if value else None


def several_ids(cell: str, context: Context, report: Report) -> Link | None:
    """A list of references: commas, semicolons, bars, spaces or lines between them, or a JSON list. Each one once.

    A guard may be round the whole list or round each id of it.
    """
    listed = cell
    if '="' in cell:
        listed = cell.replace('="', " ").replace('"', " ").strip()
    if listed[:1] == "[" and listed[-1:] == "]":
        listed = listed[1:-1].replace('"', " ")
    listed_ids = [piece for piece in _APART.split(listed) if piece]
    good = [piece for piece in listed_ids if not is_error(piece)]
    if len(good) < len(listed_ids):
        report("spreadsheet_error_value")
    pieces = (clean_id(piece, report) for piece in good)
    found = tuple(dict.fromkeys(piece for piece in pieces if piece))
    return Link(found) if found else None


def by_name(cell: str, context: Context, report: Report) -> Link | None:
    """A reference by name, for columns where the source gives no id."""
    return Link(name=cell)


def key(native: str, *headers: str, mark: str = "A") -> Column:
    """The column that holds a row's own id; an api file calls it `id`."""
    return Column(key_id, native, headers, mark, is_key=True)


def link(
    kind: str,
    native: str,
    *headers: str,
    mark: str = "A",
    required: bool = False,
    follows: bool = False,
    orphan: str | None = None,
    several: str | None = None,
    of_another: str | None = None,
    destination: str | None = None,
    read: Reader = one_id,
) -> Column:
    """A column that refers to a row of another kind.

    `required` holds the row when the reference leads nowhere. `follows`: the row may be without it, but a row that
    names a thing that the clinic leaves out is left out with that thing, as the reference would otherwise say
    something else than the export.
    """
    return Column(
        read,
        native,
        headers,
        mark,
        required=required,
        left_out_with_target=follows,
        links_to=kind,
        orphan_code=orphan,
        ambiguous_code=several,
        other_client_code=of_another,
        destination=destination,
    )


def links(
    kind: str, native: str, *headers: str, mark: str = "A", orphan: str | None = None, of_another: str | None = None
) -> Column:
    """A column that refers to several rows of another kind, none of which is required."""
    return Column(several_ids, native, headers, mark, links_to=kind, orphan_code=orphan, other_client_code=of_another)
