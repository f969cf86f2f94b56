"""A promise with a number: the target, the result, the machine, and the time that the measure took."""

import json
import os
import platform
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

KEPT = Path("var/figures.jsonl")


@dataclass(frozen=True, slots=True)
class Reached:
    """The result of a measure. `why` names the faults, without any cell's value."""

    reached: str
    ok: bool
    seed: int | None = None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of one or several figures. `take` gets whether the long form is wanted."""

    name: str
    asked: str
    take: Callable[[bool], Reached]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table, and of the file of figures."""

    name: str
    area: str
    reached: str
    asked: str
    ok: bool
    seed: int | None
    seconds: float
    why: tuple[str, ...] = ()
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    python: str = field(default_factory=platform.python_version)
    sqlite: str = sqlite3.sqlite_version
    taken_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def keep(self, path: Path = KEPT) -> None:
        """Appends the figure to the file of all measured figures."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(asdict(self), ensure_ascii=False) + "\n")


def taken(measure: Measure, area: str, *, long: bool) -> Figure:
    """Takes one figure. A measure that fails has reached nothing, and says how it failed."""
    began = time.monotonic()
    try:
        found = measure.take(long)
    except Exception as fault:
        found = Reached("failed", ok=False, why=(f"{type(fault).__name__}: {str(fault)[-2000:]}",))
    return Figure(
        name=measure.name,
        area=area,
        reached=found.reached,
        asked=measure.asked,
        ok=found.ok,
        seed=found.seed,
        seconds=round(time.monotonic() - began, 1),
        why=found.why,
    )
