"""Takes the figures of an area, or of all: one line each in `var/figures.jsonl`, a table, and status 1 for a miss."""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from tests.figures.areas import AREAS
from tests.figures.figure import Figure, taken


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    asked.add_argument("--area", choices=sorted(AREAS), action="append", help="only this area; may be said again")
    asked.add_argument("--only", default="", help="only figures whose name holds these words")
    asked.add_argument("--long", action="store_true", help="the long forms")
    wanted = asked.parse_args()
    console = Console(highlight=False)
    figures: list[Figure] = []
    for area in wanted.area or AREAS:
        for measure in AREAS[area]:
            if wanted.only.lower() not in measure.name.lower():
                continue
            figure = taken(measure, area, long=wanted.long)
            figure.keep()
            figures.append(figure)
            console.print(f"{figure.name}: {figure.reached}", markup=False, soft_wrap=True)
            for line in figure.why:
                console.print(f"  {line}", markup=False, soft_wrap=True)
    console.print(table(figures))
    return 0 if figures and all(figure.ok for figure in figures) else 1


def table(figures: list[Figure]) -> Table:
    shown = Table("area", "figure", "reached", "asked", "", "seed", "seconds", title="Figures")
    for one in figures:
        seed = "" if one.seed is None else str(one.seed)
        verdict = "reached" if one.ok else "MISSED"
        shown.add_row(one.area, one.name, one.reached, one.asked, verdict, seed, f"{one.seconds:.1f}")
    return shown


if __name__ == "__main__":
    sys.exit(main())
