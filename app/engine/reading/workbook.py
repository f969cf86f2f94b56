"""A spreadsheet read as rows of text: the first sheet with a header that is known, every cell as it would be typed."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.engine.reading.archive import Archive
from app.engine.reading.directory import LOCAL
from app.engine.reading.limits import MIB, Budget, Limits, is_over, size_of
from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw
from app.engine.reading.sheet_extent import TOO_LARGE, measure_parts
from app.engine.reading.sparse_sheet import compact

_OFFICE = ("[Content_Types].xml", "mimetype", "content.xml", "Index/Document.iwa")
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
    """

    def __init__(self, open_: Callable[[], BinaryIO], limits: Limits) -> None:
        with open_() as stream:
            data = stream.read(limits.workbook_bytes + 1)
        if len(data) > limits.workbook_bytes:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_bytes // MIB} MiB"})
        archive = Archive(io.BytesIO(data), len(data), Budget(limits))
        if all(m.path != "xl/workbook.xml" for m in archive.members) or not data.startswith(LOCAL):
            raise Refused("file_type_unsupported")
        if sum(m.slot.size for m in archive.members) > limits.workbook_bytes:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_bytes // MIB} MiB"})
        self._limits = limits
        self._is_compact = False
        with _refusing():
            extents = measure_parts(data, limits)
            if any(extent.cells > limits.workbook_cells for extent in extents.values()):
                data, self._is_compact = compact(data, extents, limits), True
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        if len(self.sheets) > limits.workbook_sheets:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_sheets:,} sheets"})

    def rows(self, sheet: str) -> Iterator[Raw]:
        """The rows of one sheet, blank ones left out, with their row numbers."""
        try:
            with _refusing():
                found: CalamineSheet = self._book.get_sheet_by_name(sheet)
        except Refused:
            return  # a chart, which has no cells
        first = (found.start or (0, 0))[0]
        for number, row in enumerate(found.iter_rows(), start=1):
            cells = [_text(cell) for cell in row]
            line = number if found.height == found.total_height else number + first
            if self._is_compact and cells:
                line = int(cells.pop(0) or line)
            if any(cells):
                yield line, *self._held(cells)

    def _held(self, cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """The cells that are not too large, and what is to be said of the row."""
        limits = self._limits
        if sum(map(len, cells)) * 4 <= min(limits.cell_bytes, limits.row_bytes):
            return cells, ()
        size = sum(map(size_of, cells))
        kept = ["" if is_over(cell, limits.cell_bytes) else cell for cell in cells]
        return kept, ("cell_too_large",) if kept != cells or size >= limits.row_bytes else ()


@contextmanager
def _refusing() -> Iterator[None]:
    """What the spreadsheet library cannot read is refused, however it says so.

    A panic of the library is no `Exception`: nothing else would stop it from ending the process.
    """
    try:
        yield
    except (CalamineError, zipfile.BadZipFile, OSError, RuntimeError, zlib.error):
        raise Refused("file_type_unsupported") from None
    except BaseException as fault:
        if type(fault).__name__ == "PanicException":
            raise Refused("file_type_unsupported") from None
        raise


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        if abs(cell) >= _LONG:
            return f"{cell:.15g}" if "e" in f"{cell:.15g}" else f"{cell:.14E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if not isinstance(cell, timedelta) else str(cell)
