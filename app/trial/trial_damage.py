"""Finds damage of a trial: the first fault of its account or its store, before approval and before it goes live."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from app.caspen.digests import Digest
from app.caspen.part_fences import Fate, PartLoaded
from app.caspen.readback import Stamp
from app.caspen.trial_health import FEW_RECORDS, Expected, TrialFault, find_fault
from app.migration.advance import Guard
from app.migration.audited import load_audited
from app.migration.models import Migration, Trial, Work
from app.migration.states import LIVE
from app.problems import Problem
from app.reading.seal import require_true_reading
from app.trial.account import APPROVABLE, has_true_account
from app.trial.relied_workspace_records import changes_of
from app.worker.leases import DONE
from app.worker.runtime import Runtime

_CODES = {TrialFault.HISTORY: "history_differs", TrialFault.OUTDATED: "trial_outdated"}
LOADING = ("parts", "made")  # the phases of a trial whose pieces leave a proof in its store


def trial_fault(runtime: Runtime, migration: Migration, trial: Trial, *, thorough: bool) -> TrialFault | None:
    """The first fault of a trial's account in the ledger or of its store, or None.

    `thorough` reads the records of the store as well. A trial that waits for approval is OUTDATED when records that it
    needs are no longer in the workspace.
    """
    with runtime.ledger.read() as session:
        fault = ledger_fault(session, migration, trial, thorough=thorough)
        if fault is not None:
            return fault
        try:
            expected = _expected(session, migration, trial)
        except (KeyError, TypeError, ValueError, AttributeError):
            return TrialFault.ACCOUNT  # the result of a part does not have the shape that is written into it
    store = runtime.caspen.trial(migration.id, trial.number)
    fault = find_fault(runtime.caspen, store, expected, thorough=thorough)
    if fault is not None:
        return fault
    is_few = sum(sum(part.records.values()) for part in expected.parts.values()) <= FEW_RECORDS
    try:
        changed = changes_of(runtime, migration, trial, thorough=thorough or is_few)
    except (KeyError, TypeError, ValueError, AttributeError):
        return TrialFault.ACCOUNT
    return TrialFault.OUTDATED if changed else None


def ledger_fault(session: Session, migration: Migration, trial: Trial, *, thorough: bool = False) -> TrialFault | None:
    """The first fault of a migration's row or of the account of its trial in the ledger, or None.

    `thorough` counts the trial's problems however many there are. A migration that neither can be approved nor went
    live has no fault.
    """
    if migration.state in (*APPROVABLE, *LIVE) and load_audited(session, migration.id).differing:
        return TrialFault.HISTORY
    return None if has_true_account(session, migration, trial, thorough=thorough) else TrialFault.ACCOUNT


def whole_trial(fault: TrialFault | None) -> Guard:
    """A guard that refuses a trial with a fault.

    `fault` is the fault of the store, which the caller has just checked. The guard computes the account again in the
    transaction that approves, and reads no record while the ledger is locked. The guard raises LedgerChanged when the
    ledger's rows of the export differ from the rows that reading wrote.
    """

    def guard(session: Session, migration: Migration) -> Problem | None:
        trial = session.get(Trial, (migration.id, migration.trial_number))
        if trial is None or trial.finished_at is None:
            return None  # the guard `approvable` reports this
        require_true_reading(session, migration, is_read=True, thorough=True)
        current_fault = fault or ledger_fault(session, migration, trial, thorough=True)
        if current_fault is None:
            return None
        return Problem(_CODES.get(current_fault, "trial_damaged"))

    return guard


def _expected(session: Session, migration: Migration, trial: Trial) -> Expected:
    run = f"trial:{trial.number}"
    works = select(Work).where(Work.migration_id == migration.id, Work.run == run, col(Work.phase).in_(LOADING))
    settled, known, outcomes = {}, set(), {}
    for work in session.exec(works):
        known.add(work.number)
        if work.state == DONE:
            settled[work.number] = _loaded(work.result)
            if "kind" in work.result:
                outcomes[work.number] = {fate: int(work.result["outcomes"].get(fate.value, 0)) for fate in Fate}
    stamp = Stamp(migration.id, trial.started_at)
    return Expected(migration.workspace_id, trial.number, stamp, settled, frozenset(known), outcomes)


def _loaded(result: Mapping[str, Any]) -> PartLoaded:
    """The result of loading a piece. Raises KeyError where a proof is missing."""
    digests = {kind: Digest.parse(text) for kind, text in result["digests"].items()}
    former = {table: tuple(ids) for table, ids in result.get("former", {}).items()}
    return PartLoaded(records=result["records"], digests=digests, places=Digest.parse(result["places"]), former=former)
