"""Rewrites workbooks with distant or unreadable cells, so that the spreadsheet library can read them.

A stray value or format in a far row is common. Only cells with a value are kept; the first column of each sheet keeps
the original row number. A bad cell never costs its sheet: it becomes an error word, as a spreadsheet writes it.
"""

import io
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from app.mapping.cells import is_error_word
from app.reading.faulty_xml import MARK, readable
from app.reading.limits import Limits
from app.reading.refusal import Refused
from app.reading.sheet_extent import TOO_LARGE, column_number
from app.reading.sheet_parts import STRINGS
from app.reading.shown_numbers import Formats

ERROR = "#ERROR!"
"""Text of a cell that cannot be read."""
OUTSIDE = "!"
"""Follows the number of a row with a cell outside of every column."""
TWICE = "+"
"""Follows the number of a row, and `OUTSIDE`, if a cell was repeated with another value."""
_DEPTH = 32
_BLOCK = 1 << 16
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_VALUES = frozenset({"v", "t"})
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW = re.compile(r"[0-9]{1,7}")
_PLACE = re.compile(r"([A-Za-z]{1,3})[0-9]*")
_STYLE = re.compile(r"[0-9]{1,6}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,3})?")
_LOGICAL = frozenset({"0", "1", "true", "false"})
_OWN_TEXTS = frozenset({"str", "inlineStr"})
_TEXTS = _OWN_TEXTS | {"d"}


def compact(data: bytes, sheets: Collection[str], limits: Limits, formats: Formats = MappingProxyType({})) -> bytes:
    """Returns the workbook with the cells of the parts `sheets` moved together, and its shared strings counted.

    The first cell of each row is the original row number, followed by `OUTSIDE` if a cell was in no column and by
    `TWICE` if a cell was repeated with another value, of which the last filled one counts; empty rows and columns are
    dropped. An unreadable cell, and a formula without a stored result, is the text `ERROR`. A number with a style in
    `formats` becomes a text with its shown and stored form. Raises Refused `workbook_too_large` if the result is too
    large, `zip_damaged` for a part that is not XML to its end, with the rows before that, and `file_type_unsupported`
    for cells nested too deep.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, True, 1) as after:
        infos = [info for info in before.infolist() if not info.is_dir()]
        strings = 0
        for info in infos:
            if _is_strings(info):
                strings = _copy_strings(before, info, after)
        for info in infos:
            if info.filename in sheets and not _is_strings(info):
                _copy_sheet(before, info, after, limits, strings, formats)
            elif not _is_strings(info):
                after.writestr(info.filename, before.read(info))
    return out.getvalue()


def _copy_sheet(
    before: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    after: zipfile.ZipFile,
    limits: Limits,
    strings: int,
    formats: Formats,
) -> None:
    places = _ValuePlaces(limits)
    try:
        _parsed(before, info, places, is_faulty=False)
        is_faulty = False
    except _NotXml:
        places, is_faulty = _ValuePlaces(limits), True
        try:
            _parsed(before, info, places, is_faulty=True)
        except (_NotXml, Refused) as fault:
            if isinstance(fault, Refused) and fault.code != "zip_damaged":
                raise
            raise Refused("zip_damaged", line=places.row or None, rows=max(len(places.rows) - 1, 0)) from None
    with after.open(info.filename, "w") as sheet:
        sheet.write(f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        _parsed(before, info, _SheetWriter(places, sheet, strings, formats), is_faulty=is_faulty)
        sheet.write(b"</sheetData></worksheet>")


def _copy_strings(before: zipfile.ZipFile, info: zipfile.ZipInfo, after: zipfile.ZipFile) -> int:
    """Writes the shared strings as plain strings, without their stated count. Returns their number."""
    for is_faulty in (False, True):
        out = io.BytesIO()
        strings = _Strings(out)
        try:
            _parsed(before, info, strings, is_faulty=is_faulty)
        except _NotXml:
            continue
        after.writestr(
            info.filename, b'<?xml version="1.0"?><sst xmlns="%b">%b</sst>' % (_MAIN.encode(), out.getvalue())
        )
        return strings.count
    raise Refused("zip_damaged")


def _is_strings(info: zipfile.ZipInfo) -> bool:
    return info.filename.replace("\\", "/").casefold() == STRINGS


class _NotXml(Exception):
    """A part is not well-formed XML."""


def _parsed(archive: zipfile.ZipFile, info: zipfile.ZipInfo, cells: "_PartHandler", *, is_faulty: bool) -> None:
    """Parses a whole part, with invalid characters repaired if `is_faulty`. Raises _NotXml for invalid XML."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.CharacterDataHandler = cells.text
    parser.ProcessingInstructionHandler = cells.mark
    try:
        with archive.open(info) as stream:
            for block in readable(_blocks(stream)) if is_faulty else _blocks(stream):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        raise _NotXml from None


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


class _PartHandler(ABC):
    """Handles the elements of a part. Raises Refused for elements nested deeper than `_DEPTH`."""

    depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handles the start of an element. `name` is its namespace and its local name."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise Refused("file_type_unsupported")
        self.begin(name.rpartition(" ")[2], attributes)

    def end(self, name: str) -> None:
        """Handles the end of an element."""
        self.depth -= 1
        self.finish(name.rpartition(" ")[2])

    @abstractmethod
    def begin(self, local: str, attributes: dict[str, str]) -> None:
        """Handles the start of an element by its local name."""

    @abstractmethod
    def finish(self, local: str) -> None:
        """Handles the end of an element by its local name."""

    @abstractmethod
    def text(self, data: str) -> None:
        """Handles text."""

    @abstractmethod
    def mark(self, target: str, data: str) -> None:
        """Handles a processing instruction; `MARK` replaces an unreadable character."""


class _Strings(_PartHandler):
    """Writes each shared string as a plain text."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out = out
        self.count = 0
        self.phonetic = 0
        self.is_value = self.is_bad = False
        self.value: list[str] = []

    def begin(self, local: str, attributes: dict[str, str]) -> None:
        """Handles the start of an element by its local name."""
        if local == "si":
            self.value, self.is_bad = [], False
        elif local == "rPh":
            self.phonetic += 1
        elif local == "t":
            self.is_value = not self.phonetic

    def finish(self, local: str) -> None:
        """Handles the end of an element by its local name."""
        if local == "si":
            self.count += 1
            shown = ERROR if self.is_bad else escape("".join(self.value))
            self.out.write(f'<si><t xml:space="preserve">{shown}</t></si>'.encode())
        elif local == "rPh":
            self.phonetic -= 1
        elif local == "t":
            self.is_value = False

    def text(self, data: str) -> None:
        """Handles text."""
        if self.is_value:
            self.value.append(data)

    def mark(self, target: str, data: str) -> None:
        """Marks the current value as unreadable."""
        self.is_bad = self.is_bad or target == MARK


@dataclass
class _SheetCells(_PartHandler):
    """Handles the cells of a sheet: calls `cell` for each cell with a value."""

    row: int = 0
    column: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    value: str | None = None
    phonetic: int = 0
    is_value: bool = False
    is_bad: bool = False
    nested: int = 0
    last_column: int = 0
    is_formula: bool = False
    is_stored: bool = False

    @abstractmethod
    def cell(self) -> None:
        """Handles a cell with a value at `row` and `column`; column 0 is outside of the sheet."""

    @abstractmethod
    def begin_row(self) -> None:
        """Handles the start of a row."""

    @abstractmethod
    def end_row(self) -> None:
        """Handles the end of a row."""

    def begin(self, local: str, attributes: dict[str, str]) -> None:
        """Handles the start of an element by its local name."""
        if local == "row":
            self._at_row(attributes.get("r", ""))
            self.begin_row()
        elif local == "c":
            self.nested += 1
            if self.nested > 1:
                self.is_bad, self.value = True, ""
                return
            self._at_column(attributes.get("r", ""))
            self.attributes, self.value, self.is_bad = attributes, None, False
            self.is_formula = self.is_stored = False
        elif local == "rPh":
            self.phonetic += 1
        elif local in _VALUES and not self.phonetic:
            self.is_value = self.is_stored = True
        elif local == "f":
            self.is_formula = True

    def _at_row(self, number: str) -> None:
        """A row with an impossible number, or one not above the row before, gets the next number."""
        given = int(number) if _ROW.fullmatch(number) else 0
        self.row = given if self.row < given <= _LAST_ROW else self.row + 1
        self.column = self.last_column = 0

    def _at_column(self, place: str) -> None:
        if not place:
            self.column = self.last_column = self.last_column + 1
            return
        letters = _PLACE.fullmatch(place)
        self.column = column_number(letters[1].encode()) if letters else 0
        if self.column > _LAST_COLUMN:
            self.column = 0
        self.last_column = self.column or self.last_column

    def finish(self, local: str) -> None:
        """Handles the end of an element by its local name."""
        if local == "row":
            self.end_row()
        elif local == "c":
            self.nested -= 1
            if self.nested:
                return
            if self.is_formula and self._is_unvalued():
                self.is_bad, self.value = True, ""
            if self.value is not None:
                self.cell()
            self.value = None
        elif local == "rPh":
            self.phonetic -= 1
        elif local in _VALUES:
            self.is_value = False

    def _is_unvalued(self) -> bool:
        """Returns whether the result of the cell's formula is missing: some programs do not calculate."""
        is_empty_text = self.is_stored and self.attributes.get("t") in _OWN_TEXTS
        return not (self.value or "").strip() and not is_empty_text

    def text(self, data: str) -> None:
        """Handles text."""
        if self.is_value:
            self.value = (self.value or "") + data

    def mark(self, target: str, data: str) -> None:
        """Marks the current value as unreadable."""
        if target == MARK and self.nested:
            self.is_bad, self.value = True, self.value or ""


class _ValuePlaces(_SheetCells):
    """Collects the rows and columns that have a cell with a value."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.rows: set[int] = set()
        self.columns: set[int] = set()

    def begin_row(self) -> None:
        """Does nothing: a row counts by its cells."""

    def end_row(self) -> None:
        """Does nothing: a row counts by its cells."""

    def cell(self) -> None:
        """Notes the cell's row and column. Raises Refused for too many cells."""
        self.rows.add(self.row)
        if self.column:
            self.columns.add(self.column)
        if len(self.rows) * (len(self.columns) + 1) > self.limits.workbook_cells:
            raise Refused(TOO_LARGE, details={"limit": f"{self.limits.workbook_cells:,} cells"})


class _SheetWriter(_SheetCells):
    """Writes the cells with a value, moved together."""

    def __init__(self, places: _ValuePlaces, out: IO[bytes], strings: int, formats: Formats) -> None:
        super().__init__()
        self.out = out
        self.strings = strings
        self.formats = formats
        self.is_outside = self.is_twice = False
        self.cells: dict[int, tuple[str, str, str]] = {}
        self.row_at = {row: at for at, row in enumerate(sorted(places.rows), start=1)}
        self.column_at = {column: at for at, column in enumerate(sorted(places.columns), start=2)}

    def begin_row(self) -> None:
        """Starts a row."""
        self.cells, self.is_outside, self.is_twice = {}, False, False

    def end_row(self) -> None:
        """Writes the row, if it has cells."""
        if at := self.row_at.get(self.row):
            marks = (OUTSIDE if self.is_outside else "") + (TWICE if self.is_twice else "")
            number = f'<c r="A{at}" t="str"><v>{self.row}{marks}</v></c>'
            cells = "".join(
                self._written(f"{column_letters(column)}{at}", *self.cells[column]) for column in self.cells
            )
            self.out.write(f'<row r="{at}">{number}{cells}</row>'.encode())

    def cell(self) -> None:
        """Adds the cell to its row."""
        if not self.column:
            self.is_outside = True
            return
        kind, value = self._readable(self.attributes.get("t", "n"), self.value or "")
        style = self.attributes.get("s", "")
        if kind == "n" and (shown := self._shown(style, value)):
            kind, value = "str", shown
        column = self.column_at[self.column]
        if before := self.cells.get(column):
            if not value.strip():
                return
            self.is_twice = self.is_twice or bool(before[1].strip() and before[:2] != (kind, value))
        self.cells[column] = kind, value, style

    def _written(self, at: str, kind: str, value: str, style: str) -> str:
        kept = f"t={quoteattr(kind)}" + (f' s="{style}"' if _STYLE.fullmatch(style) else "")
        if kind == "inlineStr":
            inside = f'<is><t xml:space="preserve">{escape(value)}</t></is>'
        else:
            inside = f"<v>{escape(value)}</v>"
        return f'<c r="{at}" {kept}>{inside}</c>'

    def _shown(self, style: str, number: str) -> str | None:
        """Returns a number as a text with its shown and stored form; None if its format changes nothing."""
        format_ = self.formats.get(int(style)) if self.formats and number and _STYLE.fullmatch(style) else None
        return format_.faces(number) if format_ else None

    def _readable(self, kind: str, value: str) -> tuple[str, str]:
        """Returns the type and value of the cell in a form that the library reads."""
        plain = value.strip()
        if self.is_bad:
            return "str", ERROR
        if kind == "e":
            return "str", plain if is_error_word(plain) else ERROR
        if kind == "s":
            is_known = plain.isascii() and plain.isdigit() and len(plain) < 10 and int(plain) < self.strings
            return ("s", plain) if is_known or not plain else ("str", ERROR)
        if kind == "b":
            return ("b", plain) if plain in _LOGICAL or not plain else ("str", value)
        if kind == "n":
            return ("n", plain) if _NUMBER.fullmatch(plain) or not plain else ("str", value)
        return (kind, value) if kind in _TEXTS else ("str", ERROR)


def column_letters(number: int) -> str:
    """Returns a column's letters from its number, A for 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
