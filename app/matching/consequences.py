"""Counts the rows of each kind that a plan leaves out, before any trial.

Pages ask again after each choice, so the last index is cached in this process's scratch folder, and results are cached
by the plan's fingerprint.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from app.index.store import Index, remove
from app.index.stored_index import materialise
from app.mapping.plan import Plan
from app.migration.models import Migration
from app.worker.runtime import Runtime


@dataclass
class _CachedIndex:
    """The index that is cached on disk, and its results by the plan's fingerprint."""

    name: str = ""
    path: Path | None = None
    results: dict[str, dict[str, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_cached = _CachedIndex()


def leaves_nothing_out(plan: Plan) -> bool:
    chosen = (plan.locations, plan.users, plan.practitioners, plan.services, plan.clients)
    left = any(choice.to == "leave_out" for choices in chosen for choice in choices.values())
    return not (left or plan.leave_out_kinds or plan.leave_out_before)


def left_out_counts(runtime: Runtime, migration: Migration, plan: Plan) -> dict[str, int]:
    """Rows left out by kind: those that the clinic leaves out, and those that depend on them."""
    if leaves_nothing_out(plan):
        return {}
    name = f"{runtime.scratch.folder}:{migration.id}:{migration.export_number}"
    with _cached.lock:
        if _cached.name != name or _cached.path is None or not _cached.path.exists():  # scratch files may be cleared
            _materialise(runtime, migration, name)
        fingerprint = plan.fingerprint()
        if fingerprint not in _cached.results and _cached.path is not None:
            with Index.open(_cached.path) as index:
                view = index.view(plan)
                _cached.results[fingerprint] = dict(view.counts())
                view.drop()
        return _cached.results[fingerprint]


def _materialise(runtime: Runtime, migration: Migration, name: str) -> None:
    if _cached.path is not None:
        remove(_cached.path)
    path = runtime.scratch.folder / f"asked-{migration.id}-{migration.export_number}.index"
    materialise(runtime, migration, path).close()
    _cached.name, _cached.path, _cached.results = name, path, {}
