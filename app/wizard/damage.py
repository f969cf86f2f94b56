"""A trial whose store is missing or damaged cannot be approved; the way out is to start the trial again."""

from app.engine.trial_check import trial_fault
from app.migration.trials import current_trial
from app.web import Visit


def is_damaged(visit: Visit, *, thorough: bool = False) -> bool:
    """Whether the store of the newest finished trial is missing or damaged. `thorough` reads its records as well.

    False where there is no finished trial, and where it was dropped on purpose.
    """
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    if trial is None or trial.finished_at is None or trial.dropped_at is not None:
        return False
    return trial_fault(visit.runtime, visit.move, trial, thorough=thorough) is not None
