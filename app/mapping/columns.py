"""Describes the columns of an export: their headers, how a cell is read, and what a reference leads to.

The rows of a kind are a dataclass. `Annotated` gives each attribute its column:

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
"""Between a name and its qualifier in a reference by name. See `Column.disambiguates`."""

ANY_TABLE = "*"
"""The table of a column in `Column.feeds` that each table of the kind may have."""

Report = Callable[[str], None]
"""Called with a problem code when a cell is not valid."""

Reader = Callable[[str, Context, Report], Any]
"""Receives a cell's trimmed text, which is never empty; returns the value, or None for no value. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Link:
    """A reference as the row writes it: one id, several ids, or a name. `name` beside ids is the name of the target."""

    ids: tuple[str, ...] = ()
    name: str | None = None

    def __repr__(self) -> str:  # for the fingerprint of every row: three times as fast as that of a dataclass
        return f"Link({self.ids!r}, {self.name!r})"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export: its headers, the reader of its cells, its reference and its destination.

    Headers and reader:

    * `read`: reads a cell. The cell is trimmed, unless `raw` is set (content, notes, file names).
    * `native`: the header of the source's own export; `headers` are further headers. The name of the attribute is the
      name in the source's API and always counts.
    * `mark`: how sure we are of `native`: C confirmed, R reported, A assumed.
    * `prefix`: the beginning of several headers, such as "Custom: Favourite colour". All their cells go to this
      attribute, by the rest of the header.
    * `is_key`: the column holds the row's own id.
    * `is_object`: the API gives a JSON object here. A script may write one column for each member of the object.
    * `set_by_reading`: no header belongs to the column. Reading fills it, for example with the file beside a list.

    Reference:

    * `links_to`: the kind whose rows the column refers to; None for a column that is no reference.
    * `required`: the row is held if the reference leads to no row.
    * `left_out_with_target`: the row may be without the reference. But a row whose target the clinic leaves out is left
      out too, because it would otherwise lose the reference that the export has.
    * `orphan_code`: the problem of a row whose reference leads to no row.
    * `ambiguous_code`: the problem of a row that refers by a name which several rows have.
    * `other_client_code`: the problem of a row whose reference leads to another client's record; None if that is
      reported as `orphan_code`.
    * `name_for`: the attribute of a link. This column holds the name of the link's target. The name is the reference if
      the link is empty.
    * `disambiguates`: the attribute of a link by name. The text of this column, such as the category of a service,
      distinguishes targets of the same name.

    Destination:

    * `destination`: `table.column` in Caspen, for the pages that explain the mapping and for later exports without the
      column: see `Kind.fed_by`. A custom field of our own stands as `custom_field_values.` and its name.
    * `feeds`: further columns of Caspen that depend on the cell, as `table.column`; the table may be
      ANY_TABLE.
    * `conversion`: for those pages, a sentence about how the value changes if it means something else in Caspen.
    """

    read: Reader
    native: str = ""
    headers: tuple[str, ...] = ()
    mark: str = "A"
    is_key: bool = False
    required: bool = False
    raw: bool = False
    links_to: str | None = None
    left_out_with_target: bool = False
    orphan_code: str | None = None
    ambiguous_code: str | None = None
    other_client_code: str | None = None
    disambiguates: str | None = None
    name_for: str | None = None
    prefix: str | None = None
    destination: str | None = None
    feeds: tuple[str, ...] = ()
    conversion: str = ""
    is_object: bool = False
    set_by_reading: bool = False

    @property
    def dropped_link_codes(self) -> frozenset[str]:
        """The problem codes that report that the reference of a row was dropped."""
        return frozenset(code for code in (self.orphan_code, self.other_client_code) if code)


@lru_cache(maxsize=4096)
def normalise_header(text: str) -> str:
    """A described header for comparison: lower case, ASCII letters and digits only. A second call changes nothing.

    For the headers of a file, see `Layout.normalise`.
    """
    text = unicodedata.normalize("NFKC", text.strip().lstrip("\ufeff")).lower()
    return re.sub(r"[^a-z0-9]", "", text)


@dataclass(frozen=True, slots=True)
class RowColumn:
    """An attribute of a kind's row class, with its column."""

    name: str
    column: Column

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header of the column: that of the source's own export, the name in the source's API, and the others."""
        named = (self.column.native, self.name, *self.column.headers)
        return tuple(dict.fromkeys(header for header in named if header))

    def normalised_headers(self) -> frozenset[str]:
        """Every header of the column, normalised by `normalise_header`."""
        return frozenset(map(normalise_header, self.headers))


def columns_of(row: Any) -> tuple[RowColumn, ...]:
    """The columns of a kind's row class, in the order of its attributes. Attributes without a column are left out.

    The first call stores the result on the class.
    """
    known: tuple[RowColumn, ...] | None = row.__dict__.get("_columns")
    return known if known is not None else _read_columns(row)


def _read_columns(row: Any) -> tuple[RowColumn, ...]:
    hints = get_type_hints(row, include_extras=True)
    columns: list[RowColumn] = []
    for attribute in fields(row):
        hint = hints[attribute.name]
        if get_origin(hint) is Annotated:
            columns += [RowColumn(attribute.name, a) for a in get_args(hint)[1:] if isinstance(a, Column)]
    row._columns = tuple(columns)
    return tuple(columns)
