"""The clinic's own numbers, held against its export and what came of it, and what explains each difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, func, or_, select

from app.mapping.kind import Countable, Source
from app.migration.balance import KindLine, balance_of
from app.migration.models import Migration, ProblemLine, Trial
from app.migration.problem_lines import that_count
from app.problems import Level

COPIES = ("duplicate_row", "id_conflict_newest_used")
"""A further row of a thing that is counted already: no clinic counts it twice."""
COPIED = "copies"


@dataclass(frozen=True, slots=True)
class Reason:
    """Rows that explain a difference. `code` is a problem, an outcome, or a name of a trial's totals."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The clinic's own number of one kind, the rows of the export, and the rows that came.

    `stayed`: every row between the export and what came, by reason; the counts add up to `in_export - came`.
    `besides`: rows that came and that the question lets the clinic leave out of its number.
    `places`: appointments of classes beyond the rows, because the source may count each client of a class.
    """

    kind: str
    label: str
    own: int
    in_export: int
    came: int
    stayed: tuple[Reason, ...]
    besides: tuple[Reason, ...]
    places: int = 0

    @property
    def different(self) -> int:
        """Rows of the export without further rows of the same thing."""
        return self.in_export - sum(reason.count for reason in self.stayed if reason.code == COPIED)

    @property
    def compared(self) -> int:
        """The number that the clinic's is compared with: what the export holds, or what came where that is more."""
        if self.own in (self.in_export, self.came):
            return self.own
        return self.came if self.own < self.came else self.different

    @property
    def missing(self) -> int:
        """How many of those that the clinic counted the export lacks."""
        return max(self.own - self.compared - self.places, 0)

    @property
    def nearest(self) -> int:
        """The most that the clinic could have counted where the export is whole: the doubt says how far apart they are.

        More in the export than the clinic counted is no sign that anything is missing.
        """
        return self.own - self.missing

    @property
    def apart(self) -> tuple[Reason, ...]:
        """Why the clinic's number is not `compared`. The counts add up to the difference."""
        gap = self.own - self.compared
        if gap > 0:
            parts = [("places", gap - self.missing), ("not_in_export", self.missing)]
        elif self.own < self.came:
            parts, left = [], -gap
            for reason in self.besides:
                parts.append((reason.code, min(reason.count, left)))
                left -= parts[-1][1]
            parts.append(("not_explained", left))
        else:
            parts = [("stayed", -gap)]
        return tuple(Reason(code, count) for code, count in parts if count)


def counted(session: Session, migration: Migration, source: Source, trial: Trial) -> list[Counted]:
    """Every kind that the clinic counted, in the order of the source's own list."""
    own = migration.own_counts or {}
    lines = {line.kind: line for line in balance_of(trial, source).lines}
    totals = trial.held_against or {}
    return [
        count_of(question, source.kind(kind).label, own[kind], lines.get(kind), totals, codes)
        for question in source.counts
        for kind in [question.kind]
        if kind in own
        for codes in [stay_codes(session, migration, kind)]
    ]


def count_of(
    question: Countable,
    label: str,
    own: int,
    line: KindLine | None,
    totals: Mapping[str, int],
    codes: Mapping[str, int],
) -> Counted:
    """One kind's comparison. `totals` are the trial's, `codes` the problems of rows that do not move by rule."""
    if line is None:
        return Counted(question.kind, label, own, 0, 0, (), ())
    besides = tuple(Reason(name, n) for name in question.may_lack if (n := totals.get(name, 0)))
    places = max(totals.get(question.places, 0) - line.came, 0) if question.places else 0
    return Counted(question.kind, label, own, line.read, line.came, reasons_of(line, codes), besides, places)


def reasons_of(line: KindLine, codes: Mapping[str, int]) -> tuple[Reason, ...]:
    """Every row that did not come, once, by reason. A row with two problems counts under the first of them."""
    copies = sum(codes.get(code, 0) for code in COPIES)
    wanted = [*((code, n) for code, n in codes.items() if code not in COPIES), (COPIED, copies)]
    left = line.skipped
    skipped: list[tuple[str, int]] = []
    for code, n in sorted(wanted, key=lambda pair: pair[0] != COPIED):  # copies first: the rest is of different things
        skipped.append((code, min(n, left)))
        left -= skipped[-1][1]
    outcomes = [("left_out", line.left_out), ("held", line.held), ("refused", line.refused)]
    rest = [("skipped", left), *outcomes, ("unaccounted", line.unaccounted)]
    return tuple(Reason(code, n) for code, n in [*skipped, *rest] if n)


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
