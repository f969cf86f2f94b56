"""The rows of a workbook's sheet, streamed from its XML.

Reading uses a library that shares no code with this module, except that both skip characters invalid in XML.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from app.reading.faulty_xml import readable
from app.reading.limits import Limits
from app.trial.verification.number_spellings import number_of, percentages, typed
from app.trial.verification.plain import TITLES
from app.trial.verification.table_lines import NotPlain
from app.trial.verification.unread import UNREAD

WIDEST, LAST_ROW = 16_384, 1_048_576  # columns and rows of a sheet
BLOCK = 1 << 16
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLACE = re.compile(r"([A-Za-z]{1,3})[0-9]*")
_LOGICAL = {"1": "true", "true": "true", "0": "false", "false": "false"}
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_TOKENS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|.')
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # number formats of a date
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - a sheet has no time zone


def sheet_rows(
    open_: Callable[[], BinaryIO], name: str | None, is_header: Callable[[Sequence[str]], bool]
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet as texts, each with its number from 1.

    `name` is the sheet; None is the first sheet with a header in its first rows. Raises NotPlain, at any row, for a
    file that is no workbook or is too large.
    """
    limit = Limits().workbook_bytes
    with open_() as stream:
        data = stream.read(limit + 1)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if len(data) > limit or sum(info.file_size for info in packed.infolist()) > limit:
                raise NotPlain
            book = _Book(packed)
            yield from book.rows(book.parts[name] if name else book.first(is_header))
    except (zipfile.BadZipFile, ValueError, SyntaxError, LookupError, OverflowError):
        raise NotPlain from None


class _Book:
    """An open workbook: its sheets by name, shared strings and number formats."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._names = {name.lstrip("/").lower(): name for name in packed.namelist()}
        targets = {
            each.get("Id"): str(each.get("Target"))
            for each in self._elements("xl/_rels/workbook.xml.rels", "Relationship")
        }
        self.parts: dict[str, str] = {}
        self._since_1904 = False
        for each in self._elements("xl/workbook.xml", "sheet", "workbookPr"):
            if _tag(each) == "workbookPr":
                self._since_1904 = each.get("date1904") in ("1", "true")
                continue
            related = next((value for key, value in each.items() if key.endswith("}id")), None)
            self.parts[str(each.get("name"))] = _inside(targets[related])
        self._strings = [_text(each) for each in self._elements("xl/sharedStrings.xml", "si")]
        codes = self._format_codes()
        self._dates = frozenset(at for at, code in codes.items() if _is_date(code))
        self._codes = {at: code for at, code in codes.items() if "%" in code or code.count("0") > 1}

    def first(self, is_header: Callable[[Sequence[str]], bool]) -> str:
        """The first sheet with a header in its first rows."""
        for part in self.parts.values():
            filled = 0
            for _, row in self.rows(part):
                if is_header(row):
                    return part
                filled += any(map(str.strip, row))
                if filled > TITLES:
                    break
        raise NotPlain

    def rows(self, part: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of a sheet. A row without a rising number follows the row before.

        Of two cells in one column the last filled cell counts. A cell outside all columns is left out, and a cell that
        cannot be read is `UNREAD`.
        """
        number = 0
        for each in self._elements(part, "row"):
            place = each.get("r", "")
            given = int(place) if place.isascii() and place.isdigit() and len(place) < 8 else 0
            number = given if number < given <= LAST_ROW else number + 1
            row: list[str] = []
            at = -1
            for cell in each:
                if _tag(cell) != "c":
                    continue
                column = _column(cell.get("r") or "", at + 1)
                if column is None:
                    continue
                at = column
                row += [""] * (at + 1 - len(row))
                row[at] = self._shown(cell) or row[at]
            yield number, row

    def _shown(self, cell: Element) -> str:
        try:
            return self._typed(cell)
        except (ValueError, LookupError, OverflowError):
            return UNREAD

    def _typed(self, cell: Element) -> str:
        """A cell as people type it."""
        kind, value = cell.get("t", "n"), next((each.text or "" for each in cell if _tag(each) == "v"), "")
        if kind == "inlineStr":
            return "".join(_text(each) for each in cell if _tag(each) == "is")
        if kind == "s":
            return self._strings[int(value)] if value else ""
        if kind == "b":
            return _LOGICAL.get(value.strip(), value)
        if kind in ("str", "e", "d") or not value:
            return _unescaped(value)
        value = value.strip()
        if (number := number_of(value)) is None:
            return value
        style = cell.get("s", "0")
        if style.isdigit() and int(style) in self._dates:
            return _moment(number, since_1904=self._since_1904)
        code = self._codes.get(int(style), "") if self._codes and style.isdigit() else ""
        if _is_percentage(code):
            return typed(value, number, *percentages(number))
        return typed(value, number, _with_zeros(code, typed(value, number)))

    def _format_codes(self) -> dict[int, str]:
        """By the number of a cell style, the code of its number format."""
        codes = dict.fromkeys(_DATES, "d") | {9: "0%", 10: "0.00%"}
        styles: list[int] = []
        for each in self._elements("xl/styles.xml", "numFmt", "cellXfs"):
            if _tag(each) == "numFmt":
                codes[int(each.get("numFmtId", "0"))] = each.get("formatCode", "")
            else:
                styles = [int(style.get("numFmtId", "0")) for style in each if _tag(style) == "xf"]
        return {at: codes[number] for at, number in enumerate(styles) if number in codes}

    def _elements(self, part: str, *tags: str) -> Iterator[Element]:
        """The complete elements with these tags; none without the part.

        A part with characters invalid in XML is read again without them, from the element at which reading failed.
        """
        if (name := self._names.get(part.lower())) is None:
            return
        passed = 0
        try:
            with self._packed.open(name) as stream:
                for each in _elements_in(stream, tags):
                    passed += 1
                    yield each
        except SyntaxError:
            with self._packed.open(name) as stream:
                yield from islice(_elements_in(_Mended(stream), tags), passed, None)


def _elements_in(stream: "IO[bytes] | _Mended", tags: tuple[str, ...]) -> Iterator[Element]:
    parents: list[Element] = []
    wanted = 0  # how many elements of these tags are open
    for event, each in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            parents.append(each)
            wanted += _tag(each) in tags
            continue
        parents.pop()
        if _tag(each) in tags:
            wanted -= 1
            yield each
        if not wanted:  # frees elements that are done
            each.clear()
            if parents:
                parents[-1].clear()


class _Mended:
    """The bytes of a part, with characters invalid in XML replaced."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._blocks = readable(iter(lambda: stream.read(BLOCK), b""))

    def read(self, _: int = -1, /) -> bytes:
        """The next block; empty at the end."""
        return next((block for block in self._blocks if block), b"")


def _is_date(code: str) -> bool:
    return not set("ymdhs").isdisjoint(_LITERAL.sub("", code).lower())


def _is_percentage(code: str) -> bool:
    return _LITERAL.sub("", code).split(";")[0].rstrip().endswith("%")


def _with_zeros(code: str, digits: str) -> str:
    """Digits in a number format of zeros, with the literal characters around them; empty for other formats."""
    left, leftmost = list(digits), 0
    shown: list[str] = []
    for each in reversed(_TOKENS.findall(code.split(";")[0])):
        if each == "0":
            leftmost = len(shown)
            shown.append(left.pop() if left else "0")
        elif not each.startswith("["):
            shown.append(each.strip('"\\'))
    shown[leftmost + 1 : leftmost + 1] = reversed(left)
    text = "".join(reversed(shown))
    is_plain = digits.isdecimal() and set(text) <= set(" ()+-/0123456789")
    return text if is_plain and _LITERAL.sub("", code.split(";")[0]).count("0") > 1 else ""


def _tag(each: Element) -> str:
    return str(each.tag).rpartition("}")[2]


def _inside(target: str) -> str:
    """The path of a part in the zip."""
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _column(place: str, otherwise: int) -> int | None:
    """The number of a cell's column from 0; `otherwise` for a cell without a place, None for an impossible place."""
    if not place:
        return otherwise
    letters = _PLACE.fullmatch(place)
    number = 0
    for letter in letters[1].upper() if letters else "":
        number = number * 26 + ord(letter) - 64
    return number - 1 if 0 < number <= WIDEST else None


def _text(each: Element) -> str:
    """The text of all runs of a string, without phonetic text."""
    pieces = []
    for part in each:
        if _tag(part) == "t":
            pieces.append(part.text or "")
        elif _tag(part) == "r":
            pieces += [run.text or "" for run in part if _tag(run) == "t"]
    return _unescaped("".join(pieces))


def _unescaped(text: str) -> str:
    """The text with the signs that a workbook writes by number. A half of a sign without its other half is left out."""
    if "_x" not in text:
        return text
    signs = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text)
    return signs.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _moment(days: float, *, since_1904: bool) -> str:
    """A serial number of days as a date, with the time of day if there is one."""
    if days < 1 and not since_1904:
        seconds = round(days * 86_400)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    early = not since_1904 and days < 60  # before 29 February 1900, which spreadsheets count
    moment = _EPOCHS[since_1904] + timedelta(days=early, seconds=round(days * 86_400))
    return moment.date().isoformat() if days == int(days) else moment.isoformat(" ")
