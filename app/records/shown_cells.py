"""Cells of an export for a page, with their file's headers. Cells of other rows have their place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.mapping.columns import Column, RowColumn
from app.mapping.kind import Kind
from app.migration.models import ExportFile
from app.problems import Problem
from app.reading.recognise import DOCUMENT

FILE_NAME = "Name of the file"
ARCHIVED_FILE = "Archived, because the name of its file says so"


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A line of a file of the export."""

    file: str
    file_number: int
    line: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell, exactly as in the export. `placed` is None for an unknown column.

    A cell of another row has its `place`, the columns that it `feeds`, its moment as ISO text in UTC if it holds one,
    and the problems of reading it. `how` explains a conversion that the cell does not show.
    """

    name: str
    header: str
    text: str
    placed: RowColumn | None
    place: CellPlace | None = None
    feeds: frozenset[str] = frozenset()
    instant: str = ""
    problems: tuple[Problem, ...] = ()
    how: str = ""

    @property
    def column(self) -> str:
        return self.name.partition(":")[0]

    @property
    def key(self) -> tuple[CellPlace | None, str]:
        """The identity of a cell within a record."""
        return self.place, self.name


@dataclass(frozen=True)
class CellNames:
    """The headers for a row's cells, from its file where known.

    Values that reading found through the row have no header and are named by their place. `texts` are the row's
    filled cells.
    """

    kind: Kind[Any]
    path: str
    file: ExportFile | None
    texts: Mapping[str, str]

    def cells(self, columns: Sequence[str]) -> Iterator[Cell]:
        """The visible filled cells, in the order of the columns."""
        for name in columns:
            if name in self.texts and name not in self._hidden:
                yield self._cell(name, self.texts[name])

    def shown(self, feeds: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """The columns that each visible cell feeds. A hidden cell's columns move to the cell that represents it."""
        fed = {name: columns for name, columns in feeds.items() if name not in self._hidden}
        if self._shown_by:
            hidden = (columns for name, columns in feeds.items() if name in self._hidden)
            fed[self._shown_by] = fed.get(self._shown_by, frozenset()).union(*hidden)
        return fed

    @cached_property
    def _by_reading(self) -> Mapping[str, Column]:
        return {placed.name: placed.column for placed in self.kind.columns if placed.column.set_by_reading}

    @cached_property
    def _shown_by(self) -> str:
        return next((name for name, column in self._by_reading.items() if column.native), "")

    @cached_property
    def _hidden(self) -> frozenset[str]:
        """Cells without a column in the file: the place that reading found, or its folder."""
        hidden = {name for name, column in self._by_reading.items() if not column.native}
        filing = self.kind.filing
        if filing is not None and filing.from_folder_column in self.texts:
            hidden.add(filing.owner_link)
        if filing is not None and self.file is not None and self.file.dialect == DOCUMENT:
            hidden |= {"filename", filing.owner_link}
        return frozenset(hidden)

    def _cell(self, name: str, text: str) -> Cell:
        placed = next((each for each in self.kind.columns if each.name == name.partition(":")[0]), None)
        headers = {self.kind.layout.normalise(header): header for header in reversed(self._headers)}
        if (
            name == self.kind.recognition.archived_column
            and placed is not None
            and headers.keys().isdisjoint(placed.normalised_headers())
        ):
            return Cell(name, FILE_NAME, self.path.rpartition("/")[2], placed, how=ARCHIVED_FILE)
        return Cell(name, _header(name, placed, headers), text, placed)

    @property
    def _headers(self) -> Sequence[str]:
        return self.file.facts.get("headers", ()) if self.file is not None else ()


def _header(name: str, placed: RowColumn | None, headers: Mapping[str, str]) -> str:
    """The header in the file, or the column's usual name."""
    if name.startswith("?") or placed is None:
        return name.lstrip("?")
    if placed.column.set_by_reading:
        return placed.column.native
    if placed.column.prefix:
        return f"{placed.column.prefix} {name.partition(':')[2]}".strip()
    known = (headers[header] for header in sorted(placed.normalised_headers()) if header in headers)
    return next(known, placed.column.native or name)
