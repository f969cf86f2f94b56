"""A row that kills, hangs or exhausts its reader: only that row is held, and another clinic hardly waits.

One worker serves both clinics, with the time limits of production.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.migration.states import State
from app.worker.runtime import Runtime
from tests.figures.figure import Measure, Reached
from tests.figures.yard import REAL
from tests.harness.clinic import Clinic, clinic_files, clinic_in, runtime_in
from tests.harness.waiting import until
from tests.worker import failing_on_request
from tests.workers.story import a_worker

POISONS = ("Kills", "Hangs", "Exhausts")
ROWS = 10_000
LONG_ROWS = 100_000
LONGEST_DELAY = 60.0
TRIES = 3
LONGEST = 1800.0
POISONED = "tests.workers.poisoned"


@dataclass
class Found:
    """The duration of another clinic's trial alone and beside each poisoned row, and the faults."""

    alone: float = 0.0
    beside: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def delay(self) -> float:
        return max(0.0, *(taken - self.alone for taken in self.beside.values()))


def poisoned(rows: int) -> Found:
    """Imports each poisoned row in a clinic with so many clients, and a small clinic at the same time."""
    found = Found()
    times = {**REAL, "drain_seconds": 20.0}
    with failing_on_request.registered(), tempfile.TemporaryDirectory(prefix="caspen-poison-") as folder:
        with runtime_in(Path(folder) / "alone", **times) as runtime, a_worker(runtime.settings, POISONED):
            found.alone = _small_clinic(runtime)
        for name in POISONS:
            with runtime_in(Path(folder) / name, **times) as runtime:
                large = _begun(runtime, name, rows)
                with a_worker(runtime.settings, POISONED):
                    _until(partial(_was_tried, large), large)
                    found.beside[name] = _small_clinic(runtime)
                    _until(partial(_is_at, large, State.REVIEWING), large)
                found.wrong += [f"{name}: {line}" for line in _wrong(large, rows)]
    return found


def _begun(runtime: Runtime, name: str, rows: int) -> Clinic:
    """A clinic whose export holds one poison in its middle, at the moment when its trial begins."""
    clinic = clinic_in(runtime, source=failing_on_request.NAME)
    files = clinic_files(rows, 20)
    clinic.hand_over({**files, "Patients.csv": files["Patients.csv"].replace(f"Lee{rows // 2},", f"{name},")})
    clinic.drain()
    clinic.start_trial()
    return clinic


def _was_tried(clinic: Clinic) -> bool:
    """Whether the poison has bitten."""
    return any(work.attempts > 1 for work in clinic.work())


def _is_at(clinic: Clinic, state: State) -> bool:
    return clinic.state() is state


def _small_clinic(runtime: Runtime) -> float:
    """Seconds from a small clinic's hand-over to its review."""
    clinic = clinic_in(runtime, workspace="wsp_small")
    began = time.monotonic()
    clinic.hand_over(clinic_files(4, 2))
    _until(partial(_is_at, clinic, State.MATCHING), clinic)
    clinic.start_trial()
    _until(partial(_is_at, clinic, State.REVIEWING), clinic)
    return time.monotonic() - began


def _until(claim: Callable[[], bool], clinic: Clinic) -> None:
    def is_true() -> bool:
        if clinic.state().value.endswith("_failed"):
            raise RuntimeError(f"the clinic's move is {clinic.state()}")
        return claim()

    until(is_true, LONGEST)


def _wrong(clinic: Clinic, rows: int) -> list[str]:
    patients = next(kind for kind in clinic.trial.kinds if kind["kind"] == "patients")
    wrong = [] if clinic.trial.balanced else ["the trial does not balance"]
    if (patients["read"], patients["created"], patients["held"]) != (rows, rows - 1, 1):
        wrong.append(f"{patients['read']} read, {patients['created']} created, {patients['held']} held")
    if "row_quarantined" not in clinic.codes(clinic.work(phase="parts")[0].run):
        wrong.append("the row is not named")
    most = max(work.attempts for work in clinic.work()) - 1  # the turn that lays it aside is no try
    if most > TRIES:
        wrong.append(f"a piece was tried {most} times")
    return wrong


def take(long: bool) -> Reached:
    found = poisoned(LONG_ROWS if long else ROWS)
    beside = ", ".join(f"{name.lower()} {taken:.0f} s" for name, taken in found.beside.items())
    words = f"3 of 3 held alone; another clinic took {found.alone:.0f} s alone, beside one that {beside}"
    ok = not found.wrong and len(found.beside) == len(POISONS) and found.delay <= LONGEST_DELAY
    return Reached(words if not found.wrong else "; ".join(found.wrong[:3]), ok, why=tuple(found.wrong))


MEASURES = (
    Measure(
        f"a row that kills, hangs or exhausts, among {ROWS:,}, and another clinic meanwhile",
        "held after 3 tries, all others there, at most 60 s later",
        take,
    ),
)
