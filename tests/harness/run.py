"""Runs the tests and names the tests that could not run here.

In CI a skipped test is a failed run. Of the slowest variants a part runs (`chosen_variants.py`); with ALL in the
environment, all of them.
"""

import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from tests.harness.chosen_variants import TURN, turn_of_this_change
from tests.harness.descendants import run_guarded
from tests.harness.waiting import SETTING, patience_for

REPORT = Path("var/test-report.xml")
MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3
COSTLIEST = 40  # files that are named with their seconds
WORKERS = "4"  # more than cores: much of what is tested waits for a browser, a lease or a second process


@contextmanager
def folder() -> Iterator[str]:
    """Where the tests put what they write: in memory where there is enough of it, since a disk is slow to promise."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH and memory_left() > ENOUGH
    with tempfile.TemporaryDirectory(prefix="caspen-tests-", dir=MEMORY if roomy else None) as path:
        os.chmod(path, 0o711)  # PostgreSQL goes through it as a user of its own
        yield path


def memory_left() -> int:
    meminfo = Path("/proc/meminfo")
    found = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text() if meminfo.exists() else "")
    return int(found[1]) * 1024 if found else 0


def cpu_of(case: ET.Element) -> float:
    """The seconds of CPU that a test took with its fixtures and the processes that it ended."""
    return sum(float(one.get("value", 0)) for one in case.iter("property") if one.get("name") == "cpu")


def seconds_by(part: Callable[[list[str]], str], cases: Iterable[ET.Element]) -> Iterator[str]:
    """One line for each part of the tests, the costliest first: seconds of CPU, seconds of the clock, and its tests."""
    cpu: defaultdict[str, float] = defaultdict(float)
    clock: defaultdict[str, float] = defaultdict(float)
    tests: Counter[str] = Counter()
    for case in cases:
        name = part(case.get("classname", "").split("."))
        cpu[name] += cpu_of(case)
        clock[name] += float(case.get("time", 0))
        tests[name] += 1
    for name, taken in sorted(cpu.items(), key=lambda each: -each[1]):
        yield f"{taken:8.1f} {clock[name]:8.1f}  {name} ({tests[name]:,} tests)"


def folder_of(parts: list[str]) -> str:
    """The first two folders of a test, such as tests.links."""
    return ".".join(parts[:-1][:2])


def main() -> int:
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.unlink(missing_ok=True)
    workers = os.environ.get("TEST_WORKERS", WORKERS)
    if not os.environ.get(SETTING):
        os.environ[SETTING] = f"{patience_for(os.getloadavg()[0], os.cpu_count() or 1):.1f}"
    if float(os.environ[SETTING]) > 1:
        print(f"Waits may take {os.environ[SETTING]} times as long ({SETTING}).", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={REPORT}", "--durations=20", "-n", workers]
    command += ["--dist", "loadgroup", "--no-loadscope-reorder"]  # in the order of collection: the long stories first
    with folder() as home:
        environment = {**os.environ, "TMPDIR": home}
        if not os.environ.get("ALL"):
            environment[TURN] = str(turn_of_this_change())
        status = run_guarded([*command, *sys.argv[1:]], environment, home)
    if not REPORT.exists():
        print("The tests were ended before they could count. Each failure so far is printed above, as FAILED.")
        return status or 1
    cases = list(ET.parse(REPORT).iter("testcase"))
    print("Seconds of CPU and of the clock by folder:", *seconds_by(folder_of, cases), sep="\n  ")
    print("The costliest files:", *islice(seconds_by(".".join, cases), COSTLIEST), sep="\n  ")
    skipped = [
        f"{case.get('classname')}.{case.get('name')}: {reason.get('message')}"
        for case in cases
        for reason in case.iter("skipped")
    ]
    if skipped:
        print(f"{len(skipped)} tests could not run here:", *skipped, sep="\n  ")
        if os.environ.get("CI"):
            return status or 1
    return status


if __name__ == "__main__":
    sys.exit(main())
