"""Measures the sheets of a workbook in its raw XML, before the spreadsheet library opens it.

The library builds a dense table from the first to the last cell: a single cell at XFD1048576 makes it request 512 GiB
and abort the process. The measure may count more cells than the sheet has, never fewer.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.reading.limits import MIB, Limits
from app.reading.refusal import Refused

TOO_LARGE = "workbook_too_large"
_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,8})([0-9]{1,12})\s*["']""")
_BLOCK = 4 * MIB
_OVERLAP = 256
_ERRORS = (b't="e"', b"t='e'")
_ODD_STRING = re.compile(rb"""t=["']s["'][^<>]{0,99}><v>(?![0-9]{1,9}</v>)[^<]""")
_FORMULAS = (b"<f", b":f")
_LONGEST = 16 << 10  # bytes of a formula that are searched
_UNVALUED = re.compile(
    rb"""f(?:\s[^<>]{0,200})?/?>\s{0,99}+(?:</(?:[\w.-]{1,32}:)?c\s*>|<(?:[\w.-]{1,32}:)?extLst|"""
    rb"""(<(?:[\w.-]{1,32}:)?v(?:\s*/>|\s*>\s{0,99}</)))"""
)
_EMPTY_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY", b"<!ELEMENT", b"<!ATTLIST")
_OTHER_BOOKS = frozenset({"xl/workbook.bin", "content.xml"})  # the library would open these as other formats
_SMALL = 16 * MIB  # bytes of a part that is neither a sheet nor the shared strings


@dataclass(frozen=True, slots=True)
class Extent:
    """The last row and column of a sheet, counted from 1, by its cell references.

    `needs_rewriting` if a cell may hold an error (the library returns a blank), refer to a shared string by an invalid
    number (the library takes the first string), or lack a formula's result, and if rows or cells may be repeated or out
    of place (the library keeps one). `may_strike` if a font may strike words out.
    """

    rows: int
    columns: int
    needs_rewriting: bool = False
    may_strike: bool = False

    @property
    def cells(self) -> int:
        """The cells of a dense table of that size."""
        return self.rows * self.columns


def measure_parts(data: bytes, limits: Limits) -> tuple[dict[str, Extent], tuple[str, ...]]:
    """Returns the extent of each part with cells, by its name in the archive, and the names of all parts in which a
    font may strike words out.

    Raises Refused `workbook_too_large` for too many elements, strings or parts; `file_type_unsupported` for a part that
    declares a document type or entities, and for two parts with the same name.
    """
    extents: dict[str, Extent] = {}
    striking: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [info.filename.replace("\\", "/").casefold() for info in archive.infolist()]
        if len(set(names)) != len(names) or _OTHER_BOOKS.intersection(names):
            raise Refused("file_type_unsupported")
        for info, name in zip(archive.infolist(), names, strict=True):
            if info.is_dir() or name.startswith("xl/media/"):
                continue
            if info.file_size > _SMALL and not name.startswith(("xl/worksheets/", "xl/sharedstrings")):
                raise _too_large(limits)
            extent = _measure(_blocks(archive, info, limits), limits)
            if extent.cells:
                extents[info.filename] = extent
            if extent.may_strike:
                striking.append(info.filename)
    return extents, tuple(striking)


def _measure(blocks: Iterator[bytes], limits: Limits) -> Extent:
    """Returns the extent of a part, block by block."""
    elements = strings = 0
    columns: set[bytes] = set()
    last_row = 0
    needs_rewriting = may_strike = False
    order = ReferenceOrder()
    tail = b""
    for block in blocks:
        elements += block.count(b"<")
        strings += block.count(b"si>") + block.count(b"si/>") + block.count(b"si ")
        if elements > limits.workbook_elements or strings > limits.workbook_strings:
            raise _too_large(limits)
        joined = tail + block
        if any(declaration in joined for declaration in _DECLARATIONS):
            raise Refused("file_type_unsupported")
        references = _REFERENCE.findall(joined)
        columns.update(letters for letters, _ in references)
        last_row = max(last_row, max(map(int, {digits for _, digits in references}), default=0))
        needs_rewriting = needs_rewriting or order.add(references[len(_REFERENCE.findall(tail)) :])
        needs_rewriting = (
            needs_rewriting or any(mark in joined for mark in _ERRORS) or _ODD_STRING.search(joined) is not None
        )
        needs_rewriting = needs_rewriting or _has_unvalued(joined)
        may_strike = may_strike or b"strike" in joined
        tail = joined[-_OVERLAP:]
    return Extent(last_row, max(map(column_number, columns), default=0), needs_rewriting, may_strike)


class ReferenceOrder:
    """Checks the order of a sheet's references: each row below the row before, each cell once in its row.

    If rows have no numbers, a cell of another row begins that row.
    """

    def __init__(self) -> None:
        self._row = b""
        self._number = 0
        self._has_rows = False
        self._columns: set[bytes] = set()

    def add(self, references: Sequence[tuple[bytes, bytes]]) -> bool:
        """Adds references. Returns whether one of them is repeated or out of order."""
        columns = self._columns
        for letters, digits in references:
            if not letters or (digits != self._row and not self._has_rows):
                number = int(digits)
                if number <= self._number:
                    return True
                self._row, self._number, self._has_rows = digits, number, self._has_rows or not letters
                columns.clear()
            if letters:
                if letters in columns or digits != self._row:
                    return True
                columns.add(letters)
        return False


def _has_unvalued(text: bytes) -> bool:
    """Returns whether a formula may lack its stored result. An empty text is a result."""
    if not any(mark in text for mark in _FORMULAS):
        return False
    for match in _UNVALUED.finditer(text):
        at = match.start()
        if text[at - 1 : at] not in (b"<", b"/", b":"):
            continue
        if match[1] is None:
            return True
        earliest = max(at - _LONGEST, 0)
        begin = text.rfind(b"<c ", earliest, at)
        begin = text.rfind(b":c ", earliest, at) if begin < 0 else begin
        if begin < 0 or not _EMPTY_TEXT.search(text, begin, text.find(b">", begin)):
            return True
    return False


def column_number(letters: bytes) -> int:
    """Returns a column's number from its letters, 1 for A; 0 for no letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    """Yields the unpacked bytes of a part. Raises Refused for more bytes than a workbook may have."""
    left = limits.workbook_bytes
    with archive.open(info) as stream:
        while block := stream.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise _too_large(limits)
            yield block


def _too_large(limits: Limits) -> Refused:
    return Refused(TOO_LARGE, details={"limit": f"{limits.workbook_cells:,} cells"})
