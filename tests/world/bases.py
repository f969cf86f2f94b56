"""Copies of the small export's move at the moments at which it may be changed; each change gets a copy."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select

from app.migration.models import Work
from app.migration.states import State
from app.trial.trial_context import trial_contexts
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.clinic import settings_in
from tests.harness.waiting import patience
from tests.world.export import planted
from tests.world.left import contents
from tests.world.manifest import Manifest
from tests.world.move import arrive, decide, hand_over, state

UNPROVEN = "unproven"  # every part of the trial is loaded, and nothing is reconciled yet


@dataclass
class Bases:
    """`trial` and `live`: the contents of the stores of an unchanged move."""

    home: Path
    migration_id: str
    manifest: Manifest
    trial: dict[str, dict[str, str]]
    live: dict[str, dict[str, str]]

    @contextmanager
    def copy(self, name: str, to: Path) -> Iterator[Runtime]:
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.home / name, to)
        runtime = open_runtime(settings_in(to))
        try:
            yield runtime
        finally:
            trial_contexts.clear()
            runtime.close()


def loaded(runtime: Runtime, migration_id: str) -> bool:
    """Whether nothing is left to do but to prove the trial."""
    with runtime.ledger.read() as session:
        made = select(Work.state).where(Work.migration_id == migration_id, Work.phase == "made")
        return session.exec(made).first() == "done"


def made_in(home: Path) -> Bases:
    """Moves once, honestly."""
    export, manifest = planted()
    folder = home / "making"
    bases = Bases(home, "", manifest, {}, {})

    def keep(name: str) -> None:
        trial_contexts.clear()
        runtime.close()
        shutil.copytree(folder, home / name)

    runtime = open_runtime(settings_in(folder))
    bases.migration_id = arrive(runtime)
    hand_over(runtime, bases.migration_id, export)
    keep(State.FETCHING)
    at = bases.migration_id
    drain(runtime, at, patience(60), WorkerTurn("worker"))
    decide(runtime, at)
    keep(State.TRIALLING)
    drain(runtime, at, patience(60), WorkerTurn("worker", lambda: loaded(runtime, at)))
    keep(UNPROVEN)
    drain(runtime, at, patience(60), WorkerTurn("worker"))
    bases.trial = contents(runtime, runtime.caspen.trial(at, 1))
    keep(State.REVIEWING)
    decide(runtime, at)
    drain(runtime, at, patience(60), WorkerTurn("worker"))
    bases.live = contents(runtime)
    keep(State.FINALISED)
    assert state(runtime, at) is State.FINALISED
    trial_contexts.clear()
    runtime.close()
    return bases
