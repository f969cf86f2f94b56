"""Workbooks whose cells lie far apart: the same cells in a workbook without the empty rows and columns between them.

A stray value or format in a far row is honest and common. Only cells with a value are kept; the first column of each
sheet says which row a row was, so that its number is not lost.
"""

import io
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from app.engine.reading.limits import Limits
from app.engine.reading.refusal import Refused
from app.engine.reading.sheet_extent import TOO_LARGE, column_number

_DEPTH = 32
_BLOCK = 1 << 16
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_VALUES = frozenset({"v", "t"})
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def compact(data: bytes, sheets: Collection[str], limits: Limits) -> bytes:
    """A workbook with the same cells, closer together, of the parts that are `sheets`.

    The first cell of each row is the number of its row before; empty rows and columns are gone. Raises `Refused` with
    `workbook_too_large` where even that is too much, and `file_type_unsupported` for what is no XML.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, True, 1) as after:
        for info in before.infolist():
            if info.is_dir():
                continue
            if info.filename not in sheets:
                after.writestr(info.filename, before.read(info))
                continue
            places = _Places(limits)
            _parsed(before, info, places)
            with after.open(info.filename, "w") as sheet:
                sheet.write(f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                _parsed(before, info, _Writer(places, sheet))
                sheet.write(b"</sheetData></worksheet>")
    return out.getvalue()


def _parsed(archive: zipfile.ZipFile, info: zipfile.ZipInfo, cells: "_Cells") -> None:
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.CharacterDataHandler = cells.text
    try:
        with archive.open(info) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        raise Refused("file_type_unsupported") from None


@dataclass
class _Cells(ABC):
    """Follows the cells of a sheet, and calls `cell` for each that has a value."""

    depth: int = 0
    row: int = 0
    column: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    value: str | None = None
    phonetic: int = 0
    is_value: bool = False

    @abstractmethod
    def cell(self) -> None:
        """One cell with a value, at `row` and `column`."""

    @abstractmethod
    def begin_row(self) -> None:
        """A row begins."""

    @abstractmethod
    def end_row(self) -> None:
        """A row ends."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEPTH:
            raise Refused("file_type_unsupported")
        local = name.rpartition(" ")[2]
        if local == "row":
            self.row = int(attributes.get("r") or self.row + 1)
            self.column = 0
            self.begin_row()
        elif local == "c":
            letters = attributes.get("r", "").rstrip("0123456789").encode()
            self.column = column_number(letters) if letters.isalpha() else self.column + 1
            self.attributes, self.value = attributes, None
        elif local == "rPh":
            self.phonetic += 1
        elif local in _VALUES and not self.phonetic:
            self.is_value = True

    def end(self, name: str) -> None:
        self.depth -= 1
        local = name.rpartition(" ")[2]
        if local == "row":
            self.end_row()
        elif local == "c":
            if self.value is not None:
                self.cell()
            self.value = None
        elif local == "rPh":
            self.phonetic -= 1
        elif local in _VALUES:
            self.is_value = False

    def text(self, data: str) -> None:
        if self.is_value:
            self.value = (self.value or "") + data


class _Places(_Cells):
    """Which rows and columns have a cell with a value."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.rows: set[int] = set()
        self.columns: set[int] = set()

    def begin_row(self) -> None:
        """Nothing: a row counts by its cells."""

    def end_row(self) -> None:
        """Nothing: a row counts by its cells."""

    def cell(self) -> None:
        if not (1 <= self.row <= _LAST_ROW and 1 <= self.column <= _LAST_COLUMN):
            raise Refused("file_type_unsupported")  # no spreadsheet program has such a cell
        self.rows.add(self.row)
        self.columns.add(self.column)
        if len(self.rows) * (len(self.columns) + 1) > self.limits.workbook_cells:
            raise Refused(TOO_LARGE, details={"limit": f"{self.limits.workbook_cells:,} cells"})


class _Writer(_Cells):
    """Writes the cells with a value, closer together."""

    def __init__(self, places: _Places, out: IO[bytes]) -> None:
        super().__init__()
        self.out = out
        self.row_at = {row: at for at, row in enumerate(sorted(places.rows), start=1)}
        self.column_at = {column: at for at, column in enumerate(sorted(places.columns), start=2)}

    def begin_row(self) -> None:
        if at := self.row_at.get(self.row):
            self.out.write(f'<row r="{at}"><c r="A{at}"><v>{self.row}</v></c>'.encode())

    def end_row(self) -> None:
        if self.row in self.row_at:
            self.out.write(b"</row>")

    def cell(self) -> None:
        at = f"{column_letters(self.column_at[self.column])}{self.row_at[self.row]}"
        kept = " ".join(f"{name}={quoteattr(self.attributes[name])}" for name in ("t", "s") if name in self.attributes)
        value = escape(self.value or "")
        if self.attributes.get("t") == "inlineStr":
            inside = f'<is><t xml:space="preserve">{value}</t></is>'
        else:
            inside = f"<v>{value}</v>"
        self.out.write(f'<c r="{at}" {kept}>{inside}</c>'.encode())


def column_letters(number: int) -> str:
    """The letters of a column by its number, A for 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
