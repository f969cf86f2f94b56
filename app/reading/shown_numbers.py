"""Numbers as a spreadsheet shows them: formats that change what a number means, percentages and leading zeros.

The spreadsheet library returns the stored number alone. The clinic sees 25 % or 0800 where the cell holds 0.25 or 800.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.mapping.cell_marks import displayed_and_stored
from app.reading.sheet_parts import walk_styles

STYLES = "xl/styles.xml"
_BLOCK = 1 << 20
_OVERLAP = 64
_LONG = 10**15  # Excel keeps 15 digits of a number (Excel specifications and limits)
_SMALLEST = 1e-12
_LONGEST = 255  # characters of a format code
_BUILT_IN = {9: "0%", 10: "0.00%"}  # ECMA-376 part 1, 18.8.30
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|[_*].')
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;])*')
_PERCENT = re.compile(r"[#0,?]*0(?:\.([0#?]+))?\s*%")
_CONDITION = re.compile(r"\[[<>=]")
_AROUND = frozenset(" ()+-/")
_USED = re.compile(rb"""\ss\s*=\s*["'](\d{1,6})["']""")


@dataclass(frozen=True, slots=True)
class Format:
    """A number format. `decimals` are those of a percentage; `pieces` are the texts around digits, None for a digit."""

    decimals: int = 0
    pieces: tuple[str | None, ...] = ()

    def faces(self, number: str) -> str | None:
        """Returns a number as a cell with its shown and its stored form; None if the format changes nothing."""
        value = float(number)
        if not _SMALLEST <= abs(value) < _LONG and value:
            return None
        stored = str(int(value)) if value == int(value) else repr(value)
        shown = self._filled(stored) if self.pieces else self._percent(value)
        return displayed_and_stored(shown, stored) if shown not in (None, stored) else None

    def _percent(self, value: float) -> str:
        """Keeps all digits, even if the format shows fewer."""
        whole, _, rest = f"{Decimal(f'{value:.15g}') * 100:f}".partition(".")
        rest = rest.rstrip("0").ljust(self.decimals, "0")
        return f"{whole}.{rest}%" if rest else f"{whole}%"

    def _filled(self, stored: str) -> str | None:
        if not stored.isdecimal():
            return None
        digits = stored.zfill(self.pieces.count(None))
        more = len(digits) - self.pieces.count(None)
        left = iter([digits[: more + 1], *digits[more + 1 :]])
        return "".join(next(left) if piece is None else piece for piece in self.pieces)


Formats = Mapping[int, Format]
"""Number formats by the number of a cell style. Only styles that change how a number reads are included."""


def number_formats(data: bytes) -> dict[int, Format]:
    """Returns the formats of a workbook's cell styles. Empty if the styles cannot be parsed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next((n for n in archive.namelist() if n.replace("\\", "/").casefold() == STYLES), None)
        return {} if name is None else _styles(archive, name)


def _styles(archive: zipfile.ZipFile, name: str) -> dict[int, Format]:
    codes: dict[int, str] = dict(_BUILT_IN)
    styles: list[int] = []

    def start(local: str, around: Sequence[str], attributes: Mapping[str, str]) -> None:
        number, within = attributes.get("numFmtId", ""), around[-1] if around else ""
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
        if local == "numFmt" and within == "numFmts":
            codes[at] = attributes.get("formatCode", "")
        elif local == "xf" and within == "cellXfs":
            styles.append(at)

    if not walk_styles(archive, name, start):
        return {}
    known = {at: read for at in set(styles) & codes.keys() if (read := format_of(codes[at]))}
    return {style: known[at] for style, at in enumerate(styles) if at in known}


def format_of(code: str) -> Format | None:
    """Returns the format that a format code applies to positive numbers; None for any other kind of format."""
    if len(code) > _LONGEST or _CONDITION.search(code):
        return None
    match = _SECTION.match(code)
    section = match[0] if match else ""
    if percent := _PERCENT.fullmatch(_LITERAL.sub("", section).strip()):
        return Format(decimals=(percent[1] or "").count("0"))
    pieces = tuple(_pieces(section))
    around = {sign for piece in pieces if piece for sign in piece}
    are_plain = all(sign in _AROUND or (sign.isascii() and sign.isdigit()) for sign in around)
    return Format(pieces=pieces) if pieces.count(None) > 1 and are_plain else None


def _pieces(section: str) -> Iterator[str | None]:
    """Yields the pieces of a format code, None for each `0`, which is a digit."""
    at = 0
    while at < len(section):
        if literal := _LITERAL.match(section, at):
            yield literal[1] or literal[2] or ""
            at = literal.end()
            continue
        sign = section[at]
        yield (
            None if sign == "0" else sign if sign in _AROUND else "?"
        )  # any other character makes the format unsuitable
        at += 1


def sheets_with(data: bytes, sheets: Iterable[str], formats: Formats) -> frozenset[str]:
    """Returns those of the named parts in which a cell may have such a style."""
    wanted = {b"%d" % style for style in formats}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return frozenset(name for name in sheets if _uses(archive, name, wanted))


def _uses(archive: zipfile.ZipFile, name: str, wanted: set[bytes]) -> bool:
    with archive.open(name) as source:
        tail = b""
        while block := source.read(_BLOCK):
            joined = tail + block
            if not wanted.isdisjoint(_USED.findall(joined)):
                return True
            tail = joined[-_OVERLAP:]
    return False
