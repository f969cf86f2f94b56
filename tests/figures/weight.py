"""The cost of an import: the memory of each of its processes, and the cost of a row for any number of rows.

A cost is in seconds of processor time, which other work on the machine disturbs least; a ratio is of two runs, one
after the other.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.sources.cliniko.sample import SizeName
from tests.figures.command import Tried
from tests.figures.figure import Measure, Reached
from tests.figures.forms import Browser
from tests.figures.fresh import STARTS_WITHIN, until_answers
from tests.figures.unreasonable import Made, large_file, large_values, legal_values
from tests.figures.walk import whole
from tests.figures.watch import Used, Watch, run
from tests.harness.free_ports import free_port
from tests.harness.waiting import patience

MOST_MB = 256.0
DEARER = 1.25
FLOOR = 2_000
CLI = (sys.executable, "-m", "app.cli")
LONGEST = 3600.0


@dataclass(frozen=True)
class Weighed:
    """A sample that was made, tried and made live."""

    making: Used
    moving: Used
    tried: Tried

    @property
    def cost(self) -> float:
        """Seconds of the processor for a million rows, from the start of the process until the records are live."""
        return self.moving.cpu_seconds / self.tried.rows * 1e6

    @property
    def peak_mb(self) -> float:
        return max(self.making.peak_mb, self.moving.peak_mb)

    def __str__(self) -> str:
        return (
            f"{self.moving.peak_mb:.0f} MB to move, {self.making.peak_mb:.0f} MB to make the sample; "
            f"{self.tried.rows:,} rows, {self.cost:.0f} µs of the processor each"
        )


@cache
def weighed(size: SizeName) -> Weighed:
    """One run for all figures that are taken from it."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        export, answer = Path(folder) / "export.zip", Path(folder) / "answer.json"
        making = run([*CLI, "sample", str(export), "--size", size, "--seed", "1"])
        live = ["--database", f"sqlite:///{folder}/live.sqlite", "--finalise"]
        moving = run([*CLI, "trial", str(export), "--json", str(answer), *live])
        return Weighed(making, moving, Tried(moving.status, json.loads(answer.read_text(encoding="utf-8"))))


def _peak(size: SizeName) -> Callable[[bool], Reached]:
    def take(_long: bool) -> Reached:
        found = weighed(size)
        return Reached(str(found), ok=found.tried.balances and found.peak_mb <= MOST_MB)

    return take


def slope(_long: bool) -> Reached:
    mid, large = weighed("mid"), weighed("large")
    ratio = large.cost / mid.cost
    words = f"{ratio:.2f} times: {mid.cost:.0f} µs a row at mid, {large.cost:.0f} µs at large"
    return Reached(words, ok=ratio <= DEARER)


def rate(_long: bool) -> Reached:
    tried = weighed("mid").tried
    reached = tried.rows / tried.seconds
    return Reached(f"{reached:,.0f} rows/s ({tried.rows:,} rows)", ok=reached >= FLOOR)


def one_large_file(_long: bool) -> Reached:
    return _moved(large_file, 200)


def values_without_end(_long: bool) -> Reached:
    return _moved(large_values, 100)


def values_as_large_as_allowed(_long: bool) -> Reached:
    return _moved(legal_values, 3)


def tried(made: Made, megabytes: int) -> tuple[Used, list[str]]:
    """The resources of an unreasonable export, and the differences from its expected problems."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        export, answer = Path(folder) / "export", Path(folder) / "answer.json"
        expected = made(export, megabytes)
        used = run([*CLI, "trial", str(export), "--json", str(answer)])
        return used, expected.differs_from(json.loads(answer.read_text(encoding="utf-8")))


def _moved(made: Made, megabytes: int) -> Reached:
    used, wrong = tried(made, megabytes)
    words = f"{used.peak_mb:.0f} MB, {used.cpu_seconds:.0f} s of the processor"
    return Reached(words, ok=used.peak_mb <= MOST_MB and not wrong, why=tuple(wrong))


def whole_product(_long: bool) -> Reached:
    """Megan's move of the middle sample by the pages, with the worker and everything else that `make run` starts."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        port = free_port()
        environment = {**os.environ, "VAR": folder, "ENVIRONMENT": "development"}
        process = subprocess.Popen(
            [*CLI, "serve", "--port", str(port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        watch = Watch(process.pid).start()
        try:
            until_answers(port, STARTS_WITHIN)
            with Browser(f"http://127.0.0.1:{port}", LONGEST) as browser:  # its sample is made while it waits
                whole(browser, LONGEST, sample="Use the middle one")
        finally:
            watch.stop()
            process.send_signal(signal.SIGINT)
            process.wait(timeout=patience(LONGEST))
    words = ", ".join(f"{role} {most:.0f} MB" for role, most in sorted(watch.peaks.items()))
    missing = {"web", "supervisor", "child"} - watch.peaks.keys()
    return Reached(words, ok=watch.peak_mb <= MOST_MB and not missing, why=tuple(sorted(missing)))


AT_MOST = f"at most {MOST_MB:.0f} MB"
MEASURES = (
    Measure("peak memory, mid sample: made, read, tried, proven, live", AT_MOST, _peak("mid")),
    Measure("peak memory of each process of the product, mid sample moved by the pages", AT_MOST, whole_product),
    Measure("peak memory, one CSV file of 200 MB", AT_MOST, one_large_file),
    Measure(
        "peak memory, a cell of 100 MB in CSV, JSON and JSON lines, an open quote of 200 MB",
        AT_MOST,
        values_without_end,
    ),
    Measure(
        "peak memory, cells of just 5 MiB in letters of one, two and four bytes, CSV, JSON and JSON lines",
        AT_MOST,
        values_as_large_as_allowed,
    ),
    Measure("rows a second, mid sample, one worker, SQLite", f"at least {FLOOR:,}", rate),
    Measure("peak memory, large sample: made, read, tried, proven, live", AT_MOST, _peak("large")),
    Measure("cost of a row, large sample beside mid", f"at most {DEARER} times", slope),
)
