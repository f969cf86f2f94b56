"""The columns of sample files in each dialect: the header, which the kind's column gives, and how a cell is written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from app.mapping.columns import RowColumn, normalise_header
from app.mapping.kind import Kind
from app.sources.cliniko.sample.written_content import WrittenContent

SYDNEY = ZoneInfo("Australia/Sydney")
API_BASE = "https://api.au1.cliniko.example/v1"
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
LONG_ID = 16
"""Ids of this length and more are guarded against spreadsheets in a native file."""

SampleValue: TypeAlias = (
    str | bool | int | float | date | WrittenContent | Sequence["SampleValue"] | Mapping[str, "SampleValue"] | None
)
"""A value of a sample's row before a style writes it: a time is a datetime, and nested values become JSON."""


class CellForm(Enum):
    """The type of a column's cells."""

    ID = "id"
    INTEGER = "integer"
    """An id that JSON carries as a bare number."""
    LINK = "link"
    TEXT = "text"
    BOOL = "bool"
    TIME = "time"
    JSON = "json"
    RAW = "raw"


class Style(Enum):
    """The dialect of a file."""

    NATIVE = "native csv"
    API_CSV = "api csv"
    API_JSON = "api json"


@dataclass(frozen=True)
class HeadedColumn:
    """A column by its key in `SampleRow.values`, with its header in each dialect.

    A kind of the sample describes a column in this way if no attribute of the kind reads the column.
    """

    key: str
    native: str | None
    """Header in a native file; None where native files have no such column."""
    api: str | None
    form: CellForm = CellForm.TEXT
    to: str = ""
    """For a link: the plural of the kind that the link refers to, as in addresses of Cliniko's API."""


@dataclass(frozen=True)
class SampleColumn:
    """A column of the kind, by the attribute that reads it. The attribute gives the header in each dialect.

    * `only`: the dialect whose files have the column, if the other dialect's files lack it.
    * `key`: the key in `SampleRow.values`, if that is not the attribute.
    * `to`: as in `HeadedColumn`, if that is not the name of the kind that the attribute refers to.
    * `other_native_header`, `other_api_header`: a further header of the attribute that the sample writes on purpose.
    """

    attribute: str
    form: CellForm = CellForm.TEXT
    only: Literal["native", "api", ""] = ""
    key: str = ""
    to: str = ""
    other_native_header: str = ""
    other_api_header: str = ""

    def with_headers(self, kind: Kind[Any]) -> HeadedColumn:
        """The column with its headers. Raises ValueError for an attribute or a header that the kind does not have."""
        placed = next((placed for placed in kind.columns if placed.name == self.attribute), None)
        if placed is None:
            raise ValueError(
                f"the sample names the attribute {self.attribute} of the kind {kind.name}, which has no such column"
            )
        for header in filter(None, (self.other_native_header, self.other_api_header)):
            if not _reads(placed, header):
                raise ValueError(f"{self.attribute} of the kind {kind.name} does not read the header {header}")
        native = self.other_native_header or placed.column.native or None
        return HeadedColumn(
            self.key or self.attribute,
            None if self.only == "api" else native,
            None if self.only == "native" else self.other_api_header or self.attribute,
            self.form,
            self.to or placed.column.links_to or "",
        )


def texts(*attributes: str, only: Literal["native", "api", ""] = "") -> tuple[SampleColumn, ...]:
    """Columns of text, in this order."""
    return tuple(SampleColumn(attribute, only=only) for attribute in attributes)


def _reads(placed: RowColumn, header: str) -> bool:
    prefix = placed.column.prefix
    return header.startswith(prefix) if prefix else normalise_header(header) in placed.normalised_headers()


Render = Callable[[object], object]


def _text(value: object) -> object:
    return "" if value is None else str(value)


def _guarded(value: object) -> object:
    text = "" if value is None else str(value)
    return f'="{text}"' if len(text) >= LONG_ID and text.isdigit() else text


def _bool(value: object) -> object:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _local(value: object) -> object:
    if not isinstance(value, datetime):
        return _text(value)
    local = value.astimezone(SYDNEY).isoformat(sep=" ", timespec="seconds")
    return f"{local[:19]} {local[19:22]}{local[23:25]}"


def _utc(value: object) -> object:
    return f"{value.isoformat(timespec='seconds')[:19]}Z" if isinstance(value, datetime) else value


def _utc_cell(value: object) -> object:
    return _text(_utc(value))


def _json_cell(value: object) -> object:
    if value is None or isinstance(value, str):
        return value or ""
    return _ENCODE(value)


def _integer(value: object) -> object:
    return int(str(value)) if value else None


def _as_is(value: object) -> object:
    return value


def _link(to: str) -> Render:
    def render(value: object) -> object:
        return {"links": {"self": f"{API_BASE}/{to}/{value}"}} if value else None

    return render


_NATIVE: dict[CellForm, Render] = {
    CellForm.ID: _guarded,
    CellForm.INTEGER: _guarded,
    CellForm.LINK: _guarded,
    CellForm.TEXT: _text,
    CellForm.BOOL: _bool,
    CellForm.TIME: _local,
    CellForm.JSON: _json_cell,
    CellForm.RAW: _text,
}
_API_CSV: dict[CellForm, Render] = {
    **_NATIVE,
    CellForm.ID: _text,
    CellForm.INTEGER: _text,
    CellForm.LINK: _text,
    CellForm.TIME: _utc_cell,
}
_API_JSON: dict[CellForm, Render] = {**_NATIVE, **dict.fromkeys(CellForm, _as_is)}
_API_JSON |= {CellForm.TIME: _utc, CellForm.INTEGER: _integer}


@dataclass(frozen=True)
class WrittenColumn:
    """A column of one file: header, key, and the function that writes a cell."""

    header: str
    key: str
    render: Render


def columns_in(columns: tuple[HeadedColumn, ...], style: Style) -> tuple[WrittenColumn, ...]:
    """The columns that files of a dialect have."""
    columns_of_file: list[WrittenColumn] = []
    for column in columns:
        header = column.native if style is Style.NATIVE else column.api
        if header is None:
            continue
        if style is Style.NATIVE:
            render = _NATIVE[column.form]
        elif style is Style.API_CSV:
            render = _API_CSV[column.form]
        elif column.form is CellForm.LINK:
            header, render = header.removesuffix("_id"), _link(column.to)
        else:
            render = _API_JSON[column.form]
        columns_of_file.append(WrittenColumn(header, column.key, render))
    return tuple(columns_of_file)


CREATED = SampleColumn("created_at", CellForm.TIME)
UPDATED = SampleColumn("updated_at", CellForm.TIME)
ARCHIVED = SampleColumn("archived_at", CellForm.TIME)
DELETED = SampleColumn("deleted_at", CellForm.TIME, only="api")
