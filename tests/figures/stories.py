"""The stories that a figure cannot say better: a whole move in a real browser, and wrong input on every page."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from tests.figures.figure import Measure, Reached

MOST_NAMED = 5
BAD = ("failure", "error", "skipped")


def run_tests(*chosen: str, words: str) -> Callable[[bool], Reached]:
    """Runs these tests; all of them have to pass, and none may be skipped."""

    def take(_long: bool) -> Reached:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *chosen]
            ended = subprocess.run(command, check=False, capture_output=True, text=True)
            cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
        wrong = [
            str(c.get("name")) for c in cases if any(c.find(w) is not None for w in ("failure", "error", "skipped"))
        ]
        ok = bool(cases) and not wrong and ended.returncode == 0
        return Reached(f"{len(cases) - len(wrong)} of {len(cases)} {words}", ok, why=tuple(wrong[:MOST_NAMED]))

    return take


STEPS = ("overview", "checklist", "export", "handover", "handover_by_link", "matches", "review", "approve", "people")
PAGES = tuple(f"tests/wizard/test_{step}.py" for step in STEPS)

MEASURES = (
    Measure(
        "a move in Chromium: with and without JavaScript, a worker killed, axe in light and dark, 320 pixels",
        "every story, 0 faults",
        run_tests("e2e", words="stories"),
    ),
    Measure(
        "right and wrong input on every page of the journey",
        "every one answered, what was typed is kept",
        run_tests(*PAGES, words="stories"),
    ),
)
