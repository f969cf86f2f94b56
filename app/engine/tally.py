"""What became of the rows of one part, and the problems to be told of them: each row once per code."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.mapping.rows import Outcome
from app.problems import Problem, catalogue


@dataclass
class Tally:
    """Counts rows by kind and outcome, and keeps their problems."""

    kind: str
    path: str | None
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    problems: dict[tuple[int | None, str], Problem] = field(default_factory=dict)

    def row(self, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1

    def tell(self, line: int, source_id: str | None, problems: Iterable[Problem]) -> None:
        """Notes problems of a row. The same code twice on one row is told once."""
        for problem in problems:
            self.problems.setdefault(
                (line, problem.code),
                problem.at(
                    kind=problem.kind or self.kind,
                    file=problem.file or self.path,
                    line=line,
                    source_id=problem.source_id or source_id,
                ),
            )

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
