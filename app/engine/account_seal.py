"""Checksums of what a clinic approves and of what it keeps, written where the work that made them is written down.

The ledger says twice what a trial came to: in the trial, for the pages, and in the work that proved it. A change of
one of the two is found. Problems count as well: a row that was held needs its reason.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from app.engine.work import DONE
from app.migration.models import ProblemLine, Work
from app.problems import Problem

PROVEN, KEPT = "proven", "kept"
"""Where the work of a reconciliation and of a promotion keep the checksum, in their result."""
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


def seal_of_trial(kinds: Sequence[Any], balanced: bool, digest: str, counts: Counts) -> str:
    """The checksum of a trial's account: the lines of its kinds, whether it balances, its digest and its problems."""
    return _checksum([list(kinds), balanced, digest, sorted((*key, count) for key, count in counts.items())])


def seal_of_report(report: Mapping[str, Any]) -> str:
    """The checksum of the report of a move, without what an undo writes into it later."""
    return _checksum({name: part for name, part in report.items() if name not in CHANGES_LATER})


def sealed(session: Session, migration_id: str, phase: str, run: str, name: str) -> str | None:
    """The checksum that the work of a phase kept; None for work that was settled before there were checksums."""
    found = select(Work.result).where(
        Work.migration_id == migration_id, Work.run == run, Work.phase == phase, Work.state == DONE
    )
    result = session.exec(found).first()
    return None if result is None else result.get(name)


def _checksum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
