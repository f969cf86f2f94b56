"""The disk is full at a write: the work reports it, waits, and continues when there is room. No half row stays."""

import errno
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import select

from app.migration.models import Work
from app.migration.states import State
from app.side_effects import listen
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.figures.faults import Lane, ground
from tests.figures.figure import Measure, Reached
from tests.harness.waiting import patience
from tests.world.fork import fork
from tests.world.mailbox import mailbox
from tests.world.move import decide, state
from tests.world.stages import STAGES, Ground, go_on, only, prepare

FULL_FOR = 6  # writes that fail before there is room again
FILES = ("file.open", "file.write", "folder.make")
WRITES = (*FILES, "sql")
WORKING = ("read", "trial", "go_live")


class Full:
    """From the n-th write on, FULL_FOR writes find no room.

    If the n-th write is to a file, only writes to files fail, because the ledger may be on another disk; otherwise all
    writes fail.
    """

    def __init__(self, number: int) -> None:
        self.number, self.count, self.left = number, 0, FULL_FOR
        self.fails: tuple[str, ...] = ()

    def __call__(self, name: str, done: bool) -> None:
        if done or not name.startswith(WRITES):
            return
        self.count += 1
        if self.count == self.number:
            self.fails = WRITES if name.startswith("sql") else FILES
        if not self.left or not name.startswith(self.fails or "nothing"):
            return
        self.left -= 1
        if name.startswith("sql"):
            raise sqlite3.OperationalError("database or disk is full")
        raise OSError(errno.ENOSPC, "No space left on device")


@dataclass
class Found:
    """How often the disk was full, how often the ledger reported it, and the faults afterwards."""

    tried: int = 0
    said: int = 0
    wrong: list[str] = field(default_factory=list)


def _work(lane: Lane, stage: str, number: int) -> bool:
    """Works while the disk is full; says whether the ledger named it."""
    runtime, named = lane.runtime, False
    listen(Full(number))
    for _ in range(FULL_FOR * 2):
        try:
            if stage != "read" and state(runtime, only(runtime)) in (State.MATCHING, State.REVIEWING):
                decide(runtime, only(runtime))
            drain(runtime, only(runtime), patience(2), WorkerTurn("worker", lambda: _over(runtime, stage)))
        except Exception:  # the ledger itself may find no room
            continue
        named = named or _waits(runtime)
    return named


def _over(runtime: Runtime, stage: str) -> bool:
    ends = {"read": State.MATCHING, "trial": State.REVIEWING, "go_live": State.FINALISED}
    return state(runtime, only(runtime)) is ends[stage]


def _waits(runtime: Runtime) -> bool:
    with runtime.ledger.read() as session:
        return "no_space" in session.exec(select(Work.last_problem)).all()


def full_at(every: int) -> Found:
    found = Found()
    with ground() as here, mailbox(here.home / "lane-0.mailbox") as smtp_url:
        effects = prepare(here)
        lane = Lane(here, 0, smtp_url)
        found.wrong += lane.warm()
        for stage, number in _places(effects, every):
            lane.begin(stage)
            ended = fork(lambda stage=stage, number=number: _work(lane, stage, number), lane.log).wait()  # type: ignore[misc]  # bound here
            after = _after(here, lane.runtime, lane.taken, lane.log)
            found.tried += 1
            found.said += bool(ended.said)
            found.wrong += [f"{stage} {number}: {line}" for line in after]
    return found


def _places(effects: Mapping[str, Sequence[str]], every: int) -> list[tuple[str, int]]:
    """A sample of the writes to files and to databases, each by its position in its stage."""
    writes = {stage: [name for name in effects[stage] if name.startswith(WRITES)] for stage in WORKING}
    numbered = [(stage, n, name) for stage in WORKING for n, name in enumerate(writes[stage], 1)]
    files = [(stage, n) for stage, n, name in numbered if name.startswith(FILES)]
    others = [(stage, n) for stage, n, name in numbered if not name.startswith(FILES)]
    return [*files[::every], *others[::every]]


def _after(here: Ground, runtime: Runtime, taken: Path, log: Path) -> list[str]:
    ended = fork(lambda: go_on(here, runtime, taken, log), log).wait()
    return list(ended.said) if ended.said is not None else [f"status {ended.status}"]


def no_room(long: bool) -> Reached:
    found = full_at(1 if long else 8)
    words = f"{found.tried} writes without room, named {found.said} times, {len(found.wrong)} differences"
    return Reached(words, ok=not found.wrong and found.said > 0, why=tuple(found.wrong[:30]))


MEASURES = (Measure("the disk is full at a write", "named, goes on alone, 0 differences", no_room),)
assert set(WORKING) <= STAGES.keys()
