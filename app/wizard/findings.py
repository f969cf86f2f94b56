"""The list of problems as a person reads it: by what became of rows, and each problem once for all kinds of rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sqlmodel import Session, col, func, select

from app.mapping.kind import Source
from app.migration.models import Migration, ProblemLine
from app.migration.problem_lines import that_count
from app.problems import Entry, Level, Problem, Who, catalogue

ORDER = {level: number for number, level in enumerate(Level)}
WORDS = {
    Level.STOPS: "Stopped",
    Level.REFUSED: "File not readable",
    Level.HELD: "Held back",
    Level.SKIPPED: "Does not move",
    Level.WARNING: "Came across, look at it",
    Level.INFO: "Good to know",
}

TINY = {
    Level.STOPS: "nothing goes on before this",
    Level.REFUSED: "everything else goes on without it",
    Level.HELD: "something is open: correct it and hand over the export again",
    Level.SKIPPED: "by rule, there is nothing to decide",
    Level.WARNING: "worth a look",
    Level.INFO: "nothing to do now",
}
TINY_WITH_ACTS = {
    Level.SKIPPED: "by rule: what you may still do stands with each",
    Level.INFO: "nothing waits for you: what you may still do stands with each",
}
"""In place of those words, where somebody may do something about one of the problems."""
CAN_ACT = {Who.CLINIC: "You or a colleague", Who.SUPPORT: "Caspen's support", Who.NOBODY: "Nobody needs to"}


@dataclass(frozen=True, slots=True)
class ProblemSum:
    """One problem of one kind, and how many rows have it."""

    entry: Entry
    level: Level
    kind: str | None
    label: str
    count: int

    @property
    def is_of_files(self) -> bool:
        """Whether `count` counts files: of a file of no kind, or of one that could not be read, no row is known."""
        return self.kind is None or self.level is Level.REFUSED


def sums(session: Session, migration: Migration, origin: Source) -> list[ProblemSum]:
    """Every problem, the ones that keep rows back first, then by number of rows."""
    labels = {kind.name: kind.label for kind in origin.kinds}
    found = session.exec(
        select(ProblemLine.code, ProblemLine.level, ProblemLine.kind, func.sum(ProblemLine.count))
        .where(*that_count(migration))
        .group_by(col(ProblemLine.code), col(ProblemLine.level), col(ProblemLine.kind))
    ).all()
    words = catalogue()
    told = [
        ProblemSum(words[code], Level(level), kind, labels.get(kind or "", "Files"), count)
        for code, level, kind, count in found
    ]
    return sorted(told, key=lambda one: (ORDER[one.level], -one.count, one.entry.code))


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, with the kinds that have it and how many rows of each."""

    code: str
    level: Level
    title: str
    todo: str
    who: str
    kinds: tuple[ProblemSum, ...]

    @property
    def count(self) -> int:
        return sum(one.count for one in self.kinds)

    @property
    def is_of_files(self) -> bool:
        """Whether `count` counts files and not rows."""
        return all(part.is_of_files for part in self.kinds)


@dataclass(frozen=True, slots=True)
class Band:
    """What became of the rows, and every problem of which that is so."""

    level: Level
    words: str
    tiny: str
    findings: tuple[Finding, ...]


TINY_OVER = {
    Level.STOPS: "nothing went on before this",
    Level.REFUSED: "everything else went on without it",
    Level.HELD: "something was open when the move ended",
    Level.SKIPPED: "by rule, there was nothing to decide",
    Level.WARNING: "worth a look",
    Level.INFO: "nothing to do",
}


def bands(sums: Iterable[ProblemSum], source: str, *, is_over: bool = False) -> list[Band]:
    """The problems under what became of their rows; in each band the one with most rows first. `sums` is in order."""
    told, words = [], catalogue()
    tiny = TINY_OVER if is_over else TINY
    for level, found in groupby(sums, key=lambda one: one.level):
        by_code: dict[str, list[ProblemSum]] = {}
        for one in found:
            by_code.setdefault(one.entry.code, []).append(one)
        findings = sorted((finding(same, source) for same in by_code.values()), key=lambda f: (-f.count, f.code))
        has_acts = not is_over and any(words[one.code].has_act for one in findings)
        small = TINY_WITH_ACTS.get(level, tiny[level]) if has_acts else tiny[level]
        told.append(Band(level, WORDS[level], small, tuple(findings)))
    return told


def finding(same: list[ProblemSum], source: str) -> Finding:
    entry = same[0].entry
    problem = Problem(entry.code, details={"source": source})
    return Finding(entry.code, same[0].level, problem.title, problem.todo, CAN_ACT[entry.who], tuple(same))
