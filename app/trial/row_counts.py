"""What became of the rows of one part, and the problems to be told of them: each row once per code."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from app.mapping.parse import BY_COLUMN, ONCE_PER_FILE, STOPPING
from app.mapping.rows import Outcome
from app.problems import Problem, catalogue


@dataclass
class Tally:
    """Counts rows by kind and outcome, and keeps their problems."""

    kind: str
    path: str | None
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)  # numbers that rows carry, added up
    problems: dict[tuple[int | None, str, str | None], Problem] = field(default_factory=dict)

    def row(self, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1

    def tell(self, line: int, source_id: str | None, problems: Iterable[Problem]) -> None:
        """Notes problems of a row. The same code twice on one row is told once, as what keeps the row where one does.

        What reading has told of the whole file is not told again. What concerns a whole column is told once for the
        part, with the rows counted: there may be one in every cell.
        """
        for problem in problems:
            if problem.code in ONCE_PER_FILE:
                continue
            whole_column = problem.code in BY_COLUMN
            place = (None, problem.code, problem.column) if whole_column else (line, problem.code, None)
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

    def told(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        told = {"kind": self.kind, "outcomes": self.counts()}
        return {**told, "said": dict(self.said)} if self.said else told

    def counts(self) -> dict[str, int]:
        return {outcome.value: number for outcome, number in self.outcomes.items()}


def problem_rows(migration_id: str, run: str, part: int, problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as rows of the ledger. Never a cell's value."""
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
