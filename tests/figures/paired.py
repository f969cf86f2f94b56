"""An export in words that no table of ours names, read by pairing alone: by the command line, and in a browser."""

import tempfile
from pathlib import Path

from tests.figures.figure import Measure, Reached
from tests.figures.samples import wrong_today
from tests.figures.stories import run_tests
from tests.harness.unknown_dialect import write_unknown_dialect

SEEDS = (1, 2, 3)
LONG_SEEDS = tuple(range(1, 11))


def _by_plan(long: bool) -> Reached:
    seeds = LONG_SEEDS if long else SEEDS
    wrong: dict[int, list[str]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="caspen-unknown-") as folder:
            export = write_unknown_dialect(Path(folder) / "export.zip", "small", seed)
            plan = export.plan(Path(folder) / "plan.yaml")
            wrong[seed] = wrong_today(export.path, export.expected, "--plan", str(plan))
    why = tuple(f"seed {seed}: {line}" for seed, lines in wrong.items() for line in lines)
    return Reached(f"{sum(not lines for lines in wrong.values())} of {len(seeds)}", ok=not why, why=why)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "a fourth dialect that no table names, small, by --plan alone: every count and code as the generator expects",
        "3 of 3",
        _by_plan,
    ),
    Measure(
        "the same in Chromium, file by file on the wizard's page: every row of every kind that moves",
        "1 of 1 story",
        run_tests("e2e/test_pairing.py", words="story"),
    ),
)
