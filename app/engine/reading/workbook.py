"""A spreadsheet read as rows of text: the first sheet with a header that is known, every cell as it would be typed."""

import io
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.engine.reading.archive import Archive
from app.engine.reading.directory import LOCAL
from app.engine.reading.limits import MIB, Budget, Limits, is_over, size_of
from app.engine.reading.number_formats import number_formats, sheets_with
from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw
from app.engine.reading.sheet_extent import TOO_LARGE, measure_parts
from app.engine.reading.sheet_parts import has_false_count, sheet_parts
from app.engine.reading.sparse_sheet import OUTSIDE, TWICE, compact
from app.engine.reading.struck import with_struck_out
from app.mapping.faces import stored

_OFFICE = ("[Content_Types].xml", "mimetype", "content.xml", "Index/Document.iwa")
NO_NUMBER = "#NUM!"  # what a spreadsheet shows for infinity, and for what is no number
_LONG = 10**15  # a spreadsheet keeps 15 digits of a number


def is_office(archive: Archive) -> bool:
    """Whether a zip is really a document of an office program."""
    found = archive.paths_of(_OFFICE)
    return (
        "[Content_Types].xml" in found
        or ("mimetype" in found and "content.xml" in found)
        or ("Index/Document.iwa" in found)
    )


class Workbook:
    """An open spreadsheet. What is no .xlsx, is locked, or grows too large is refused.

    Its size is measured before the spreadsheet library opens it; cells that lie far apart are moved together first.
    `since_1904` says that its days are counted from 1904, `has_marks` that words may be struck out, or cells may have
    two faces.
    """

    def __init__(self, open_: Callable[[], BinaryIO], limits: Limits) -> None:
        with open_() as stream:
            data = stream.read(limits.workbook_bytes + 1)
        if len(data) > limits.workbook_bytes:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_bytes // MIB} MiB"})
        archive = Archive(io.BytesIO(data), len(data), Budget(limits))
        archive.judge_whole()
        if all(m.path != "xl/workbook.xml" for m in archive.members) or not data.startswith(LOCAL):
            raise Refused("file_type_unsupported")
        if sum(m.slot.size for m in archive.members) > limits.workbook_bytes:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_bytes // MIB} MiB"})
        self._limits = limits
        self._mended: tuple[str, CalamineSheet] | None = None
        with _refusing():
            self._extents, striking = measure_parts(data, limits)
            struck = with_struck_out(data, self._extents, striking) if striking else None
            data = struck or data
            self._formats = number_formats(data)
            shaped = sheets_with(data, self._extents, self._formats) if self._formats else frozenset[str]()
            self._extents |= {name: replace(self._extents[name], is_odd=True) for name in shaped}
            self.has_marks = struck is not None or bool(shaped)
            self._is_compact = any(extent.cells > limits.workbook_cells for extent in self._extents.values())
            if self._is_compact:
                data = compact(data, self._extents, limits, self._formats)
            elif has_false_count(data, limits):
                data = compact(data, (), limits)
        try:
            self._book = _opened(data)
        except Refused:
            with _refusing():
                data = compact(data, (), limits)
            self._book = _opened(data)
        self._data = data
        with _refusing():
            self._parts, self.since_1904 = sheet_parts(data)
        self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        if len(self.sheets) > limits.workbook_sheets:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_sheets:,} sheets"})

    def rows(self, sheet: str) -> Iterator[Raw]:
        """The rows of one sheet, blank ones left out, with their row numbers. Struck-out words are words like others,
        and numbers are as they are stored.

        Raises as `marked_rows`.
        """
        rows = self.marked_rows(sheet)
        return (
            ((line, [stored(cell) for cell in cells], codes) for line, cells, codes in rows) if self.has_marks else rows
        )

    def marked_rows(self, sheet: str) -> Iterator[Raw]:
        """The same rows, struck-out words between the signs of `app.mapping.struck`, cells of two faces with both.

        A cell that cannot be read holds `#ERROR!`. Raises `Refused` for a sheet that cannot be read to its end: with
        `zip_damaged`, or with why no library should open it. A chart has no rows.
        """
        part = self._parts.get(sheet)
        if part is not None and not part.has_cells:
            return
        found, is_compact = self._sheet(sheet)
        first = (found.start or (0, 0))[0]
        with _refusing("zip_damaged"):
            for number, row in enumerate(found.iter_rows(), start=1):
                cells = [_text(cell) for cell in row]
                line = number if found.height == found.total_height else number + first
                codes: tuple[str, ...] = ()
                if is_compact and cells:
                    mark = cells.pop(0)
                    line, codes = _marked(mark, line)
                if any(cells):
                    kept, held = self._held(cells)
                    yield line, kept, (*codes, *held)

    def must_be_read(self, sheet: str) -> None:
        """Raises `Refused` for a sheet that cannot be read, which is another thing than one without cells."""
        for _ in self.rows(sheet):
            return

    def _sheet(self, sheet: str) -> tuple[CalamineSheet, bool]:
        """A sheet, and whether its cells were moved together with the number of the row before them.

        The library gives up a whole sheet for one cell: what it does not read is given to it cell by cell.
        """
        if self._mended is not None and self._mended[0] == sheet:
            return self._mended[1], True
        part = self._parts.get(sheet)
        extent = self._extents.get(part.name) if part is not None and part.name else None
        if self._is_compact or extent is None or not extent.is_odd:
            with suppress(Refused), _refusing():
                return self._book.get_sheet_by_name(sheet), self._is_compact
        if self._is_compact or part is None or part.name is None:
            raise Refused("zip_damaged")
        with _refusing("zip_damaged"):
            mended = _opened(compact(self._data, (part.name,), self._limits, self._formats)).get_sheet_by_name(sheet)
        self._mended = sheet, mended
        return mended, True

    def _held(self, cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """The cells that are not too large, and what is to be said of the row."""
        limits = self._limits
        if sum(map(len, cells)) * 4 <= min(limits.cell_bytes, limits.row_bytes):
            return cells, ()
        size = sum(map(size_of, cells))
        kept = ["" if is_over(cell, limits.cell_bytes) else cell for cell in cells]
        return kept, ("cell_too_large",) if kept != cells or size >= limits.row_bytes else ()


def _opened(data: bytes) -> CalamineWorkbook:
    with _refusing():
        return CalamineWorkbook.from_filelike(io.BytesIO(data))


@contextmanager
def _refusing(code: str = "file_type_unsupported") -> Iterator[None]:
    """What the spreadsheet library cannot read is refused, however it says so.

    A panic of the library is no `Exception`: nothing else would stop it from ending the process.
    """
    try:
        yield
    except (CalamineError, zipfile.BadZipFile, OSError, RuntimeError, zlib.error):
        raise Refused(code) from None
    except BaseException as fault:
        if type(fault).__name__ == "PanicException":
            raise Refused(code) from None
        raise


def _marked(mark: str, line: int) -> tuple[int, tuple[str, ...]]:
    """The number of a row, and what is to be said of it, from what stands in its first cell."""
    codes = {OUTSIDE: "spreadsheet_error_value", TWICE: "cell_there_twice"}
    return int(mark.rstrip(OUTSIDE + TWICE) or line), tuple(code for sign, code in codes.items() if sign in mark)


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        if not math.isfinite(cell):
            return NO_NUMBER
        if abs(cell) >= _LONG:
            return f"{cell:.15g}" if "e" in f"{cell:.15g}" else f"{cell:.14E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if not isinstance(cell, timedelta) else str(cell)
