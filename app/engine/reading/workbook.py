"""A spreadsheet read as rows of text: the first sheet with a header that is known, every cell as it would be typed."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.engine.reading.archive import Archive
from app.engine.reading.limits import Budget, Limits, is_over, size_of
from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw

_LONG = 10**15  # a spreadsheet keeps 15 digits of a number


def is_office(paths: Iterable[str]) -> bool:
    """Whether a zip is really a document of an office program."""
    found = set(paths)
    return (
        "[Content_Types].xml" in found
        or ("mimetype" in found and "content.xml" in found)
        or ("Index/Document.iwa" in found)
    )


class Workbook:
    """An open spreadsheet. What is no .xlsx, is locked, or grows too large is refused."""

    def __init__(self, open_: Callable[[], BinaryIO], limits: Limits) -> None:
        with open_() as stream:
            data = stream.read(limits.workbook_bytes + 1)
        if len(data) > limits.workbook_bytes:
            raise Refused("file_type_unsupported")
        archive = Archive(io.BytesIO(data), len(data), Budget(limits))
        if "xl/workbook.xml" not in {m.path for m in archive.members}:
            raise Refused("file_type_unsupported")
        if sum(m.slot.size for m in archive.members) > limits.workbook_bytes:
            raise Refused("file_type_unsupported")
        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        except (CalamineError, zipfile.BadZipFile, OSError):
            raise Refused("file_type_unsupported") from None
        self._limits = limits
        self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)

    def rows(self, sheet: str) -> Iterator[Raw]:
        """The rows of one sheet, blank ones left out, with their row numbers."""
        try:
            found: CalamineSheet = self._book.get_sheet_by_name(sheet)
        except (CalamineError, OSError):
            return
        first = (found.start or (0, 0))[0]
        for number, row in enumerate(found.iter_rows(), start=1):
            cells = [_text(cell) for cell in row]
            if any(cells):
                line = number if found.height == found.total_height else number + first
                yield line, *self._held(cells)

    def _held(self, cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """The cells that are not too large, and what is to be said of the row."""
        limits = self._limits
        if sum(map(len, cells)) * 4 <= min(limits.cell_bytes, limits.row_bytes):
            return cells, ()
        size = sum(map(size_of, cells))
        kept = ["" if is_over(cell, limits.cell_bytes) else cell for cell in cells]
        return kept, ("cell_too_large",) if kept != cells or size >= limits.row_bytes else ()


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
