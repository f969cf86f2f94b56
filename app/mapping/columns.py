"""How one column of an export is described: what it is called there, how its cell is read, and what it points at.

A kind's row is a dataclass; each attribute carries its column in `Annotated`, so that a column is said once:

    @dataclass(frozen=True, kw_only=True)
    class Patient:
        id: Annotated[str, key("Patient ID")]
        title: Annotated[str | None, Column(text, "Title", mark="C")] = None
        practitioner: Annotated[Link | None, link("practitioners", "Practitioner ID", "practitioner_id")] = None
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from app.mapping.context import Context

NAME_QUALIFIER = "\x1f"
"""Between a name and what tells it apart from others of that name, where rows refer by name alone."""

Report = Callable[[str], None]  # called with a problem code when a cell is not what it should be
Reader = Callable[[str, Context, Report], Any]  # a cell's trimmed text, never empty; None when it says nothing


@dataclass(frozen=True, slots=True)
class Link:
    """A reference as the row had it: by id, by name, or by a list of ids."""

    ids: tuple[str, ...] = ()
    name: str | None = None

    def __repr__(self) -> str:  # told for the fingerprint of every row: three times as fast as a dataclass's own
        return f"Link({self.ids!r}, {self.name!r})"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how its cell is read, its native header, further headers, and where it goes.

    `headers` are headers as the source writes them; the attribute's own name is the api header and always counts.
    `mark` is how sure we are of the native header: C confirmed, R reported, A assumed.
    """

    read: Reader
    native: str = ""
    headers: tuple[str, ...] = ()
    mark: str = "A"
    is_key: bool = False
    required: bool = False
    raw: bool = False  # the cell is not trimmed: content, notes, file names
    links_to: str | None = None  # the kind that this column refers to
    left_out_with_target: bool = (
        False  # a row may be without it, but stays behind with what the clinic leaves out of it
    )
    orphan_code: str | None = None  # the problem when the reference leads nowhere
    ambiguous_code: str | None = None  # the problem when a name fits more than one
    other_client_code: str | None = (
        None  # the problem when it leads to another client's record, where that is not `orphan`
    )
    disambiguates: str | None = (
        None  # the link whose namesakes this column's text tells apart: the category of a service
    )
    name_for: str | None = None  # the link that this column's name stands for where that link itself is empty
    prefix: str | None = None  # of headers that all go here, each with the rest of its own: "Custom: Favourite colour"
    destination: str | None = None  # "table.column" in Caspen, for the pages that explain the mapping
    conversion: str = ""  # what is done to the cell, in the clinic's words, where it means something else in Caspen
    is_object: bool = False  # the source's api gives an object; a script may write a column for each of its members
    set_by_reading: bool = (
        False  # no header leads here: reading says it of a row, such as what lies where the row points
    )

    @property
    def dropped_link_codes(self) -> frozenset[str]:
        """The problems that tell that the reference of a row was left out."""
        return frozenset(code for code in (self.orphan_code, self.other_client_code) if code)


@lru_cache(maxsize=4096)
def normalise_header(text: str) -> str:
    """A header as it is compared: no BOM, guards, case, accents of width, or punctuation; client is patient."""
    text = unicodedata.normalize("NFKC", text.strip().lstrip("\ufeff")).lower()
    text = re.sub(r"[^a-z0-9]", "", text)
    return re.sub(r"client|worker|participant", "patient", text)


@dataclass(frozen=True, slots=True)
class RowColumn:
    """A column with the attribute that it fills."""

    name: str
    column: Column

    def normalised_headers(self) -> frozenset[str]:
        return frozenset(normalise_header(h) for h in (self.name, self.column.native, *self.column.headers) if h)


def columns_of(row: Any) -> tuple[RowColumn, ...]:
    """The columns of a row's dataclass, in its order."""
    known: tuple[RowColumn, ...] | None = row.__dict__.get("_columns")
    return known if known is not None else _read_columns(row)


def _read_columns(row: Any) -> tuple[RowColumn, ...]:
    hints = get_type_hints(row, include_extras=True)
    found = []
    for attribute in fields(row):
        hint = hints[attribute.name]
        if get_origin(hint) is Annotated:
            found += [RowColumn(attribute.name, a) for a in get_args(hint)[1:] if isinstance(a, Column)]
    row._columns = tuple(found)
    return tuple(found)
