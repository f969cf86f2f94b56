"""Counts the rows of each kind that a plan leaves out, before any trial.

Pages ask again after each choice, so results are cached by the plan's fingerprint.
"""

from app.index.store import Index
from app.mapping.plan import Plan
from app.matching.cached_index import CACHED
from app.migration.models import Migration
from app.worker.runtime import Runtime


def leaves_nothing_out(plan: Plan) -> bool:
    chosen = (plan.locations, plan.users, plan.practitioners, plan.services, plan.clients)
    left = any(choice.to == "leave_out" for choices in chosen for choice in choices.values())
    return not (left or plan.leave_out_kinds or plan.leave_out_before)


def left_out_counts(runtime: Runtime, migration: Migration, plan: Plan) -> dict[str, int]:
    """Rows left out by kind: those that the clinic leaves out, and those that depend on them."""
    if leaves_nothing_out(plan):
        return {}
    with CACHED.lock:
        path, fingerprint = CACHED.fill(runtime, migration), plan.fingerprint()
        if fingerprint not in CACHED.results:
            with Index.open(path) as index:
                view = index.view(plan)
                CACHED.results[fingerprint] = dict(view.counts())
                view.drop()
        return CACHED.results[fingerprint]
