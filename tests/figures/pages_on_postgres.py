"""The tests of the pages, run on a product whose two databases are on PostgreSQL."""

import os
import re
import subprocess
import sys

from tests.figures.figure import Measure, Reached

SHORT = ("tests/web", "tests/support", "tests/sandbox")
LONG = (*SHORT, "tests/wizard", "tests/access", "tests/signin", "tests/records", "tests/forms")
SUMMARY = re.compile(r"(\d+) (passed|failed|error|errors|skipped)")


def take(long: bool) -> Reached:
    """Runs the stories without a browser in processes of their own: each has to pass, and none is skipped."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-m",
        "not browser and not on_files",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PAGES_ON_POSTGRES": "1"}
    done = subprocess.run(
        [*command, *(LONG if long else SHORT)], env=environment, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    counts = {name: int(number) for number, name in SUMMARY.findall(lines[-1] if lines else "")}
    failed = tuple(line for line in lines if line.startswith(("FAILED", "ERROR")))
    words = ", ".join(f"{number} {name}" for name, number in counts.items()) or "no test ran"
    return Reached(words, ok=done.returncode == 0 and set(counts) == {"passed"}, why=failed[:30])


MEASURES = (Measure("stories of the pages on PostgreSQL", "all passed", take),)
