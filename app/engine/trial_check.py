"""Looks whether the trial that a clinic reviews is still whole, before anybody approves it or it goes live."""

from sqlmodel import Session, col, select

from app.caspen.content import Digest
from app.caspen.fences import PartLoaded
from app.caspen.readback import Stamp
from app.caspen.trial_health import Expected, Fault, find_fault
from app.engine.runtime import Runtime
from app.engine.work import DONE
from app.migration.models import Migration, Trial, Work

LOADING = ("parts", "made")  # the phases of a trial whose pieces leave a proof in its store


def trial_fault(runtime: Runtime, migration: Migration, trial: Trial, *, thorough: bool) -> Fault | None:
    """What is wrong with a trial's store, or None. `thorough` reads its records as well."""
    with runtime.ledger.read() as session:
        expected = _expected(session, migration, trial)
    return find_fault(runtime.caspen, runtime.caspen.trial(migration.id, trial.number), expected, thorough=thorough)


def _expected(session: Session, migration: Migration, trial: Trial) -> Expected:
    run = f"trial:{trial.number}"
    works = select(Work).where(Work.migration_id == migration.id, Work.run == run, col(Work.phase).in_(LOADING))
    settled, known = {}, set()
    for work in session.exec(works):
        known.add(work.number)
        if work.state == DONE:
            settled[work.number] = _loaded(work)
    stamp = Stamp(migration.id, trial.started_at)
    return Expected(migration.workspace_id, trial.number, stamp, settled, frozenset(known))


def _loaded(work: Work) -> PartLoaded:
    told = work.result
    digests = {kind: Digest.parse(text) for kind, text in told.get("digests", {}).items()}
    places = Digest.parse(told["places"]) if "places" in told else None
    return PartLoaded(records=told.get("records", {}), digests=digests, places=places)
