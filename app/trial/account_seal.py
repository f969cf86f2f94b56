"""Checksums of what a clinic approves and of what it keeps, written where the work that made them is written down.

The ledger says twice what a trial came to: in the trial, for the pages, and in the work that proved it. A change of
one of the two is found. Problems count as well: a row that was held needs its reason.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from app.migration.models import ProblemLine, Trial, Work
from app.problems import Problem
from app.worker.leases import DONE

PROVEN, KEPT = "proven", "kept"
"""Where the work of a reconciliation and of a promotion keep the checksum, in their result."""
HELD = "held"
"""Where the work that compares keeps the checksum of its numbers."""
FEW_PROBLEMS = 20_000  # lines of a trial whose problems are counted whenever the trial is looked at
CHANGES_LATER = ("undone", "replaced")  # an undo of this move or of another one writes these

Counts = dict[tuple[str, str, str], int]
"""How often each code was told, by its level and kind (empty where there is none)."""


def counted(problems: Iterable[Problem], so_far: Counts) -> Counts:
    """The counts of the ledger with those of problems that are about to be written into it."""
    counts = dict(so_far)
    for problem in problems:
        key = (problem.code, problem.severity.value, problem.kind or "")
        counts[key] = counts.get(key, 0) + problem.count
    return counts


def counted_in(session: Session, migration_id: str, run: str) -> Counts:
    """The counts of all problems of a run that the ledger holds."""
    rows = session.exec(
        select(ProblemLine.code, ProblemLine.level, ProblemLine.kind, func.sum(ProblemLine.count))
        .where(ProblemLine.migration_id == migration_id, ProblemLine.run == run)
        .group_by(col(ProblemLine.code), col(ProblemLine.level), col(ProblemLine.kind))
    )
    counts: Counts = {}
    for code, level, kind, count in rows:
        counts[code, level, kind or ""] = int(count)
    return counts


def seal_of_trial(trial: Trial, kinds: Sequence[Any], balanced: bool, digest: str, counts: Counts) -> str:
    """The checksum of a trial's account, and behind a colon that of its problems.

    The account is the lines of the trial's kinds, whether the trial balances, and its digest. What the trial was made
    with and asks the clinic about is sealed as well: its plan, and the files that nobody has identified.
    """
    return f"{seal_of_account(trial, kinds, balanced, digest)}:{seal_of_counts(counts)}"


def seal_of_counts(counts: Counts) -> str:
    """The checksum of how often each code was told."""
    return checksum(sorted((*key, n) for key, n in counts.items()))


def seal_of_account(trial: Trial, kinds: Sequence[Any], balanced: bool, digest: str) -> str:
    """The first half of `seal_of_trial`, which costs no look at the problems."""
    made_with = [trial.plan, trial.plan_fingerprint, trial.unanswered, trial.store, trial.workspace_version]
    return checksum([list(kinds), balanced, digest, made_with])


def has_few_problems(session: Session, migration_id: str, run: str) -> bool:
    """Whether a run has no more than FEW_PROBLEMS lines, so that a page can count them."""
    some = select(ProblemLine.id).where(ProblemLine.migration_id == migration_id, ProblemLine.run == run)
    return session.exec(select(func.count()).select_from(some.limit(FEW_PROBLEMS + 1).subquery())).one() <= FEW_PROBLEMS


def seal_of_report(report: Mapping[str, Any]) -> str:
    """The checksum of the report of a move, without what an undo writes into it later."""
    return checksum({name: part for name, part in report.items() if name not in CHANGES_LATER})


def seal_of_numbers(numbers: Mapping[str, int]) -> str:
    """The checksum of the numbers that a trial was held against."""
    return checksum(dict(numbers))


def sealed(session: Session, migration_id: str, phase: str, run: str, name: str) -> str | None:
    """The checksum that the work of a phase kept; None where there is none, which proves nothing."""
    found = select(Work.result).where(
        Work.migration_id == migration_id, Work.run == run, Work.phase == phase, Work.state == DONE
    )
    result = session.exec(found).first()
    return result.get(name) if isinstance(result, dict) else None


def checksum(value: Any) -> str:
    """The sha256 of a value as JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
