"""The clinic's own numbers, held against its export and what came of it, and what explains each difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, func, or_, select

from app.mapping.kind import Source
from app.migration.balance import KindLine, balance_of
from app.migration.models import Migration, ProblemLine, Trial
from app.migration.problem_lines import that_count
from app.problems import Level

COPIES = ("duplicate_row", "id_conflict_newest_used")
"""A further row of a thing that is counted already: no clinic counts it twice."""
NOT_COUNTED = {
    "patients": ("clients_archived",),
    "appointments": ("appointments_cancelled", "busy_times"),
    "treatment_notes": ("notes_draft",),
}
"""What came and may not be in the number that the source shows, by kind."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Rows that explain a difference. `code` is a problem, an outcome, or a name of NOT_COUNTED."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """One kind. `fewest` and `most` are between what numbers the clinic's own count is explained; None: not counted.

    `stayed` are rows that did not come, `besides` those that came and may not have been counted.
    """

    kind: str
    label: str
    own: int
    in_export: int
    came: int
    stayed: tuple[Reason, ...]
    besides: tuple[Reason, ...]
    fewest: int
    most: int

    @property
    def explained(self) -> bool:
        return self.fewest <= self.own <= self.most

    @property
    def nearest(self) -> int:
        """The number nearest to the clinic's that can be explained."""
        return min(max(self.own, self.fewest), self.most)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What may explain the difference: it is on one side only."""
        if self.own == self.came:
            return ()
        return self.stayed if self.own > self.came else self.besides


def counted(session: Session, migration: Migration, source: Source, trial: Trial) -> list[Counted]:
    """Every kind that the clinic counted, in the order of the source's own list."""
    own = migration.own_counts or {}
    lines = {line.kind: line for line in balance_of(trial, source).lines}
    told = trial.held_against or {}
    return [
        one_of(one.kind, source.kind(one.kind).label, own[one.kind], lines.get(one.kind), told, stays)
        for one in source.counts
        if one.kind in own
        for stays in [stay_codes(session, migration, one.kind)]
    ]


def one_of(
    kind: str, label: str, own: int, line: KindLine | None, told: Mapping[str, int], stays: Mapping[str, int]
) -> Counted:
    if line is None:
        return Counted(kind, label, own, 0, 0, (), (), 0, 0)
    copies = min(sum(stays.get(code, 0) for code in COPIES), line.skipped)
    by_rule = [Reason(code, n) for code, n in stays.items() if code not in COPIES]
    rest = line.skipped - copies - sum(reason.count for reason in by_rule)
    others = [("skipped", max(rest, 0)), ("left_out", line.left_out), ("held", line.held), ("refused", line.refused)]
    stayed = (*by_rule, *(Reason(code, n) for code, n in others if n))
    besides = tuple(Reason(name, n) for name in NOT_COUNTED.get(kind, ()) if (n := told.get(name, 0)))
    apart = max(told.get("appointments", 0) - line.came, 0) if kind == "appointments" else 0
    most = line.read - copies + apart
    fewest = max(line.came - sum(reason.count for reason in besides), 0)
    return Counted(kind, label, own, line.read, line.came, stayed, besides, fewest, most)


def stay_codes(session: Session, migration: Migration, kind: str) -> dict[str, int]:
    """Rows of a kind that do not move by rule, by problem, most first."""
    total = func.sum(ProblemLine.count)
    of_level = col(ProblemLine.level) == Level.SKIPPED.value
    found = session.exec(
        select(ProblemLine.code, total)
        .where(*that_count(migration), ProblemLine.kind == kind, or_(of_level, col(ProblemLine.code).in_(COPIES)))
        .group_by(col(ProblemLine.code))
        .order_by(total.desc(), col(ProblemLine.code))
    ).all()
    return {code: int(count) for code, count in found}
