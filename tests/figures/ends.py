"""`serve` ends in every way, at a random moment of its work: nothing that it started may go on running."""

import random
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.worker.runtime import open_runtime
from tests.figures.figure import Measure, Reached
from tests.harness.clinic import clinic_files, clinic_in, settings_in
from tests.harness.free_ports import free_port
from tests.harness.waiting import take_time, until
from tests.workers.served import ENDS, Served

SEED = 10
LONGEST_LIFE = 1.5  # seconds from the start of the worker's child to the end of `serve`, at most
SHORT, LONG = 3, 50
AT_A_TIME = 4
KEY = {"STORAGE_KEY": "development-storage-key"}


@dataclass
class EndsFound:
    """How often `serve` ended in each way, the slowest end in seconds, and leftovers."""

    done: int = 0
    busy: int = 0
    slowest: float = 0.0
    left: list[str] = field(default_factory=list)

    def add(self, more: "EndsFound") -> None:
        self.done += more.done
        self.busy += more.busy
        self.slowest = max(self.slowest, more.slowest)
        self.left += more.left


def ended(times: int) -> EndsFound:
    """Ends `serve` so often in each way, several at a time; in every second turn its worker has an export to read."""
    result, dice = EndsFound(), random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="caspen-ends-") as home, ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting = Path(home) / "waiting"
        runtime = open_runtime(settings_in(waiting))
        clinic_in(runtime).hand_over(clinic_files(1200, 1800))
        runtime.close()
        ends = []
        for turn in range(times):
            for way, name in enumerate(ENDS):
                place = Path(home) / f"{turn}-{way}"
                ends.append(pool.submit(_end, name, place, waiting if turn % 2 == 0 else None, dice.random()))
        for each in ends:
            result.add(each.result())
    return result


def _end(name: str, place: Path, export: Path | None, moment: float) -> EndsFound:
    """One end in a folder of its own, `moment` (0 to 1) of the longest life after the start."""
    result, folder = EndsFound(), place / "var"
    if export is None:
        place.mkdir()
    else:
        shutil.copytree(export, folder)
    served = Served(folder, free_port(), KEY | {"TMPDIR": str(place)})
    try:
        served.until_ready()
        if export is not None:
            with suppress(AssertionError):  # a quick worker may have read everything before anybody was ready to look
                until(lambda: bool(served.running("workers.child")), 60)
        result.busy += bool(served.running("workers.child"))
        take_time(moment * LONGEST_LIFE)
        began = time.monotonic()
        ENDS[name](served)
        left = served.until_gone()
        result.done += 1
        result.slowest = time.monotonic() - began
        result.left += [f"{name}: {command[:80]}" for command in left.values()]
        result.left += [f"{name}: {kept.name}" for kept in place.glob("caspen-redis-*")]
    finally:
        served.clear()
        shutil.rmtree(place, ignore_errors=True)
    return result


def take(long: bool) -> Reached:
    times = LONG if long else SHORT
    result = ended(times)
    words = f"{result.done} ends in {len(ENDS)} ways, {result.busy} at work, {len(result.left)} processes left"
    words += f", the slowest after {result.slowest:.1f} s"
    whole = result.done == times * len(ENDS) and result.busy > 0
    return Reached(words, not result.left and whole, seed=SEED, why=tuple(result.left[:30]))


MEASURES = (Measure("`serve` ended by each signal, kill -9 and a closed terminal", "0 processes left", take),)
