"""What a plan's choices mean in rows, before any trial: how many of each kind they leave out.

Pages ask again with each choice, so the last index that was asked about stays laid out in this process's scratch
folder, and answers are kept by the plan's fingerprint.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from app.index.store import Index, remove
from app.mapping.plan import Plan
from app.migration.models import Migration
from app.trial.context import materialise
from app.worker.runtime import Runtime


@dataclass
class _Laid:
    """The one index that is laid out, and what it answered."""

    wanted: str = ""
    path: Path | None = None
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_laid = _Laid()


def leaves_nothing_out(plan: Plan) -> bool:
    chosen = (plan.locations, plan.users, plan.practitioners, plan.services, plan.clients)
    left = any(choice.to == "leave_out" for choices in chosen for choice in choices.values())
    return not (left or plan.leave_out_kinds or plan.leave_out_before)


def left_out_counts(runtime: Runtime, migration: Migration, plan: Plan) -> dict[str, int]:
    """Rows left out by kind: what the clinic leaves out, and what cannot be without it."""
    if leaves_nothing_out(plan):
        return {}
    wanted = f"{runtime.scratch.folder}:{migration.id}:{migration.export_number}"
    with _laid.lock:
        if _laid.wanted != wanted or _laid.path is None or not _laid.path.exists():  # scratch files may be cleared
            _lay_out(runtime, migration, wanted)
        fingerprint = plan.fingerprint()
        if fingerprint not in _laid.answers and _laid.path is not None:
            with Index.open(_laid.path) as index:
                view = index.view(plan)
                _laid.answers[fingerprint] = dict(view.counts())
                view.drop()
        return _laid.answers[fingerprint]


def _lay_out(runtime: Runtime, migration: Migration, wanted: str) -> None:
    if _laid.path is not None:
        remove(_laid.path)
    path = runtime.scratch.folder / f"asked-{migration.id}-{migration.export_number}.index"
    materialise(runtime, migration, path).close()
    _laid.wanted, _laid.path, _laid.answers = wanted, path, {}
