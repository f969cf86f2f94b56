"""How one column of an export looks in each of its two dialects: the header, and how a cell is written."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

SYDNEY = ZoneInfo("Australia/Sydney")
API_BASE = "https://api.au1.cliniko.example/v1"
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
LONG_ID = 16
"""Ids of this length and more are guarded against spreadsheets in a native file."""


class Form(Enum):
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
    NATIVE = "native csv"
    API_CSV = "api csv"
    API_JSON = "api json"


@dataclass(frozen=True)
class Column:
    key: str
    native: str | None
    """Header in a native file; None where native files have no such column."""
    api: str | None
    form: Form = Form.TEXT
    to: str = ""
    """For a link: the plural of the kind that it leads to."""


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
    there = value.astimezone(SYDNEY).isoformat(sep=" ", timespec="seconds")
    return f"{there[:19]} {there[19:22]}{there[23:25]}"


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


_NATIVE: dict[Form, Render] = {
    Form.ID: _guarded,
    Form.INTEGER: _guarded,
    Form.LINK: _guarded,
    Form.TEXT: _text,
    Form.BOOL: _bool,
    Form.TIME: _local,
    Form.JSON: _json_cell,
    Form.RAW: _text,
}
_API_CSV: dict[Form, Render] = {**_NATIVE, Form.ID: _text, Form.INTEGER: _text, Form.LINK: _text, Form.TIME: _utc_cell}
_API_JSON: dict[Form, Render] = {**_NATIVE, **dict.fromkeys(Form, _as_is)}
_API_JSON |= {Form.TIME: _utc, Form.INTEGER: _integer}


@dataclass(frozen=True)
class Written:
    """A column as one file has it."""

    header: str
    key: str
    render: Render


def written(columns: tuple[Column, ...], style: Style) -> tuple[Written, ...]:
    found: list[Written] = []
    for column in columns:
        header = column.native if style is Style.NATIVE else column.api
        if header is None:
            continue
        if style is Style.NATIVE:
            render = _NATIVE[column.form]
        elif style is Style.API_CSV:
            render = _API_CSV[column.form]
        elif column.form is Form.LINK:
            header, render = header.removesuffix("_id"), _link(column.to)
        else:
            render = _API_JSON[column.form]
        found.append(Written(header, column.key, render))
    return tuple(found)


CREATED = Column("created_at", "Created At", "created_at", Form.TIME)
UPDATED = Column("updated_at", "Updated At", "updated_at", Form.TIME)
ARCHIVED = Column("archived_at", "Archived At", "archived_at", Form.TIME)
DELETED = Column("deleted_at", None, "deleted_at", Form.TIME)
