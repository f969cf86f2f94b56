"""Moves the small export from its hand-over until it is live, in this process, and checks the world afterwards."""

import io
import os
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import select

from app.access.access_tables import Membership, Person
from app.caspen.gateway import create_workspace
from app.db import now
from app.fetch.hand_over import hand_over_files
from app.migration.advance import By
from app.migration.begin import begin
from app.migration.both_lists import acknowledge_lists
from app.migration.exports import Handed
from app.migration.models import Migration, OutboxMail, Work
from app.migration.plans import plan_of, save_plan
from app.migration.states import Actor, State
from app.migration.trials import approve, current_trial, start_trial
from app.sources import SOURCES
from app.trial.trial_damage import trial_fault, whole_trial
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.waiting import patience
from tests.world.export import NAME

MEGAN = By("megan@harbour.example", Actor.CLINIC)
WORKSPACE = "wsp_harbour"
CLINIC = "Harbour Street Physiotherapy"


def arrive(runtime: Runtime) -> str:
    """A clinic with its admin, and its new migration."""
    create_workspace(runtime.caspen, WORKSPACE, CLINIC)
    with runtime.ledger.write() as session:
        if session.get(Person, "per_megan") is None:
            session.add(Person(id="per_megan", email=MEGAN.name, name="Megan Doyle"))
            session.flush()
            session.add(Membership(person_id="per_megan", workspace_id=WORKSPACE, role="admin"))
        migration = begin(
            session,
            workspace_id=WORKSPACE,
            clinic=CLINIC,
            source=next(iter(SOURCES)),
            wrapped_key=runtime.new_wrapped_key(),
            by=MEGAN,
            timezone="Australia/Sydney",
            country="AU",
        )
        acknowledge_lists(session, migration, MEGAN)
    return migration.id


def hand_over(runtime: Runtime, migration_id: str, export: bytes) -> None:
    hand_over_files(runtime, move(runtime, migration_id), [Handed(NAME, io.BytesIO(export))], by=MEGAN, name=NAME)


def move(runtime: Runtime, migration_id: str) -> Migration:
    with runtime.ledger.read() as session:
        return session.get_one(Migration, migration_id)


def state(runtime: Runtime, migration_id: str) -> State:
    return State(move(runtime, migration_id).state)


def decide(runtime: Runtime, migration_id: str) -> None:
    """The decisions of the clinic while the move waits: the suggested plan, then the approval of a balanced trial."""
    at = state(runtime, migration_id)
    with runtime.ledger.write() as session:
        migration = session.get_one(Migration, migration_id)
        if at is State.MATCHING:
            save_plan(session, migration_id, plan_of(migration), MEGAN, confirmed=True)
            start_trial(session, migration_id, MEGAN, lambda *_: None)
        elif at is State.REVIEWING:
            trial = current_trial(session, migration)
            assert trial is not None
            approve(session, migration_id, trial.digest, MEGAN, lambda *_: None)


def approve_as_the_page_does(runtime: Runtime, migration_id: str) -> None:
    """Approves the current trial, whose store is read first. Raises Refused."""
    migration = move(runtime, migration_id)
    with runtime.ledger.read() as session:
        trial = current_trial(session, migration)
    assert trial is not None
    whole = whole_trial(trial_fault(runtime, migration, trial, thorough=True))
    with runtime.ledger.write() as session:
        approve(session, migration_id, trial.digest, MEGAN, lambda *_: None, is_whole=whole)


def finish(runtime: Runtime, migration_id: str, turn: WorkerTurn | None = None) -> State:
    """Works and decides until the move is over, or stops."""
    turn = turn or WorkerTurn("worker")
    for _ in range(12):
        drain(runtime, migration_id, patience(60), turn)
        at = state(runtime, migration_id)
        if at not in (State.MATCHING, State.REVIEWING):
            return at
        decide(runtime, migration_id)
    return state(runtime, migration_id)


def time_passes(runtime: Runtime, hours: float = 2.0) -> None:
    """Leases and waits end, and stored objects become old, as if hours had passed."""
    before = now() - timedelta(hours=hours)
    with runtime.ledger.write() as session:
        connection = session.connection()
        connection.execute(sa.update(Work).where(sa.column("leased_until").is_not(None)).values(leased_until=before))
        connection.execute(sa.update(Work).where(sa.column("not_before").is_not(None)).values(not_before=before))
        waiting = sa.update(OutboxMail).where(sa.column("not_before").is_not(None))
        connection.execute(waiting.values(not_before=before))
    for root in (runtime.objects.root, runtime.settings.files_folder):
        for path in root.rglob("*"):
            _age(path, hours)


def _age(path: Path, hours: float) -> None:
    if path.is_file():
        times = path.stat()
        os.utime(path, (times.st_atime - hours * 3600, times.st_mtime - hours * 3600))


def unsent(runtime: Runtime) -> int:
    with runtime.ledger.read() as session:
        return len(session.exec(select(OutboxMail).where(sa.column("sent_at").is_(None))).all())
