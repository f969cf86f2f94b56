"""The tally of a part: its rows by outcome, and their problems, each code once for a row."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypedDict

from app.mapping.parse import BY_CELL, BY_COLUMN, ONCE_PER_FILE, STOPPING
from app.mapping.rows import Outcome
from app.migration.ledger_json import WorkResult
from app.problems import Problem, catalogue


@dataclass
class Tally:
    """Rows of a part by outcome, with their problems. `numbers` are sums of numbers in rows."""

    kind: str
    path: str | None
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    problems: dict[tuple[int | None, str, str | None], Problem] = field(default_factory=dict)

    def row(self, outcome: Outcome) -> None:
        """Counts a row."""
        self.outcomes[outcome] += 1

    def note(self, line: int, source_id: str | None, problems: Iterable[Problem]) -> None:
        """Notes the problems of a row. A second problem of a code replaces the first when it holds the row.

        Problems that reading reports once for a file are ignored. A problem of a whole column is noted once, with the
        number of its cells.
        """
        for problem in problems:
            if problem.code in ONCE_PER_FILE:
                continue
            whole_column = problem.code in BY_COLUMN
            by_cell = problem.column if problem.code in BY_CELL else None
            place = (None, problem.code, problem.column) if whole_column else (line, problem.code, by_cell)
            if whole_column and (first := self.problems.get(place)) is not None:
                self.problems[place] = replace(first, count=first.count + problem.count)
                continue
            known = self.problems.get(place)
            if known is not None and (known.severity in STOPPING or problem.severity not in STOPPING):
                continue
            self.problems[place] = problem.at(
                kind=problem.kind or self.kind,
                file=problem.file or self.path,
                line=line,
                source_id=problem.source_id or source_id,
            )

    def to_result(self) -> WorkResult:
        """The tally as JSON for the result of the part's work."""
        result: WorkResult = {"kind": self.kind, "outcomes": self.counts()}
        return {**result, "said": dict(self.numbers)} if self.numbers else result

    def counts(self) -> dict[str, int]:
        """Rows by the name of the outcome."""
        return {outcome.value: number for outcome, number in self.outcomes.items()}


class ProblemRow(TypedDict):
    """A row of the ledger's table of problems, with the columns of ProblemLine."""

    migration_id: str
    run: str
    part: int
    code: str
    level: str
    kind: str | None
    file: str | None
    line: int | None
    source_id: str | None
    column: str | None
    count: int


def problem_rows(migration_id: str, run: str, part: int, problems: Iterable[Problem]) -> list[ProblemRow]:
    """Problems as rows of the ledger's table, without cell values. Codes outside the catalogue are left out."""
    return [
        {
            "migration_id": migration_id,
            "run": run,
            "part": part,
            "code": problem.code,
            "level": problem.severity.value,
            "kind": problem.kind,
            "file": problem.file,
            "line": problem.line,
            "source_id": problem.source_id,
            "column": problem.column,
            "count": problem.count,
        }
        for problem in problems
        if problem.code in catalogue()
    ]
