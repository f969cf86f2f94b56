"""Counts the problems of a file's rows: a line per code and column, with the first affected row."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.mapping.parse import BY_CELL, ONCE_PER_FILE
from app.problems import Level, Problem

NEVER_OF_PAGES = frozenset({"timezone_assumed"})
"""Codes that are not reported of a note that is a file of its own: the date in its name is no cell with a time."""
_LEVELS = {"bad_json": Level.HELD}  # of codes that a whole file may have as well


def row_problem(code: str) -> Problem:
    """Returns the problem for a code that reading gave a row: a code alone, or `code:attribute` for a cell."""
    code, _, column = code.partition(":")
    return Problem(code, column=column or None, level=_LEVELS.get(code))


@dataclass(slots=True)
class _Count:
    first: Problem
    rows: int = 0


class ProblemTally:
    """Counts problems of rows. A row counts once per code, whatever the number of cells; of a code in BY_CELL, once
    per column.

    `pages`: each row is a file of its own, so that problems reported once per file are reported for each row.
    """

    def __init__(self, kind: str, file: str, *, pages: bool = False) -> None:
        self._kind = kind
        self._file = file
        self._once: frozenset[str] = frozenset() if pages else ONCE_PER_FILE
        self._never: frozenset[str] = NEVER_OF_PAGES if pages else frozenset()
        self._counts: dict[tuple[str, str | None, Level | None], _Count] = {}

    def row(self, line: int, source_id: str | None, codes: Iterable[str], problems: Iterable[Problem]) -> None:
        """Adds the codes and problems of a row."""
        counted: set[str | tuple[str, str | None]] = set()
        for problem in (*map(row_problem, codes), *problems):
            counts_as = (problem.code, problem.column) if problem.code in BY_CELL else problem.code
            if counts_as in counted or problem.code in self._never:
                continue
            counted.add(counts_as)
            column = None if problem.code in self._once else problem.column
            key = (problem.code, column, problem.level)
            count = self._counts.get(key)
            if count is None:
                first = problem.at(kind=self._kind, file=self._file, line=line, source_id=source_id)
                count = self._counts[key] = _Count(first)
            count.rows += 1

    def problems(self) -> tuple[Problem, ...]:
        """Returns the counted problems in order of appearance."""
        return tuple(c.first.at(count=1 if c.first.code in self._once else c.rows) for c in self._counts.values())
