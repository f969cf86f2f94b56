"""A missing or changed trial cannot be approved. Its page offers to start the trial again."""

import structlog
from fastapi import Request, Response

from app.caspen.trial_health import TrialFault
from app.migration.audited import load_audited
from app.migration.ledger_validation import LedgerChanged
from app.migration.models import Trial
from app.migration.states import LIVE
from app.migration.trials import current_trial
from app.problems import Problem
from app.reading.seal import require_true_reading
from app.trial.account import APPROVABLE
from app.trial.relied_workspace_records import changes_of, outdated
from app.trial.trial_damage import ledger_fault, trial_fault
from app.web.page_context import Visit, page, visit_of

UNTRUE = (TrialFault.HISTORY, TrialFault.ACCOUNT, TrialFault.PARTS)
"""Faults after which no number of the trial can be shown."""
log = structlog.get_logger()


def find_damage(visit: Visit, *, thorough: bool = False) -> TrialFault | None:
    """The fault of the newest finished trial, or None. `thorough` also reads its records.

    None without a finished trial. For a dropped trial only the account is checked. A fault is logged. Raises
    LedgerChanged if no new trial can be started, and if the export differs from its reading: a new trial would have
    the same fault.
    """
    try:
        with visit.read() as session:
            tried = session.get(Trial, (visit.move.id, visit.move.trial_number))
            if visit.move.state in APPROVABLE and tried is not None and tried.finished_at is not None:
                require_true_reading(session, visit.move, is_read=True, thorough=thorough)
            trial = current_trial(session, visit.move)
    except LedgerChanged as changed:
        if visit.move.state not in APPROVABLE or changed.table == "export":
            raise  # a new trial cannot be offered
        log.warning("trial_damaged", migration=visit.move.id, fault=TrialFault.ACCOUNT.value, at=str(changed))
        return TrialFault.ACCOUNT
    if trial is None or trial.finished_at is None:
        return None
    if trial.dropped_at is None:
        fault = trial_fault(visit.runtime, visit.move, trial, thorough=thorough)
    else:
        with visit.read() as session:
            fault = ledger_fault(session, visit.move, trial, thorough=thorough)
    if fault is not None:
        log.warning("trial_damaged", migration=visit.move.id, trial=trial.number, fault=fault.value)
    return fault


def render_damaged(request: Request, fault: TrialFault, status: int = 200) -> Response:
    """Renders the page of a damaged trial: no numbers, and the button that starts the trial again.

    The page of a live move links to the report, which counts anew. If the history differs, the page links to support,
    because a new trial would not help.
    """
    visit = visit_of(request)
    if visit.move.state in LIVE or fault is TrialFault.HISTORY:
        with visit.read() as session:
            is_live = visit.move.state in LIVE and "state" not in load_audited(session, visit.move.id).differing
        return page(request, "wizard/unproven.html", status, is_live=is_live)
    changed = outdated_of(visit, fault)
    return page(request, "wizard/trial-damaged.html", status, number=visit.move.trial_number, outdated=changed)


def outdated_of(visit: Visit, fault: TrialFault | None) -> Problem | None:
    """The change that outdated the trial, as a problem. None for another fault."""
    if fault is not TrialFault.OUTDATED:
        return None
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    if trial is None:
        return None
    changed = changes_of(visit.runtime, visit.move, trial, thorough=True)
    with visit.read() as session:
        return outdated(session, trial, changed)
