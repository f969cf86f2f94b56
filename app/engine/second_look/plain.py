"""A file of an export, read a second time in the plainest way there is, by other code than the first time.

It takes only what is plain: one table with its header first and every row as wide, or a list of objects. Whatever needs
judgement is the first reading's alone, and is not looked at twice.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from app.mapping.second_look import bare

WHOLE = 12 << 20  # a list of objects is read whole, and so only up to here
ROW = 8 << 20  # signs
SIGNS = ",;\t|"
Cells = dict[str, str]


class NotPlain(Exception):
    """The file needs judgement; what it is made of stays untold."""


def plain_rows(open_: Callable[[], BinaryIO], size: int, encoding: str | None) -> Iterator[Cells]:
    """The rows under their headers as `bare` gives them, rows without a word left out. Raises NotPlain, at any row."""
    with open_() as stream:
        text = io.TextIOWrapper(stream, encoding=_codec(encoding), errors="strict", newline="")
        try:
            first = _line(text)
            if first.lstrip("\ufeff \r\n").startswith(("[", "{")):
                yield from _objects(text, first, size)
            else:
                yield from _table(text, first)
        except (UnicodeDecodeError, csv.Error, ValueError):
            pass
        else:
            return
    raise NotPlain


def _codec(encoding: str | None) -> str:
    name = (encoding or "utf-8").lower().replace("_", "-")
    return "utf-8-sig" if name in ("utf-8", "utf-8-sig", "ascii", "utf8") else name


def _line(text: io.TextIOWrapper) -> str:
    line = text.readline(ROW)
    if len(line) == ROW:
        raise NotPlain
    return line


class _Lines:
    """The lines of a table, as long as those of one row are no longer than a row may be."""

    def __init__(self, text: io.TextIOWrapper, first: str) -> None:
        self._text = text
        self._first = first
        self.signs = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line, self._first = self._first or _line(self._text), ""
        self.signs += len(line)
        if not line:
            raise StopIteration
        if self.signs > ROW:
            raise NotPlain
        return line


def _table(text: io.TextIOWrapper, first: str) -> Iterator[Cells]:
    sign = max(SIGNS, key=first.count)
    lines = _Lines(text, first.lstrip("\ufeff"))
    rows = csv.reader(lines, delimiter=sign, strict=True)
    headers = [cell.strip() for cell in next(rows, [])]
    if len(headers) < 2 or len(set(headers)) != len(headers) or not all(headers):
        raise NotPlain
    names = _told_apart(headers)
    for row in rows:
        lines.signs = 0
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(headers):
            raise NotPlain
        yield dict(zip(names, map(unguarded, row), strict=True))
        del row  # the next one may be as large


def _told_apart(headers: list[str]) -> list[str]:
    """Bare headers; one that becomes like another stays as it is written."""
    names: list[str] = []
    for header in headers:
        name = bare(header)
        names.append(header if name in names else name)
    return names


def unguarded(cell: str) -> str:
    """A cell without the `=""` that keeps a spreadsheet from rounding it."""
    cell = cell.strip()
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell


def _objects(text: io.TextIOWrapper, first: str, size: int) -> Iterator[Cells]:
    if size > WHOLE:
        raise NotPlain
    whole = first.lstrip("\ufeff") + text.read()
    try:
        told: Any = json.loads(whole)
    except ValueError:
        told = [json.loads(line) for line in whole.splitlines() if line.strip()]
    if isinstance(told, dict):
        lists = [value for value in told.values() if isinstance(value, list)]
        told = lists[0] if len(lists) == 1 else None
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise NotPlain
    for one in told:
        yield dict(_pair(name, value) for name, value in one.items())


def _pair(name: str, value: Any) -> tuple[str, str]:
    if value is None:
        return bare(name), ""
    if isinstance(value, dict) and isinstance(value.get("links"), dict):
        return bare(f"{name}_id"), str(value["links"].get("self", "")).rstrip("/").rpartition("/")[2]
    return bare(name), value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
