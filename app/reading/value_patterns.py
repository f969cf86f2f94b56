"""What the cells of a column look like, said without any of them: digits, days, addresses, words, and how long."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_GUARDED = re.compile(r'="?([^"]*)"?')
_SHAPES: tuple[tuple[str, str], ...] = (
    ("0 or 1", r"[01]"),
    ("yes or no", r"yes|no|y|n|true|false|t|f"),
    ("digits", r"\d+"),
    ("number with decimals", r"-?\(?\$?\s?\d[\d,]*\.\d+\)?"),
    ("number in scientific form", r"\d(\.\d+)?e\+?\d+"),
    ("date YYYY-MM-DD", r"\d{4}-\d{1,2}-\d{1,2}"),
    ("date D/M/YYYY", r"(1[3-9]|2\d|3[01])[/.-]\d{1,2}[/.-](\d{2}|\d{4})"),
    ("date M/D/YYYY", r"\d{1,2}[/.-](1[3-9]|2\d|3[01])[/.-](\d{2}|\d{4})"),
    ("date, day or month first", r"\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})"),
    ("date D-Mon-YY", r"\d{1,2}[ -][a-z]{3,9}[ -](\d{2}|\d{4})"),
    ("date and time with its zone", r"\d{4}-\d\d-\d\d[ t]\d{1,2}:\d\d(:\d\d(\.\d+)?)?\s?(z|[+-]\d\d:?\d\d)"),
    ("date and time", r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}[ t]\d{1,2}:\d\d(:\d\d(\.\d+)?)?(\s?[ap]\.?m\.?)?"),
    ("time of day", r"\d{1,2}:\d\d(:\d\d)?(\s?[ap]\.?m\.?)?"),
    ("e-mail", r"[^\s@]+@[^\s@]+\.[^\s@]+"),
    ("web address", r"(https?://|www\.)\S+"),
    ("token of letters and digits", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    ("hexadecimal", r"(?=.*\d)[0-9a-f]{32,128}"),
    ("phone number", r"[+(]?[\d][\d ()./+-]{5,24}"),
    ("several numbers", r"\d+(\s*[,;|]\s*\d+)+"),
    ("code of letters and digits", r"(?=.*\d)[a-z0-9._:/-]{1,64}"),
)
_KNOWN = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _SHAPES)
_TAG = re.compile(r"<[a-z][^>]*>", re.IGNORECASE)
_MOST_DIFFERENT = 10_000
BLANK = ""


def shape_of(cell: str) -> str:
    """The shape of one cell: a phrase of ours, in which nothing of the cell stands. Empty for a blank one."""
    text = bare(cell)
    if not text:
        return BLANK
    if len(text) <= 128:
        for name, pattern in _KNOWN:
            if pattern.fullmatch(text):
                return name
    if text[0] in "{[" and text[-1] in "}]":
        return "JSON"
    if _TAG.search(text[:5000]):
        return "text with HTML"
    if text.isalpha():
        return "one word"
    return "several lines of text" if "\n" in text else "text"


def bare(cell: str) -> str:
    """A cell without outer spaces and without the guard that spreadsheets are kept away by."""
    text = cell.strip()
    guarded = _GUARDED.fullmatch(text) if text.startswith("=") else None
    return (guarded[1] if guarded else text).strip()


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """What a column's cells look like: how many there are, how many are blank, and the rest by shape, most first."""

    rows: int
    blank: int
    different: int
    shapes: tuple[tuple[str, int, int, int], ...] = field(default=())  # shape, cells, shortest, longest

    @property
    def filled(self) -> int:
        return self.rows - self.blank

    @property
    def most(self) -> str:
        """The shape that nine of ten filled cells have; empty when there is none."""
        if self.shapes and self.shapes[0][1] >= self.filled * 0.9:
            return self.shapes[0][0]
        return BLANK

    def share(self, *names: str) -> float:
        """Which part of the filled cells has one of these shapes."""
        return sum(n for name, n, _, _ in self.shapes if name in names) / self.filled if self.filled else 0.0

    @property
    def is_all_different(self) -> bool:
        return self.filled > 1 and self.different == self.filled

    def words(self, most: int = 4) -> list[str]:
        """As in "9 digits, 98 of 100": the commonest shapes, each with its length where that says something."""
        said = []
        for name, count, shortest, longest in self.shapes[:most]:
            length = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
            if name == "digits":
                shown = f"{length} digit{'s' if longest > 1 else ''}"
            elif name.startswith(("one word", "text", "several lines", "code", "hexadecimal", "JSON")):
                shown = f"{name}, {length} characters"
            else:
                shown = name
            said.append(shown if count == self.filled else f"{shown} ({count:,} of {self.filled:,})")
        rest = self.filled - sum(count for _, count, _, _ in self.shapes[:most])
        return said + ([f"other ({rest:,} of {self.filled:,})"] if rest else [])


def column_shape(cells: Iterable[str]) -> ColumnShape:
    """The shapes of a column's cells."""
    counts: Counter[str] = Counter()
    shortest: dict[str, int] = {}
    longest: dict[str, int] = {}
    different: set[int] = set()
    rows = 0
    for cell in cells:
        rows += 1
        name = shape_of(cell)
        counts[name] += 1
        if name:
            text = bare(cell)
            shortest[name] = min(shortest.get(name, len(text)), len(text))
            longest[name] = max(longest.get(name, 0), len(text))
            if len(different) < _MOST_DIFFERENT:
                different.add(hash(text))
    blank = counts.pop(BLANK, 0)
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ColumnShape(
        rows, blank, len(different), tuple((name, n, shortest[name], longest[name]) for name, n in found)
    )
