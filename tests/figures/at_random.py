"""Workers and people's requests are killed, or paused beyond their lease, at random moments; the move ends as usual."""

import os
import random
import signal
import time
from dataclasses import dataclass, field
from functools import partial

from sqlmodel import select

from app.migration.models import Work
from app.migration.states import State
from app.side_effects import Fault, listen
from app.worker.work_loop import WorkerTurn, drain
from tests.figures.faults import Lane, ground
from tests.figures.figure import Measure, Reached
from tests.harness.waiting import patience, take_time
from tests.world.fork import fork
from tests.world.mailbox import mailbox
from tests.world.move import decide, finish, state, time_passes
from tests.world.stages import go_on, only, prepare

SEED = 22
LONGEST_RESUME = 30.0
LONGEST_LIFE = 1.0  # seconds that a worker lives before it is killed, at most


@dataclass
class Found:
    """The results: number of kills, seconds of stalled work, pieces that were done again, and faults."""

    done: int = 0
    runs: int = 0
    resumed: list[float] = field(default_factory=list)
    again: int = 0
    wrong: list[str] = field(default_factory=list)


def killed(kills: int) -> Found:
    """Kills until so many were made; each move is begun at its link, and looked at when it is live."""
    found, dice = Found(), random.Random(SEED)
    with ground() as here, mailbox(here.home / "lane-0.mailbox") as smtp_url:
        prepare(here)
        lane = Lane(here, 0, smtp_url)
        found.wrong += lane.warm()
        while found.done < kills:
            found.runs += 1
            lane.begin("fetch")
            before = found.done
            while found.done < kills and found.done - before < 25 and _alive(lane):
                worker = fork(partial(_work, lane), lane.log)
                take_time(dice.uniform(0.01, LONGEST_LIFE))
                worker.kill()
                if worker.wait().status == -signal.SIGKILL:
                    found.done += 1
            found.again = max(found.again, _done_again(lane, found.done - before))
            moment = time.monotonic()
            after = fork(lambda: go_on(here, lane.runtime, lane.taken, lane.log), lane.log).wait()
            found.resumed.append(time.monotonic() - moment)
            found.wrong += [f"run {found.runs}: {line}" for line in after.said or []]
            if after.said is None:
                found.wrong.append(f"run {found.runs}: status {after.status}: {lane.log.read_text()[-800:]}")
    return found


def _work(lane: Lane) -> None:
    """Runs a worker and a clinic that decides in one process. Releases the leases of the last worker first."""
    time_passes(lane.runtime, 0.001)
    finish(lane.runtime, only(lane.runtime), WorkerTurn(f"worker-{os.getpid()}"))


def _alive(lane: Lane) -> bool:
    return fork(lambda: state(lane.runtime, only(lane.runtime)) is not State.FINALISED, lane.log).wait().said is True


def _done_again(lane: Lane, kills: int) -> int:
    """Pieces that were begun more than once, beyond one for each kill."""

    def count() -> int:
        with lane.runtime.ledger.read() as session:
            return sum(max(attempts - 1, 0) for attempts in session.exec(select(Work.attempts)))

    return max(0, int(fork(count, lane.log).wait().said or 0) - kills)


def paused(times: int) -> Found:
    """Pauses a worker after a random commit, lets another worker finish the move, and resumes the first.

    Never pauses within a transaction, because the paused process would hold its lock.
    """
    found, dice = Found(), random.Random(SEED)
    with ground() as here, mailbox(here.home / "lane-0.mailbox") as smtp_url:
        effects = prepare(here)
        lane = Lane(here, 0, smtp_url)
        found.wrong += lane.warm()
        for run in range(times):
            lane.begin("trial")
            number = dice.choice([n for n, name in enumerate(effects["trial"], 1) if name == "sql.commit"][1:])
            sleeper = fork(partial(_sleep_at, lane, number), lane.log)
            os.waitpid(sleeper.pid, os.WUNTRACED)
            first = fork(partial(_finish, lane), lane.log).wait()
            sleeper.kill(signal.SIGCONT)
            woken = sleeper.wait()
            after = fork(lambda: go_on(here, lane.runtime, lane.taken, lane.log), lane.log).wait()
            found.done += 1
            wrong = [f"the other ended {first.said}"] if first.said != State.FINALISED.value else []
            wrong += [] if woken.status == 0 else [f"the woken one ended with {woken.status}"]
            wrong += after.said if after.said is not None else [f"status {after.status}"]
            found.again += not wrong
            found.wrong += [f"pause {run} at {number}: {line}" for line in wrong]
    return found


def _sleep_at(lane: Lane, number: int) -> int:
    listen(Fault(number, after=True, act=lambda: os.kill(os.getpid(), signal.SIGSTOP)))
    decide(lane.runtime, only(lane.runtime))
    return drain(lane.runtime, only(lane.runtime), patience(60), WorkerTurn("sleeper")).pieces


def _finish(lane: Lane) -> str:
    time_passes(lane.runtime)
    return finish(lane.runtime, only(lane.runtime), WorkerTurn("another")).value


def killed_often(long: bool) -> Reached:
    kills = 3000 if long else 200
    found = killed(kills)
    slowest = max(found.resumed)
    words = f"{found.done} kills in {found.runs} moves, {len(found.wrong)} differences, finished {slowest:.1f} s later"
    ok = not found.wrong and found.done >= kills and not found.again and slowest <= LONGEST_RESUME
    return Reached(words, ok, seed=SEED, why=tuple(found.wrong[:30]))


def paused_often(long: bool) -> Reached:
    times = 100 if long else 20
    found = paused(times)
    return Reached(f"{found.again} of {times}", found.again == times, seed=SEED, why=tuple(found.wrong[:30]))


MEASURES = (
    Measure("whoever works or decides killed at random", "200 kills, 0 differences, 1 piece again each", killed_often),
    Measure("workers stopped past their lease that wake up and write", "20 of 20 refused", paused_often),
)
