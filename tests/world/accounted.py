"""E2: every row that the generator wrote has the outcome that the generator meant, and the sum is the rows read."""

from typing import Any

from app.migration.models import Trial
from app.migration.trials import current_trial
from tests.world.left import Left

OUTCOMES = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")


def check(left: Left) -> list[str]:
    wrong = []
    for migration in left.migrations:
        with left.runtime.ledger.read() as session:
            trial = current_trial(session, migration)
        wrong += _of(trial, left) if trial else ["there is no trial"]
    return wrong


def _of(trial: Trial, left: Left) -> list[str]:
    wrong = [] if trial.balanced else ["the trial is not balanced"]
    by_kind: dict[str, dict[str, Any]] = {kind["kind"]: {**kind} for kind in trial.kinds}
    for name in sorted(by_kind.keys() | left.manifest.outcomes.keys()):
        wanted, found = left.manifest.outcomes.get(name, {}), by_kind.get(name, {})
        if found.get("read", 0) != sum(found.get(outcome, 0) for outcome in OUTCOMES):
            wrong.append(f"{name}: {found.get('read', 0)} read do not add up")
        for outcome in OUTCOMES:
            if found.get(outcome, 0) != wanted.get(outcome, 0):
                wrong.append(f"{name} {outcome}: {found.get(outcome, 0)}, planted {wanted.get(outcome, 0)}")
    return wrong
