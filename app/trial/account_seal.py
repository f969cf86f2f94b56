"""Checksums of a trial's account and problems and of a move's report, in the result of the work that made them.

The account is in the trial, for the pages, and its checksum in the work that proved it: a change of either is detected.
The checksum covers problems, because a held row needs its reason.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from app.migration.ledger_json import MoveReport, SealName
from app.migration.models import ProblemLine, Trial, Work
from app.problems import Problem
from app.worker.leases import DONE

FEW_PROBLEMS = 20_000  # problem lines of a trial up to which each page counts them
CHANGES_LATER = ("undone", "replaced")  # an undo of this move or of another one writes these

Counts = dict[tuple[str, str, str], int]
"""The number of problems by code, level and kind (an empty text without a kind)."""


def counted(problems: Iterable[Problem], so_far: Counts) -> Counts:
    """`so_far` with the counts of more problems added. Returns a new dictionary."""
    counts = dict(so_far)
    for problem in problems:
        key = (problem.code, problem.severity.value, problem.kind or "")
        counts[key] = counts.get(key, 0) + problem.count
    return counts


def counted_in(session: Session, migration_id: str, run: str) -> Counts:
    """The counts of a run's problems in the ledger."""
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
    """The checksums of a trial's account and of its problems, with a colon between.

    The account is the balance of each kind, `balanced`, the digest, the plan, and the files without an answer.
    """
    return f"{seal_of_account(trial, kinds, balanced, digest)}:{seal_of_counts(counts)}"


def seal_of_counts(counts: Counts) -> str:
    """The checksum of problem counts."""
    return checksum(sorted((*key, n) for key, n in counts.items()))


def seal_of_account(trial: Trial, kinds: Sequence[Any], balanced: bool, digest: str) -> str:
    """The first half of `seal_of_trial`, for which problems need not be counted."""
    made_with = [trial.plan, trial.plan_fingerprint, trial.unanswered, trial.store, trial.workspace_version]
    return checksum([list(kinds), balanced, digest, made_with])


def has_few_problems(session: Session, migration_id: str, run: str) -> bool:
    """Whether a run has at most FEW_PROBLEMS problem lines, few enough for a page to count."""
    some = select(ProblemLine.id).where(ProblemLine.migration_id == migration_id, ProblemLine.run == run)
    return session.exec(select(func.count()).select_from(some.limit(FEW_PROBLEMS + 1).subquery())).one() <= FEW_PROBLEMS


def seal_of_report(report: MoveReport) -> str:
    """The checksum of a move's report, without the keys that an undo writes later."""
    return checksum({name: part for name, part in report.items() if name not in CHANGES_LATER})


def seal_of_numbers(numbers: Mapping[str, int]) -> str:
    """The checksum of the numbers of the comparison with source totals."""
    return checksum(dict(numbers))


def sealed(session: Session, migration_id: str, phase: str, run: str, name: SealName) -> str | None:
    """The checksum `name` in the result of a settled phase; None without such a phase or checksum."""
    query = select(Work.result).where(
        Work.migration_id == migration_id, Work.run == run, Work.phase == phase, Work.state == DONE
    )
    result = session.exec(query).first()
    return result.get(name) if isinstance(result, dict) else None


def checksum(value: Any) -> str:
    """The SHA-256, in hexadecimal, of a value as JSON with sorted keys. Raises TypeError for other values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
