"""Reads a spreadsheet (.xlsx) as rows of text: every cell as a person would type it."""

import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import IO, Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.mapping.cell_marks import STRIKE_BEGIN, STRIKE_END, stored
from app.reading.archive import Archive
from app.reading.limits import MIB, Budget, Limits, is_over, size_of
from app.reading.refusal import Refused
from app.reading.sheet_extent import TOO_LARGE, measure_parts
from app.reading.sheet_parts import STRINGS, has_false_count, sheet_parts, walk_styles
from app.reading.shown_numbers import number_formats, sheets_with
from app.reading.sparse_sheet import OUTSIDE, TWICE, compact
from app.reading.text_rows import TextRow
from app.reading.zip_directory import LOCAL

_OFFICE = ("[Content_Types].xml", "mimetype", "content.xml", "Index/Document.iwa")
NO_NUMBER = "#NUM!"  # a spreadsheet's error word for infinity and NaN
_LONG = 10**15  # Excel keeps 15 digits of a number (Excel specifications and limits)


def is_office(archive: Archive) -> bool:
    """Returns whether a zip is a document of an office program: Office Open XML, OpenDocument or iWork."""
    present = archive.paths_of(_OFFICE)
    return (
        "[Content_Types].xml" in present
        or ("mimetype" in present and "content.xml" in present)
        or ("Index/Document.iwa" in present)
    )


class Workbook:
    """An open spreadsheet. The constructor raises Refused for a file that is not .xlsx, is locked, or is too large.

    The size is measured before the spreadsheet library opens the file; distant cells are first moved together.
    `since_1904` tells that days are counted from 1904, `has_marks` that words may be struck out or numbers may have a
    shown form.
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
        self._rewritten: tuple[str, CalamineSheet] | None = None
        with _library_errors():
            self._extents, striking = measure_parts(data, limits)
            struck = with_struck_out(data, self._extents, striking) if striking else None
            data = struck or data
            self._formats = number_formats(data)
            shaped = sheets_with(data, self._extents, self._formats) if self._formats else frozenset[str]()
            self._extents |= {name: replace(self._extents[name], needs_rewriting=True) for name in shaped}
            self.has_marks = struck is not None or bool(shaped)
            self._is_compact = any(extent.cells > limits.workbook_cells for extent in self._extents.values())
            if self._is_compact:
                data = compact(data, self._extents, limits, self._formats)
            elif has_false_count(data, limits):
                data = compact(data, (), limits)
        try:
            self._book = _open_workbook(data)
        except Refused:
            with _library_errors():
                data = compact(data, (), limits)
            self._book = _open_workbook(data)
        self._data = data
        with _library_errors():
            self._parts, self.since_1904 = sheet_parts(data)
        self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        if len(self.sheets) > limits.workbook_sheets:
            raise Refused(TOO_LARGE, details={"limit": f"{limits.workbook_sheets:,} sheets"})

    def rows(self, sheet: str) -> Iterator[TextRow]:
        """Yields the rows of a sheet with row numbers, without blank rows. Struck-out words are included, numbers are
        as stored.

        Raises as `marked_rows`. Each call reads the sheet anew.
        """
        rows = self.marked_rows(sheet)
        return (
            ((line, [stored(cell) for cell in cells], codes) for line, cells, codes in rows) if self.has_marks else rows
        )

    def marked_rows(self, sheet: str) -> Iterator[TextRow]:
        """Yields the same rows, with struck-out words between `STRIKE_BEGIN` and `STRIKE_END` of
        `app.mapping.cell_marks`, and shown numbers in both forms.

        An unreadable cell is `#ERROR!`. Raises Refused for a sheet that cannot be read to its end: `zip_damaged`, or
        the reason why no library should open it. A chart has no rows.
        """
        part = self._parts.get(sheet)
        if part is not None and not part.has_cells:
            return
        table, is_compact = self._sheet(sheet)
        first = (table.start or (0, 0))[0]
        with _library_errors("zip_damaged"):
            for number, row in enumerate(table.iter_rows(), start=1):
                cells = [_cell_text(cell) for cell in row]
                line = number if table.height == table.total_height else number + first
                codes: tuple[str, ...] = ()
                if is_compact and cells:
                    mark = cells.pop(0)
                    line, codes = _row_mark(mark, line)
                if any(cells):
                    kept, held = self._within_limits(cells)
                    yield line, kept, (*codes, *held)

    def must_be_read(self, sheet: str) -> None:
        """Raises Refused for an unreadable sheet, as opposed to a sheet without cells."""
        for _ in self.rows(sheet):
            return

    def _sheet(self, sheet: str) -> tuple[CalamineSheet, bool]:
        """Returns a sheet, and whether its cells were moved together behind their row numbers.

        A single bad cell makes the library give up the sheet: such a sheet is rewritten cell by cell.
        """
        if self._rewritten is not None and self._rewritten[0] == sheet:
            return self._rewritten[1], True
        part = self._parts.get(sheet)
        extent = self._extents.get(part.name) if part is not None and part.name else None
        if self._is_compact or extent is None or not extent.needs_rewriting:
            with suppress(Refused), _library_errors():
                return self._book.get_sheet_by_name(sheet), self._is_compact
        if self._is_compact or part is None or part.name is None:
            raise Refused("zip_damaged")
        with _library_errors("zip_damaged"):
            mended = _open_workbook(compact(self._data, (part.name,), self._limits, self._formats)).get_sheet_by_name(
                sheet
            )
        self._rewritten = sheet, mended
        return mended, True

    def _within_limits(self, cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """Returns the cells, those over the limit emptied, and the row's codes."""
        limits = self._limits
        if sum(map(len, cells)) * 4 <= min(limits.cell_bytes, limits.row_bytes):
            return cells, ()
        size = sum(map(size_of, cells))
        kept = ["" if is_over(cell, limits.cell_bytes) else cell for cell in cells]
        return kept, ("cell_too_large",) if kept != cells or size >= limits.row_bytes else ()


def _open_workbook(data: bytes) -> CalamineWorkbook:
    with _library_errors():
        return CalamineWorkbook.from_filelike(io.BytesIO(data))


@contextmanager
def _library_errors(code: str = "file_type_unsupported") -> Iterator[None]:
    """Turns errors of the spreadsheet library into Refused with the code.

    A panic of the library is not an `Exception`: only this stops it from ending the process.
    """
    try:
        yield
    except (CalamineError, zipfile.BadZipFile, OSError, RuntimeError, zlib.error):
        raise Refused(code) from None
    except BaseException as fault:
        if type(fault).__name__ == "PanicException":
            raise Refused(code) from None
        raise


def _row_mark(mark: str, line: int) -> tuple[int, tuple[str, ...]]:
    """Returns the row number and the codes in a row's first cell."""
    codes = {OUTSIDE: "spreadsheet_error_value", TWICE: "cell_there_twice"}
    return int(mark.rstrip(OUTSIDE + TWICE) or line), tuple(code for sign, code in codes.items() if sign in mark)


_HALF = re.compile(r"_x([dD][89a-fA-F][0-9a-fA-F]{2})_")


def _cell_text(cell: Any) -> str:
    if isinstance(cell, str):
        return _with_halves(cell) if "_x" in cell else cell
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


def _with_halves(cell: str) -> str:
    """A text with the signs that a workbook writes as halves, such as `_xD83D__xDE00_`, which the library leaves.

    A half without its other half is kept as a half, which `storable_row` removes and reports.
    """
    signs = _HALF.sub(lambda half: chr(int(half[1], 16)), cell)
    return signs if signs == cell else signs.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


# Struck-out text of a workbook: by the font of a whole cell, or of a run of its text.
#
# The spreadsheet library returns words without fonts, and a struck-out allergy must not read as an allergy. So if a
# font strikes out, its words are put between two marks before the library opens the workbook. A workbook without
# such a font is not rewritten. Patterns over the raw XML do this, block by block; invalid XML is left unchanged.

STYLES = "xl/styles.xml"
_BLOCK = MIB
_TAG = 256  # bytes of a tag
_LONGEST = 16 * MIB  # bytes of a cell in XML
_PREFIX = rb"(?:[\w.-]{1,32}:)?"
_STRIKE = re.compile(rb"<" + _PREFIX + rb"strike(?=[\s/>])([^<>]*)>")
_OFF = re.compile(rb"""\bval\s*=\s*["'](?:0|false)["']""")
_STRING = re.compile(
    rb"<" + _PREFIX + rb"si(?=[\s/>])[^<>]*(?:(?<=/)>|(?<!/)>(.*?)</" + _PREFIX + rb"si\s*>)", re.DOTALL
)
_CELL = re.compile(rb"<" + _PREFIX + rb"c(?=\s)([^<>]*)(?<!/)>(.*?)</" + _PREFIX + rb"c\s*>", re.DOTALL)
_TOKEN = re.compile(rb"<(/?)" + _PREFIX + rb"(r|rPr|strike|t|v)(?=[\s/>])([^<>]*)>")
_STYLE = re.compile(rb"""\bs\s*=\s*["'](\d{1,9})["']""")
_KIND = re.compile(rb"""\bt\s*=\s*["'](\w{1,9})["']""")
_NUMBER = re.compile(rb"(<" + _PREFIX + rb"v\s*>\s*)(\d{1,9})(?=\s*<)")
_ENDING = re.compile(rb"</" + _PREFIX + rb"(\w{1,32})\s{0,9}>")
_HEAD = re.compile(rb"<" + _PREFIX + rb"sst(?=[\s>])[^<>]*>")
_NEAR = 256  # end tags of other elements that may follow, such as those of a row and a sheet
_COUNTS = re.compile(rb"""\s(?:c|uniqueC)ount\s*=\s*["'][^"'<>]*["']""")
_OWN_TEXT = frozenset({b"str", b"inlineStr"})
_OPENS, _ENDS = STRIKE_BEGIN.encode(), STRIKE_END.encode()


@dataclass
class _Struck:
    """`styles` are the cell styles that strike out; `strings` are the shared strings of such cells, with the number of
    their struck-out copy."""

    styles: frozenset[int]
    strings: dict[int, int] = field(default_factory=dict)


def with_struck_out(data: bytes, sheets: Iterable[str], striking: Iterable[str]) -> bytes | None:
    """Returns the workbook with struck-out words between `STRIKE_BEGIN` and `STRIKE_END`; None without such words.

    `sheets` are the names of the parts with cells, `striking` of all parts that may name such a font. Numbers, dates
    and booleans are unchanged.
    """
    may_strike = frozenset(map(_plain_name, striking))
    with zipfile.ZipFile(io.BytesIO(data)) as before:
        infos = {_plain_name(info.filename): info for info in before.infolist() if not info.is_dir()}
        tables = {name for name in infos if name.startswith("xl/worksheets/") and name.endswith(".xml")}
        tables |= {name for name in map(_plain_name, sheets) if name in infos}
        runs = {name for name in may_strike & {*tables, STRINGS} if _has_run(before, infos[name])}
        struck = _Struck(_struck_styles(before, infos[STYLES]) if STYLES in may_strike else frozenset())
        styled = {name for name in tables if struck.styles and _has_styled(before, infos[name], struck)}
        if not runs and not styled:
            return None
        if struck.strings:
            _number_copies(before, infos, struck)
        return _written(before, infos, struck, runs | styled)


def _written(before: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], struck: _Struck, changed: set[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, True, 1) as after:
        for name, info in infos.items():
            with before.open(info) as source, after.open(info.filename, "w") as to:
                if name == STRINGS and (name in changed or struck.strings):
                    _write_strings(before, info, struck, to)
                elif name in changed:
                    for piece in _pieces(source, b"c"):
                        to.write(_CELL.sub(lambda cell: _marked_cell(cell, struck), piece))
                else:
                    while block := source.read(_BLOCK):
                        to.write(block)
    return out.getvalue()


def _marked_cell(cell: re.Match[bytes], struck: _Struck) -> bytes:
    """Returns a cell with its struck-out words between the marks."""
    attributes, inside = cell[1], cell[2]
    style, kind = _STYLE.search(attributes), _KIND.search(attributes)
    is_whole = style is not None and int(style[1]) in struck.styles
    if kind is None or (not is_whole and b"strike" not in inside):
        return cell[0]
    begin = cell.start(2) - cell.start()
    if kind[1] == b"s" and is_whole:
        inside = _NUMBER.sub(lambda v: v[1] + b"%d" % struck.strings.get(int(v[2]), int(v[2])), inside, count=1)
    elif kind[1] in _OWN_TEXT:
        inside = _struck_mark(inside, is_whole=is_whole)
    return cell[0][:begin] + inside + cell[0][begin + len(cell[2]) :]


def _struck_mark(text: bytes, *, is_whole: bool) -> bytes:
    """Returns a string with the marks around its struck-out runs. A run with its own font follows that font."""
    pieces: list[bytes] = []
    at = 0
    is_run_struck, is_open = is_whole, False
    for token in _TOKEN.finditer(text):
        name, is_end = token[2], token[1] == b"/"
        if name == b"r":
            is_run_struck = is_whole
        elif name == b"rPr" and not is_end:
            is_run_struck = False
        elif name == b"strike" and not is_end:
            is_run_struck = _OFF.search(token[3]) is None
        elif name in (b"t", b"v") and not is_end and is_run_struck and not token[3].endswith(b"/"):
            pieces += (text[at : token.end()], _OPENS)
            at, is_open = token.end(), True
        elif name in (b"t", b"v") and is_end and is_open:
            pieces += (text[at : token.start()], _ENDS)
            at, is_open = token.start(), False
    return b"".join((*pieces, text[at:]))


def _write_strings(before: zipfile.ZipFile, info: zipfile.ZipInfo, struck: _Struck, to: IO[bytes]) -> None:
    """Writes the shared strings, then struck-out copies of the strings that struck-out cells use."""
    last = b""
    is_first = True
    with before.open(info) as source:
        for piece in _pieces(source, b"si"):
            to.write(last)
            last = _HEAD.sub(_uncounted, piece, count=1) if is_first else piece
            last = _STRING.sub(lambda string: _marked_string(string, is_whole=False), last)
            is_first = False
    end = last.rfind(b"</")
    to.write(last[:end])
    number = -1
    copies = dict.fromkeys(struck.strings)
    with before.open(info) as source:
        for piece in _pieces(source, b"si") if copies else ():
            for string in _STRING.finditer(piece):
                number += 1
                if number in copies:
                    to.write(_marked_string(string, is_whole=True))
    to.write(last[end:])


def _uncounted(head: re.Match[bytes]) -> bytes:
    """Returns the head of the shared strings without their count, which has changed."""
    return _COUNTS.sub(b"", head[0])


def _marked_string(string: re.Match[bytes], *, is_whole: bool) -> bytes:
    return _struck_mark(string[0], is_whole=is_whole) if is_whole or b"strike" in string[0] else string[0]


def _number_copies(before: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], struck: _Struck) -> None:
    """Numbers the copy of each used string, in the order of the strings."""
    count = 0
    if STRINGS in infos:
        with before.open(infos[STRINGS]) as source:
            count = sum(len(_STRING.findall(piece)) for piece in _pieces(source, b"si"))
    wanted = sorted(number for number in struck.strings if number < count)
    struck.strings = {number: count + at for at, number in enumerate(wanted)}


def _has_styled(before: zipfile.ZipFile, info: zipfile.ZipInfo, struck: _Struck) -> bool:
    """Returns whether a text cell of the sheet has a striking style; collects its shared strings."""
    has_styled = False
    with before.open(info) as source:
        for piece in _pieces(source, b"c"):
            if struck.styles.isdisjoint(map(int, set(_STYLE.findall(piece)))):
                continue
            for cell in _CELL.finditer(piece):
                style, kind = _STYLE.search(cell[1]), _KIND.search(cell[1])
                if style is None or kind is None or int(style[1]) not in struck.styles:
                    continue
                has_styled = has_styled or kind[1] in _OWN_TEXT
                if kind[1] == b"s" and (value := _NUMBER.search(cell[2])):
                    struck.strings[int(value[2])] = -1
                    has_styled = True
    return has_styled


def _has_run(before: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Returns whether a run's font strikes out."""
    with before.open(info) as source:
        tail = b""
        while block := source.read(_BLOCK):
            joined = tail + block
            if any(_OFF.search(strike[1]) is None for strike in _STRIKE.finditer(joined)):
                return True
            tail = joined[-_TAG:]
    return False


def _struck_styles(before: zipfile.ZipFile, info: zipfile.ZipInfo) -> frozenset[int]:
    """Returns the numbers of the cell styles whose font strikes out. Empty if the styles cannot be parsed."""
    fonts: set[int] = set()
    styles: set[int] = set()
    counted = {"font": -1, "xf": -1}

    def start(local: str, around: Sequence[str], attributes: Mapping[str, str]) -> None:
        within = around[-1] if around else ""
        if local == "font" and within == "fonts":
            counted["font"] += 1
        elif local == "strike" and around[-2:] == ["fonts", "font"]:
            if attributes.get("val", "1") not in ("0", "false"):
                fonts.add(counted["font"])
        elif local == "xf" and within == "cellXfs":
            counted["xf"] += 1
            if (font := attributes.get("fontId", "0")).isdecimal() and len(font) < 10 and int(font) in fonts:
                styles.add(counted["xf"])

    if not walk_styles(before, info, start):
        return frozenset()
    return frozenset(styles)


def _pieces(source: IO[bytes], element: bytes) -> Iterator[bytes]:
    """Yields the part in pieces that end behind an element; the rest is the last piece.

    Raises Refused `file_type_unsupported` for an element that does not end. A search for the end of an element succeeds
    in each piece but the last, so that no text is searched repeatedly.
    """
    rest = b""
    while block := source.read(_BLOCK):
        joined = rest + block
        cut = _cut(joined, element)
        if cut:
            yield joined[:cut]
        elif len(joined) > _LONGEST:
            raise Refused("file_type_unsupported")
        rest = joined[cut:]
    if rest:
        yield rest


def _cut(text: bytes, element: bytes) -> int:
    """Returns the offset behind the last end tag of the element near the end of the text; 0 if there is none."""
    at = len(text)
    for _ in range(_NEAR):
        at = text.rfind(b"</", 0, at)
        if at < 0:
            return 0
        if (match := _ENDING.match(text, at)) and match[1] == element:
            return match.end()
    return 0


def _plain_name(name: str) -> str:
    return name.replace("\\", "/").casefold()
