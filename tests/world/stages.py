"""The small export's way from the pasted link until it is live and everybody is informed, stage by stage.

Each stage can be repeated from a copy of the folder as it was when the stage began.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import select

from app.fetch.hand_over import hand_over_link
from app.links.normalise import normalise
from app.migration.models import Migration
from app.migration.states import State
from app.settings import Settings
from app.side_effects import Listener, listen
from app.trial.trial_context import trial_contexts
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.clinic import settings_in
from tests.harness.waiting import patience
from tests.world import Left, check_world
from tests.world.host import LINK
from tests.world.left import Contents, contents, delivered
from tests.world.manifest import Manifest
from tests.world.move import MEGAN, arrive, decide, finish, move, state, time_passes, unsent
from tests.world.waiting_queue import patient, silence
from workers.periodic_tasks import send_mail, sweep_contents, sweep_up

OWNER = "worker"


def quiet(name: str, done: bool) -> None:
    """A listener that does nothing: databases that are opened meanwhile report their statements."""


class Named:
    """Records the effects in order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str, done: bool) -> None:
        if not done:
            self.names.append(name)


@dataclass
class Ground:
    """Shared by all copies of the move: its export's manifest, and the result of an undisturbed run."""

    home: Path
    manifest: Manifest
    more: dict[str, str] = field(default_factory=dict)  # settings, such as the addresses of Redis and the mailbox
    reference: Contents = field(default_factory=dict)

    def at(self, stage: str) -> Path:
        """The folder as it was when a stage began."""
        return self.home / "begun" / stage

    def settings(self, folder: Path, **more: str) -> Settings:
        return settings_in(folder, **(self.more | more))


@contextmanager
def opened(settings: Settings, listener: Listener | None = None) -> Iterator[Runtime]:
    """An engine of this process, whose effects are reported from its opening to its closing."""
    listen(listener)
    runtime = patient(open_runtime(settings))
    try:
        yield runtime
        rest(runtime)
    finally:
        listen(None)


def only(runtime: Runtime) -> str:
    """The one migration."""
    with runtime.ledger.read() as session:
        return session.exec(select(Migration.id)).one()


def work_until(runtime: Runtime, *states: State) -> None:
    """A worker that lays its work down once the move is there."""
    migration_id = only(runtime)
    drain(runtime, migration_id, patience(60), WorkerTurn(OWNER, lambda: state(runtime, migration_id) in states))


def fetch(runtime: Runtime) -> None:
    work_until(runtime, State.READING)


def read(runtime: Runtime) -> None:
    work_until(runtime, State.MATCHING)


def trial(runtime: Runtime) -> None:
    decide(runtime, only(runtime))
    work_until(runtime, State.REVIEWING)


def go_live(runtime: Runtime) -> None:
    decide(runtime, only(runtime))
    work_until(runtime, State.FINALISED)


def tell(runtime: Runtime) -> None:
    """Runs the periodic tasks: sends mails and sweeps orphaned objects."""
    for task in (send_mail, sweep_up, sweep_contents):
        task(runtime)


STAGES: dict[str, Callable[[Runtime], None]] = {
    "fetch": fetch,
    "read": read,
    "trial": trial,
    "go_live": go_live,
    "tell": tell,
}


def prepare(ground: Ground) -> dict[str, list[str]]:
    """Moves once without trouble, keeping the folder at the beginning of each stage; gives each stage's effects."""
    effect_names: dict[str, list[str]] = {}
    folder = ground.home / "first"
    with opened(ground.settings(folder)) as runtime:
        hand_over_link(runtime, move(runtime, arrive(runtime)), normalise(LINK), hint="a link", by=MEGAN)
    for name, work in STAGES.items():
        shutil.copytree(folder, ground.at(name))
        silence(ground.more["redis_url"])
        counted = Named()
        with opened(ground.settings(folder), quiet) as runtime:
            listen(counted)
            work(runtime)
            listen(quiet)
        effect_names[name] = counted.names
    with opened(ground.settings(folder)) as runtime:
        ground.reference = contents(runtime)
    return effect_names


def go_on(ground: Ground, runtime: Runtime, mailbox: Path, log: Path) -> list[str]:
    """Hours later another process finishes the move, sends the mails and sweeps. Returns the faults."""
    time_passes(runtime)
    migration_id = only(runtime)
    wrong = []
    if (at := finish(runtime, migration_id, WorkerTurn("another"))) is not State.FINALISED:
        wrong.append(f"the move stands still: {at}")
    for _ in range(4):
        time_passes(runtime)
        tell(runtime)
        if not unsent(runtime):
            break
    trial_contexts.clear()
    runtime.scratch.clear()
    left = Left(runtime, ground.manifest, ground.reference, delivered(mailbox), (log,))
    return [*wrong, *check_world(left)]


def rest(runtime: Runtime) -> Runtime:
    """Closes everything that must not be inherited by another process. It is reopened at its next use."""
    trial_contexts.clear()
    runtime.close()
    return runtime
