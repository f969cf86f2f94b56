"""Rows per second of a trial, compared with a plain bulk load of the same records:

`python -m tests.figures.bench [--size] [--on]`.
"""

import argparse
import sys

import pytest

from tests.figures.figure import Measure, Reached, taken
from tests.figures.speed import DATABASES, measure


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.figures.bench", description=__doc__)
    asked.add_argument("--size", choices=("small", "thousand", "mid", "large"), default="mid")
    asked.add_argument("--on", choices=sorted(DATABASES), action="append", help="only this database")
    wanted = asked.parse_args()
    good = True
    for name in wanted.on or DATABASES:

        def take(_long: bool, database: str = name) -> Reached:
            found = measure(wanted.size, DATABASES[database])
            return Reached(str(found), ok=found.tried.balances)

        try:
            figure = taken(
                Measure(f"bench, {wanted.size} sample, one worker, {name}", "a figure", take), "speed", long=False
            )
        except pytest.skip.Exception as missing:
            sys.stdout.write(f"{name}: {missing}\n")
            continue
        figure.keep()
        good = good and figure.ok
        sys.stdout.write("\n  ".join([f"{name}: {figure.reached}", *figure.why]) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
