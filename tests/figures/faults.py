"""A process ends before and after each of its side effects, once at each place; another process continues.

The effects are every change in a database, every commit, every file, every message to Redis, to the clinic's host and
to the mail server, from the pasted link until the clinic is live and informed. The move must end as if nothing had
happened.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.side_effects import ENDED, fault_at, listen
from app.worker.runtime import open_runtime
from tests.figures.emptied_redis import redis_server
from tests.figures.figure import Measure, Reached
from tests.world.export import planted
from tests.world.fork import fork
from tests.world.host import shared
from tests.world.mailbox import mailbox
from tests.world.stages import STAGES, Ground, go_on, prepare, quiet, rest
from tests.world.waiting_queue import patient, silence

RECORDED = 800  # places that were there when this was last looked at: fewer means that some are no longer told
LANES = 2
MOST_EARLY = 50  # one in so many may have come to its end before its place
MEMORY = Path("/dev/shm")
CALM = {"lease_seconds": "60", "heartbeat_seconds": "20"}  # no effect that hangs on the clock


@dataclass
class Points:
    """The number of places by kind of effect, the number of tested places, and the faults by place."""

    known: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    early: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        kinds = ", ".join(f"{count} {name}" for name, count in sorted(self.known.items()))
        late = f"{self.early} were done before" if self.early else "each came about"
        return f"{self.ended} ends at {self.known.total()} places, {late}, {len(self.wrong)} differences ({kinds})"


@contextmanager
def ground() -> Iterator[Ground]:
    """A place in memory for many copies of one move, with a host that shares its export, and a Redis."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="caspen-faults-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        home = Path(folder)
        export, manifest = planted()
        (home / "export.zip").write_bytes(export)
        with (
            shared(home / "export.zip", home / "net") as network_file,
            redis_server() as redis,
            mailbox(home / "mailbox") as smtp_url,
        ):
            os.environ |= {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(network_file)}
            try:
                yield Ground(home, manifest, {"redis_url": redis.url, "smtp_url": smtp_url, **CALM})
            finally:
                os.environ.clear()
                os.environ.update(before)


def fault_points(every: int = 1, first: int = 0) -> Points:
    """Ends a process at every so many-th place from the `first` on, in two lanes at once."""
    found = Points()
    with ground() as here:
        effects = prepare(here)
        found.known = Counter(name for names in effects.values() for name in names)
        places = [
            f"{stage} {n}{plus}"
            for stage, names in effects.items()
            for n in range(1, len(names) + 1)
            for plus in ("", "+")
        ][first::every]
        lanes = [
            fork(partial(_lane, here, lane, places[lane::LANES]), here.home / f"lane-{lane}.log")
            for lane in range(LANES)
        ]
        for lane in lanes:
            ended = lane.wait(longest=6 * 3600)
            if ended.said is None:
                found.wrong.append(f"a lane ended with status {ended.status}")
                continue
            found.ended += ended.said["ended"]
            found.early += ended.said["early"]
            found.wrong += ended.said["wrong"]
    return found


def _lane(here: Ground, lane: int, places: list[str]) -> dict[str, object]:
    ended, early, wrong = 0, 0, []
    with mailbox(here.home / f"lane-{lane}.mailbox") as smtp_url:
        at = Lane(here, lane, smtp_url)
        wrong += [f"at first: {line}" for line in at.warm()]
        for place in places:
            status, found = at.end(place)
            ended += status == ENDED
            wrong += [f"{place}: {line}" for line in found]
            early += status == 0  # what is put into safe storage meanwhile hangs on the clock: this time it was less
            if status not in (0, ENDED):
                wrong.append(f"{place}: not ended there, status {status}")
    return {"ended": ended, "early": early, "wrong": wrong}


class Lane:
    """A folder in which test after test runs, in processes that start warm and open their own connections."""

    def __init__(self, here: Ground, number: int, smtp_url: str) -> None:
        self.here, self.folder = here, here.home / f"lane-{number}"
        folder = self.folder
        self.taken, self.log = folder.with_suffix(".mailbox"), folder / "log"
        self.redis = f"{here.more['redis_url']}?db={number}"
        self.begin("fetch")
        listen(quiet)
        self.runtime = patient(open_runtime(here.settings(folder / "var", smtp_url=smtp_url, redis_url=self.redis)))

    def warm(self) -> list[str]:
        """Runs the whole move once in this process, so that everything that happens only the first time is done."""
        wrong = go_on(self.here, self.runtime, self.taken, self.log)
        rest(self.runtime)
        return wrong

    def end(self, place: str) -> tuple[int, list[str]]:
        """Ends a process at a place, lets another process continue, and checks the world."""
        stage, _, at = place.partition(" ")
        self.begin(stage)

        def first() -> None:
            listen(fault_at(at))
            STAGES[stage](self.runtime)

        status = fork(first, self.log).wait().status
        after = fork(lambda: go_on(self.here, self.runtime, self.taken, self.log), self.log).wait()
        if after.said is None:
            return status, [f"whoever went on ended with status {after.status}: {self.log.read_text()[-500:]}"]
        return status, list(after.said)

    def begin(self, stage: str) -> None:
        """Restores the folder of the beginning of a stage, without delivered mails and notices."""
        self.taken.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.here.at(stage), self.folder / "var")
        silence(self.redis)


def ended_everywhere(_long: bool) -> Reached:
    found = fault_points()
    wrong = list(found.wrong)
    if found.known.total() < RECORDED:
        wrong.append(f"{found.known.total()} places are told, {RECORDED} were before")
    if found.early * MOST_EARLY > found.ended or found.ended + found.early < 2 * found.known.total():
        wrong.append(f"only {found.ended} of {2 * found.known.total()} ends came about")
    return Reached(found.words, ok=not wrong and found.ended > 0, why=tuple(wrong[:50]))


MEASURES = (
    Measure(
        "a process ends before and after each of its effects",
        f"at least {RECORDED} places, 0 differences",
        ended_everywhere,
    ),
)
