"""The list of problems on the page: grouped by the result for the rows, then by problem."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.mapping.kind import Source
from app.mapping.rows import Outcome
from app.migration.fates import KEEP_BACK, ExclusionReason, RowFates, keeps_row_back, ranked_lines
from app.migration.models import Migration, ProblemLine
from app.migration.problem_lines import that_count
from app.problems import Entry, Level, Problem, Who, catalogue, parse_level

LEFT_OUT = Outcome.LEFT_OUT.value
BECAME = (Level.STOPS, Level.REFUSED, Level.HELD, LEFT_OUT, Level.SKIPPED, Level.WARNING, Level.INFO)
"""Results for rows, in the order of the list: a problem's level, or left out by the clinic."""
ORDER = {str(became): number for number, became in enumerate(BECAME)}
WORDS: dict[str, str] = {
    Level.STOPS.value: "Stopped",
    Level.REFUSED.value: "Not readable",
    Level.HELD.value: "Held back",
    LEFT_OUT: "Left out by you",
    Level.SKIPPED.value: "Does not move",
    Level.WARNING.value: "Came across, look at it",
    Level.INFO.value: "Good to know",
}
NO_REASON = "No reason of these rows is known"
WHOLE_FILES = "Whole files"

TINY: dict[str, str] = {
    Level.STOPS.value: "nothing goes on before this",
    Level.REFUSED.value: "everything else goes on without it",
    Level.HELD.value: "something is open: correct it and hand over the export again",
    LEFT_OUT: "you can bring them with another trial",
    Level.SKIPPED.value: "by rule, there is nothing to decide",
    Level.WARNING.value: "worth a look",
    Level.INFO.value: "nothing to do now",
}
TINY_WITH_ACTS: dict[str, str] = {
    Level.SKIPPED.value: "by rule: what you may still do stands with each",
    Level.INFO.value: "nothing waits for you: what you may still do stands with each",
}
"""Replaces those texts if a person can act on one of the problems."""
CAN_ACT = {Who.CLINIC: "You or a colleague", Who.SUPPORT: "Caspen's support", Who.NOBODY: "Nobody needs to"}


@dataclass(frozen=True, slots=True)
class ProblemSum:
    """A problem of a kind, and its number of rows.

    `became` is the result for the rows, empty for the level of the problem. `also` are rows that count under another
    reason. `entry` is None for rows without a known reason.
    """

    entry: Entry | None
    level: Level
    kind: str | None
    label: str
    count: int
    also: int = 0
    became: str = ""
    counts_files: bool | None = None

    @property
    def fate(self) -> str:
        return self.became or self.level.value

    @property
    def code(self) -> str:
        return self.entry.code if self.entry else ""

    @property
    def is_of_files(self) -> bool:
        """Whether `count` counts files: the rows of an unreadable file or a file without a kind are unknown."""
        if self.counts_files is not None:
            return self.counts_files
        return self.kind is None or self.level is Level.REFUSED


def require_known_codes(session: Session, migration: Migration) -> None:
    """Raises UnknownCode if a problem of the current export or trial has an unknown code or level."""
    runs = (f"export:{migration.export_number}", f"trial:{migration.trial_number}")
    mine = (ProblemLine.migration_id == migration.id, col(ProblemLine.run).in_(runs))
    for code, level in session.exec(select(ProblemLine.code, ProblemLine.level).where(*mine).distinct()):
        _ = parse_level(level), Problem(code).entry


def sums(
    session: Session,
    migration: Migration,
    origin: Source,
    fates: RowFates | None = None,
    *,
    names_files: bool = True,
) -> list[ProblemSum]:
    """Every problem: those that keep rows back first, then by number of rows.

    With the account of a finished trial, each row that did not come counts under its first reason, and every other
    problem counts only rows that came. Without `names_files` no line has a file's name.
    """
    labels = {kind.name: kind.label for kind in origin.kinds}
    if fates is None:
        problem_rows = session.exec(
            select(ProblemLine.code, ProblemLine.level, ProblemLine.kind, func.sum(ProblemLine.count))
            .where(*that_count(migration))
            .group_by(col(ProblemLine.code), col(ProblemLine.level), col(ProblemLine.kind))
        ).all()
        lines = [
            ProblemSum(Problem(code).entry, parse_level(level), kind, labels.get(kind or "", WHOLE_FILES), count)
            for code, level, kind, count in problem_rows
        ]
    else:
        lines = _merged(
            [*_sums_of_account(fates, names_files), *_sums_of_other_problems(session, migration, labels, fates)]
        )
    return sorted(lines, key=lambda each: (ORDER[each.fate], -each.count, each.code))


def _merged(sums: Iterable[ProblemSum]) -> list[ProblemSum]:
    """A single line for each problem, result and kind."""
    same: dict[tuple[str, str, str | None, str, bool], ProblemSum] = {}
    for each in sums:
        key = (each.code, each.fate, each.kind, each.label, each.is_of_files)
        known = same.get(key)
        count, also = (each.count, each.also) if known is None else (known.count + each.count, known.also + each.also)
        same[key] = replace(known or each, count=count, also=also)
    return list(same.values())


def _sums_of_account(fates: RowFates, names_files: bool) -> Iterator[ProblemSum]:
    """A line for each reason of each kind, and for each unread file that waits for an answer."""
    same: dict[tuple[str, str, Outcome, str], list[ExclusionReason]] = {}
    for reason in fates.reasons:
        label = reason.label if reason.kind or names_files else WHOLE_FILES
        key = (reason.kind, label, reason.outcome, reason.code)
        same.setdefault(key, []).append(reason)
    for (kind, label, outcome, code), reasons in same.items():
        entry = catalogue().get(code)
        level = Level.INFO if outcome is Outcome.LEFT_OUT else Level(outcome.value)
        rows, also = sum(each.rows for each in reasons), sum(each.also for each in reasons)
        yield ProblemSum(entry, level, kind or None, label, rows, also, outcome.value, counts_files=False)


def _sums_of_other_problems(
    session: Session, migration: Migration, labels: Mapping[str, str], fates: RowFates
) -> Iterator[ProblemSum]:
    """Problems that kept no row back, by rows that came. Problems of rows that did not come count with those rows.

    Problems of a whole file that the account already covers are left out.
    """
    run = f"trial:{migration.trial_number}"
    first = ranked_lines(migration.id, migration.trial_number).subquery()
    is_of_it = (first.c.place == 1) & (first.c.file == col(ProblemLine.file)) & (first.c.line == col(ProblemLine.line))
    grouped = (col(ProblemLine.code), col(ProblemLine.level), col(ProblemLine.kind))
    of_rows = (
        sa.select(*grouped, first.c.level, func.sum(ProblemLine.count))
        .select_from(ProblemLine)
        .join(first, is_of_it, isouter=True)
        .where(
            col(ProblemLine.migration_id) == migration.id,
            col(ProblemLine.run) == run,
            col(ProblemLine.line).is_not(None),
            ~keeps_row_back(),
        )
        .group_by(*grouped, first.c.level)
    )
    for code, level, kind, became, count in session.execute(of_rows).all():
        label = labels.get(kind or "", WHOLE_FILES)
        if became is None:
            yield ProblemSum(
                Problem(code).entry, parse_level(level), kind, label, int(count), counts_files=kind is None
            )
        else:
            yield ProblemSum(
                Problem(code).entry, parse_level(level), kind, label, 0, int(count), became, counts_files=False
            )
    of_files = (
        sa.select(*grouped, col(ProblemLine.file), func.sum(ProblemLine.count))
        .where(*that_count(migration), sa.or_(col(ProblemLine.run) != run, col(ProblemLine.line).is_(None)))
        .group_by(*grouped, col(ProblemLine.file))
    )
    counts: Counter[tuple[str, str, str | None]] = Counter()
    for code, level, kind, file, count in session.execute(of_files).all():
        reason = fates.by_path.get(file or "")
        if reason is None or reason.code != code:
            counts[code, level, kind] += int(count)
    for (code, level, kind), count in counts.items():
        is_file = kind is None or parse_level(level) in KEEP_BACK
        label = labels.get(kind or "", WHOLE_FILES)
        yield ProblemSum(Problem(code).entry, parse_level(level), kind, label, count, counts_files=is_file)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its kinds and the rows of each."""

    code: str
    level: Level
    title: str
    todo: str
    who: str
    kinds: tuple[ProblemSum, ...]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.kinds)

    @property
    def also(self) -> int:
        """Rows with this problem that count under another reason."""
        return sum(each.also for each in self.kinds)

    @property
    def is_of_files(self) -> bool:
        """Whether `count` counts files instead of rows."""
        return all(part.is_of_files for part in self.kinds)


@dataclass(frozen=True, slots=True)
class Band:
    """A result for rows, and every problem with that result."""

    level: str
    words: str
    tiny: str
    findings: tuple[Finding, ...]


TINY_OVER: dict[str, str] = {
    Level.STOPS.value: "nothing went on before this",
    Level.REFUSED.value: "everything else went on without it",
    Level.HELD.value: "something was open when the move ended",
    LEFT_OUT: "as you said",
    Level.SKIPPED.value: "by rule, there was nothing to decide",
    Level.WARNING.value: "worth a look",
    Level.INFO.value: "nothing to do",
}


def bands(sums: Iterable[ProblemSum], source: str, *, is_over: bool = False) -> list[Band]:
    """The problems by result, largest first in each band. `sums` must be sorted."""
    groups, words = [], catalogue()
    tiny = TINY_OVER if is_over else TINY
    for fate, same_fate in groupby(sums, key=lambda each: each.fate):
        by_code: dict[str, list[ProblemSum]] = {}
        for each in same_fate:
            by_code.setdefault(each.code, []).append(each)
        findings = sorted((finding(same, source) for same in by_code.values()), key=lambda f: (-f.count, f.code))
        has_acts = not is_over and any(each.code in words and words[each.code].has_act for each in findings)
        small = TINY_WITH_ACTS.get(fate, tiny[fate]) if has_acts else tiny[fate]
        groups.append(Band(fate, WORDS[fate], small, tuple(findings)))
    return groups


def finding(same: list[ProblemSum], source: str) -> Finding:
    entry = same[0].entry
    if entry is None:
        return Finding("", same[0].level, NO_REASON, "", CAN_ACT[Who.SUPPORT], tuple(same))
    problem = Problem(entry.code, details={"source": source})
    return Finding(entry.code, same[0].level, problem.title, problem.todo, CAN_ACT[entry.who], tuple(same))
