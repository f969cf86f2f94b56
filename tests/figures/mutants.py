"""Two hundred changes to code, stores and bytes: each is caught, named, and prevents the approval.

Only the product's own reports count, because no clinic has a generator that knows the expected result of its export.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.figures.faults import LANES, MEMORY
from tests.figures.figure import Measure, Reached
from tests.world.bases import Bases, made_in
from tests.world.fork import fork
from tests.world.mutants import SEED, WANTED, Mutant, judge, mutants


@dataclass
class Caught:
    """How many changes were caught by which check, and the changes that a clinic could have approved."""

    by: Counter[tuple[str, str]] = field(default_factory=Counter)
    passed: list[str] = field(default_factory=list)

    @property
    def by_product(self) -> int:
        return sum(count for (_, by), count in self.by.items() if by == "product")

    @property
    def words(self) -> str:
        places: Counter[str] = Counter()
        for (where, by), count in self.by.items():
            places[where] += count if by == "product" else 0
        counts = ", ".join(f"{count} {where}" for where, count in sorted(places.items()))
        return f"{self.by_product} of {self.by.total()} caught by the product itself ({counts})"


def hunt(every: int = 1) -> Caught:
    """Makes every n-th change, two at a time, each in a process of its own."""
    found = Caught()
    with tempfile.TemporaryDirectory(prefix="caspen-mutants-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        home = Path(folder)
        bases = made_in(home / "bases")
        chosen = mutants(bases, home / "scratch")[::every]
        lanes = [fork(partial(_lane, bases, chosen[n::LANES], home / f"lane-{n}"), home / "log") for n in range(LANES)]
        for lane in lanes:
            for where, name, by, said in lane.wait(longest=3600).said or [("lane", "a lane", "died", [])]:
                found.by[where, by] += 1
                if by != "product":
                    found.passed.append(f"{where}: {name}: {by} {said}")
    return found


def _lane(bases: Bases, chosen: list[Mutant], folder: Path) -> list[tuple[str, str, str, list[str]]]:
    verdicts: list[tuple[str, str, str, list[str]]] = []
    for mutant in chosen:
        ended = fork(partial(_judged, bases, mutant, folder), folder.with_suffix(".log")).wait(longest=120)
        by, said = ended.said or (f"status {ended.status}", [])
        verdicts.append((mutant.where, mutant.name, by, said))
    return verdicts


def _judged(bases: Bases, mutant: Mutant, folder: Path) -> tuple[str, list[str]]:
    verdict = judge(bases, mutant, folder)
    return verdict.by, list(verdict.said)


def all_caught(_long: bool) -> Reached:
    found = hunt()
    ok = not found.passed and found.by_product == found.by.total() == sum(WANTED.values())
    return Reached(found.words, ok=ok, seed=SEED, why=tuple(found.passed[:50]))


MEASURES = (Measure("lies in code, stores and bytes", "200 of 200 caught by the product itself", all_caught),)
