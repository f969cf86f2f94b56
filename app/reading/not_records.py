"""Rows of a table that are not records: repeated headers, and totals that a spreadsheet added."""

import re
from collections.abc import Sequence

from app.reading.recognise import Header

CODE = "not_a_record"
MOST = 1000  # such rows that are remembered per file
_TOTAL = re.compile(r"(grand|sub|over)?\W*(total|sum|count)s?\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


class NotRecords:
    """Collects, during the survey of a file, the lines of rows that may not be records; `lines` is the verdict.

    A total has a key unlike all others of its column: a word among numbers. Its other keys and references are empty, as
    are most of its cells.
    """

    def __init__(self, header: Header) -> None:
        columns = {p.name: p.column for p in header.kind.columns}
        known = [(at, columns[name]) for at, name in enumerate(header.columns) if name in columns]
        keys = [at for at, column in known if column.is_key]
        self._key = keys[0] if keys else None
        self._empty = [at for at, column in known if at != self._key and (column.is_key or column.links_to)]
        self._normalise = header.kind.layout.normalise
        self._names = tuple(map(self._normalise, header.headers))
        self._named = sum(map(bool, self._names))
        self._first = next((at for at, name in enumerate(self._names) if name), 0)
        self._width = len(header.columns)
        self._numbers = 0
        self._headers: list[int] = []
        self._totals: list[tuple[int, bool]] = []

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Adds a row. A row whose key is a number costs a single comparison."""
        at = self._first if self._key is None else self._key
        cell = cells[at] if at < len(cells) else ""
        if cell[:1].isdigit() or cell.strip("='\" \t").isdigit():  # a guarded id, such as ="12", is a number too
            self._numbers += 1
            return
        if len(self._headers) + len(self._totals) >= MOST:
            return
        if self._is_header(cells):
            self._headers.append(line)
        elif self._key is not None:
            self._add_total(line, cell.strip(), cells)

    def _is_header(self, cells: Sequence[str]) -> bool:
        """Returns whether every cell repeats the header, and enough cells are filled."""
        filled = [(at, cell) for at, cell in enumerate(cells) if cell and not cell.isspace()]
        if len(filled) < max(2, self._named // 2) or any(len(cell) > 200 for _, cell in filled):
            return False
        return all(at < self._width and self._normalise(cell) == self._names[at] for at, cell in filled)

    def _add_total(self, line: int, key: str, cells: Sequence[str]) -> None:
        is_named = any(_TOTAL.match(cell.strip()) for cell in cells[: self._width] if len(cell) < 40)
        if _DIGIT.search(key) and not is_named:
            self._numbers += 1
        elif (
            (key or is_named)
            and not any(cells[at].strip() for at in self._empty if at < len(cells))
            and sum(1 for cell in cells if cell.strip()) <= max(2, self._width // 2)
        ):
            self._totals.append((line, is_named))

    @property
    def lines(self) -> frozenset[int]:
        """The lines of rows that are not records. A single odd key is a total; several are only if they say so."""
        totals = [line for line, is_named in self._totals if is_named or len(self._totals) == 1]
        return frozenset((*self._headers, *(totals if self._numbers else ())))
