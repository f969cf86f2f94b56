"""A clinic approves while somebody retries, changes the plan, asks for changes or cancels: only one act succeeds."""

import random
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, select

from app.migration.advance import GuardRefused, WrongState, advance
from app.migration.exports import replace_export
from app.migration.models import AuditEntry, Migration
from app.migration.states import Event, State
from app.migration.trials import approve, current_trial, start_trial
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.figures.faults import MEMORY
from tests.figures.figure import Measure, Reached
from tests.harness.waiting import patience, take_time
from tests.world.bases import Bases, made_in
from tests.world.history_legal import check as history
from tests.world.left import Left, contents
from tests.world.move import MEGAN
from tests.world.nothing_early import check as early

SEED = 14
Act = Callable[[Session, str, str], object]
ACTS: dict[str, Act] = {
    "approve": lambda session, move, digest: approve(session, move, digest, MEGAN, lambda *_: None),
    "again": lambda session, move, digest: start_trial(session, move, MEGAN, lambda *_: None),
    "plan": lambda session, move, digest: advance(session, move, Event.CHANGE_PLAN, MEGAN),
    "request": lambda session, move, digest: advance(session, move, Event.REQUEST_CHANGES, MEGAN),
    "replace": lambda session, move, digest: replace_export(session, move, MEGAN),
    "cancel": lambda session, move, digest: advance(session, move, Event.CANCEL, MEGAN),
}


@dataclass
class Found:
    """How often each act succeeded, and the faults."""

    won: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def race(bases: Bases, names: list[str], folder: Path, dice: random.Random) -> tuple[list[str], list[str]]:
    """Runs these acts at once. Returns the acts that succeeded, and the faults."""
    with bases.copy(State.REVIEWING, folder) as runtime:
        with runtime.ledger.read() as session:
            digest = str(current_trial(session, session.get_one(Migration, bases.migration_id)).digest)  # type: ignore[union-attr]  # it is there
        line, done, wrong = threading.Barrier(len(names)), [], []
        delays = {name: dice.uniform(0, 0.004) for name in names}

        def act(name: str) -> None:
            line.wait()
            take_time(delays[name])
            try:
                with runtime.ledger.write() as session:
                    ACTS[name](session, bases.migration_id, digest)
                done.append(name)
            except (WrongState, GuardRefused):
                return
            except Exception as fault:
                wrong.append(f"{name}: {type(fault).__name__}")

        threads = [threading.Thread(target=act, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return done, [*wrong, *_wrong_with(bases, runtime, digest, done)]


def _wrong_with(bases: Bases, runtime: Runtime, digest: str, done: list[str]) -> list[str]:
    left = Left(runtime, bases.manifest, {})
    wrong = [*history(left), *early(left)]
    with runtime.ledger.read() as session:
        move = session.get_one(Migration, bases.migration_id)
        acts = [entry.act for entry in session.exec(select(AuditEntry).where(AuditEntry.migration_id == move.id))]
    if not done:
        wrong.append("nobody won")
    if (Event.APPROVE.value in acts) != (move.state == State.FINALISING.value):
        wrong.append(f"approved, and then {move.state}")
    if move.state == State.FINALISING.value:
        if done != ["approve"] or move.approved_digest != digest or move.trial_number != 1:
            wrong.append(f"approved together with {done}")
        drain(runtime, move.id, patience(60), WorkerTurn("worker"))
        if contents(runtime) != bases.live:
            wrong.append("something else went live than was approved")
    return wrong


def interleaved(times: int) -> Found:
    found, dice = Found(), random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="caspen-races-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        bases = made_in(Path(folder) / "bases")
        others = [name for name in ACTS if name != "approve"]
        for run in range(times):
            names = ["approve", *dice.sample(others, dice.choice((1, 1, 2)))]
            done, wrong = race(bases, names, Path(folder) / "race", dice)
            found.won.update(done[:1])
            found.wrong += [f"race {run} of {names}: {line}" for line in wrong]
    return found


def take(long: bool) -> Reached:
    times = 1000 if long else 200
    found = interleaved(times)
    won = ", ".join(f"{name} {count}" for name, count in found.won.most_common())
    ok = not found.wrong and found.won.total() == times and found.won["approve"] > 0
    return Reached(
        f"{times} races, {len(found.wrong)} wrong approvals ({won})", ok, seed=SEED, why=tuple(found.wrong[:30])
    )


MEASURES = (
    Measure("approving raced with trying again, changing and cancelling", "200 races, 0 wrong approvals", take),
)
