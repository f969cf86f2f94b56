"""Value patterns: describes the cells of a column without their content: digits, dates, addresses, words, lengths."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_GUARDED = re.compile(r'="?([^"]*)"?')
_PATTERNS: tuple[tuple[str, str], ...] = (
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
_KNOWN = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _PATTERNS)
_TAG = re.compile(r"<[a-z][^>]*>", re.IGNORECASE)
_MOST_DIFFERENT = 10_000
BLANK = ""


def pattern_of(cell: str) -> str:
    """Returns the pattern of a cell: a fixed phrase with nothing of the cell. Empty for a blank cell."""
    text = unguarded_cell(cell)
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


def unguarded_cell(cell: str) -> str:
    """Returns a cell without outer white space and without the guard `="..."` against spreadsheets."""
    text = cell.strip()
    guarded = _GUARDED.fullmatch(text) if text.startswith("=") else None
    return (guarded[1] if guarded else text).strip()


@dataclass(frozen=True, slots=True)
class ColumnPattern:
    """The patterns of a column's cells: row count, blank cells, distinct values (counted up to 10,000), and the cells
    by pattern, most frequent first."""

    rows: int
    blank: int
    different: int
    patterns: tuple[tuple[str, int, int, int], ...] = field(default=())  # pattern, cells, shortest and longest length

    @property
    def filled(self) -> int:
        """The number of filled cells."""
        return self.rows - self.blank

    @property
    def most(self) -> str:
        """The pattern of at least nine in ten filled cells; empty if there is none."""
        if self.patterns and self.patterns[0][1] >= self.filled * 0.9:
            return self.patterns[0][0]
        return BLANK

    def share(self, *names: str) -> float:
        """Returns the share of filled cells with one of these patterns, from 0 to 1."""
        return sum(n for name, n, _, _ in self.patterns if name in names) / self.filled if self.filled else 0.0

    @property
    def is_all_different(self) -> bool:
        """Whether all filled cells differ."""
        return self.filled > 1 and self.different == self.filled

    def words(self, most: int = 4) -> list[str]:
        """Returns phrases such as "9 digits (98 of 100)": the most frequent patterns, with lengths where useful."""
        phrases = []
        for name, count, shortest, longest in self.patterns[:most]:
            length = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
            if name == "digits":
                shown = f"{length} digit{'s' if longest > 1 else ''}"
            elif name.startswith(("one word", "text", "several lines", "code", "hexadecimal", "JSON")):
                shown = f"{name}, {length} characters"
            else:
                shown = name
            phrases.append(shown if count == self.filled else f"{shown} ({count:,} of {self.filled:,})")
        rest = self.filled - sum(count for _, count, _, _ in self.patterns[:most])
        return phrases + ([f"other ({rest:,} of {self.filled:,})"] if rest else [])


def column_pattern(cells: Iterable[str]) -> ColumnPattern:
    """Returns the patterns of a column's cells."""
    counts: Counter[str] = Counter()
    shortest: dict[str, int] = {}
    longest: dict[str, int] = {}
    different: set[int] = set()
    rows = 0
    for cell in cells:
        rows += 1
        name = pattern_of(cell)
        counts[name] += 1
        if name:
            text = unguarded_cell(cell)
            shortest[name] = min(shortest.get(name, len(text)), len(text))
            longest[name] = max(longest.get(name, 0), len(text))
            if len(different) < _MOST_DIFFERENT:
                different.add(hash(text))
    blank = counts.pop(BLANK, 0)
    commonest = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ColumnPattern(
        rows, blank, len(different), tuple((name, n, shortest[name], longest[name]) for name, n in commonest)
    )
