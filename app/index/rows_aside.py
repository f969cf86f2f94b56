"""The rows that a trial keeps back although resolving let them move, with all rows that need them.

A row fails while it is mapped or loaded, or its mapping holds or skips it by a value that only mapping knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from app.mapping.rows import Outcome
from app.mapping.trial_json import RowsAsideJson


class LateRows(NamedTuple):
    """Rows of one part with consecutive numbers, from `first` to `last`, that mapping kept back for the same reason.

    `code` is the problem code, or None without a problem.
    """

    first: int
    last: int
    outcome: Outcome
    code: str | None


@dataclass(frozen=True, slots=True)
class RowsAside:
    """Rows of the index by number: `failed`, at which the work failed, sorted; `late`, which mapping kept back.

    `changed` are the rows that are held because people changed or deleted their records in Caspen. These rows do not
    wait, because their records are live. `changed_ids` are the ids of these records.
    """

    failed: tuple[int, ...] = ()
    late: tuple[LateRows, ...] = ()
    changed: tuple[int, ...] = ()
    changed_ids: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, facts: RowsAsideJson) -> Self:
        """The value of `to_json`. Missing members are empty."""
        changed = tuple(facts.get("changed", ())), tuple(facts.get("changed_ids", ()))
        return cls(tuple(facts.get("rows", ())), late_from_json(facts), *changed)

    def to_json(self) -> RowsAsideJson:
        """The rows as JSON, without the members other than `rows` where there are none."""
        return {
            "rows": list(self.failed),
            **late_to_json(self.late),
            **changed_to_json(self.changed, self.changed_ids),
        }


def late_to_json(late: Iterable[LateRows]) -> RowsAsideJson:
    """The runs as the JSON member `late`; empty without any."""
    runs = [(run.first, run.last, run.outcome.value, run.code) for run in late]
    return {"late": runs} if runs else {}


def changed_to_json(rows: Iterable[int], ids: Iterable[str]) -> RowsAsideJson:
    """The JSON members `changed` and `changed_ids`; empty without rows."""
    listed = list(rows)
    return {"changed": listed, "changed_ids": list(ids)} if listed else {}


def late_from_json(facts: RowsAsideJson) -> tuple[LateRows, ...]:
    """The runs of `late_to_json`. Empty without the member."""
    return tuple(LateRows(first, last, Outcome(outcome), code) for first, last, outcome, code in facts.get("late", ()))


def late_runs(rows: Iterable[tuple[int, tuple[Outcome, str | None]]]) -> tuple[LateRows, ...]:
    """Pairs of row number and reason, sorted by number, as runs."""
    runs: list[LateRows] = []
    for row, reason in rows:
        last = runs[-1] if runs else None
        if last is not None and last.last + 1 == row and (last.outcome, last.code) == reason:
            runs[-1] = last._replace(last=row)
        else:
            runs.append(LateRows(row, row, *reason))
    return tuple(runs)
