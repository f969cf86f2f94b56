"""The problems of one file's rows, counted: one line for each code and column, with the first row that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.mapping.parse import ONCE_PER_FILE
from app.problems import Level, Problem


@dataclass(slots=True)
class _Count:
    first: Problem
    rows: int = 0


class Tally:
    """Counts problems of rows. A row counts once for a code, whatever the number of its cells."""

    def __init__(self, kind: str, file: str) -> None:
        self._kind = kind
        self._file = file
        self._counts: dict[tuple[str, str | None, Level | None], _Count] = {}

    def row(self, line: int, source_id: str | None, codes: Iterable[str], problems: Iterable[Problem]) -> None:
        told: set[str] = set()
        for problem in (*(Problem(code) for code in codes), *problems):
            if problem.code in told:
                continue
            told.add(problem.code)
            key = (problem.code, problem.column, problem.level)
            count = self._counts.get(key)
            if count is None:
                first = problem.at(kind=self._kind, file=self._file, line=line, source_id=source_id)
                count = self._counts[key] = _Count(first)
            count.rows += 1

    def problems(self) -> tuple[Problem, ...]:
        return tuple(c.first.at(count=1 if c.first.code in ONCE_PER_FILE else c.rows) for c in self._counts.values())
