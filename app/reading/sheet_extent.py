"""How large the sheets of a workbook really are, measured in its raw XML before a spreadsheet library opens it.

The library makes one dense table of each sheet, from its first to its last cell: a single cell at XFD1048576 makes it
ask for 512 GiB and abort the process. The measure counts what could be a cell reference and never too few of them.
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
_LONGEST = 16 << 10  # bytes of a formula
_UNVALUED = re.compile(
    rb"""f(?:\s[^<>]{0,200})?/?>\s{0,99}+(?:</(?:[\w.-]{1,32}:)?c\s*>|<(?:[\w.-]{1,32}:)?extLst|"""
    rb"""(<(?:[\w.-]{1,32}:)?v(?:\s*/>|\s*>\s{0,99}</)))"""
)
_EMPTY_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY", b"<!ELEMENT", b"<!ATTLIST")
_OTHER_BOOKS = frozenset({"xl/workbook.bin", "content.xml"})  # the library would open these in other ways
_SMALL = 16 * MIB  # of a part that is no sheet and no list of strings


@dataclass(frozen=True, slots=True)
class Extent:
    """The last row and the last column of a sheet, both counted from 1, as its cell references name them.

    `is_odd` where a cell may hold an error, which the library leaves blank without a word, or name a shared string by
    what is no number, for which it takes the first string, where a formula may be without its result, and where a row
    or a cell is there twice or stands in another row, of which the library gives one.
    `may_strike` where a font may strike words out.
    """

    rows: int
    columns: int
    is_odd: bool = False
    may_strike: bool = False

    @property
    def cells(self) -> int:
        """The cells of a dense table of that size."""
        return self.rows * self.columns


def measure_parts(data: bytes, limits: Limits) -> tuple[dict[str, Extent], tuple[str, ...]]:
    """The extent of each part of a workbook that has cells, by its name in the archive, and the names of all parts
    in which a font may strike words out.

    Raises `Refused` with `workbook_too_large` for what no library should open: too many elements, strings or parts;
    with `file_type_unsupported` for a part that declares a document type or entities, and for two parts of one name.
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
    """The extent of one part, block by block."""
    elements = strings = 0
    columns: set[bytes] = set()
    last_row = 0
    is_odd = may_strike = False
    order = References()
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
        is_odd = is_odd or order.are_odd(references[len(_REFERENCE.findall(tail)) :])
        is_odd = is_odd or any(mark in joined for mark in _ERRORS) or _ODD_STRING.search(joined) is not None
        is_odd = is_odd or _has_unvalued(joined)
        may_strike = may_strike or b"strike" in joined
        tail = joined[-_OVERLAP:]
    return Extent(last_row, max(map(column_number, columns), default=0), is_odd, may_strike)


class References:
    """Follows the references of a sheet: whether each row stands below the one before, and each cell once in its row.

    Where rows do not say their numbers, a cell of another row begins that row.
    """

    def __init__(self) -> None:
        self._row = b""
        self._number = 0
        self._has_rows = False
        self._columns: set[bytes] = set()

    def are_odd(self, references: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether one of the next references does not follow."""
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
    """Whether a formula may be without its stored result. An empty text is a result."""
    if not any(mark in text for mark in _FORMULAS):
        return False
    for found in _UNVALUED.finditer(text):
        at = found.start()
        if text[at - 1 : at] not in (b"<", b"/", b":"):
            continue
        if found[1] is None:
            return True
        earliest = max(at - _LONGEST, 0)
        begin = text.rfind(b"<c ", earliest, at)
        begin = text.rfind(b":c ", earliest, at) if begin < 0 else begin
        if begin < 0 or not _EMPTY_TEXT.search(text, begin, text.find(b">", begin)):
            return True
    return False


def column_number(letters: bytes) -> int:
    """The number of a column from its letters, 1 for A; 0 for none."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    """The unpacked bytes of a part. Raises `Refused` where more comes out than the workbook may have."""
    left = limits.workbook_bytes
    with archive.open(info) as stream:
        while block := stream.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise _too_large(limits)
            yield block


def _too_large(limits: Limits) -> Refused:
    return Refused(TOO_LARGE, details={"limit": f"{limits.workbook_cells:,} cells"})
