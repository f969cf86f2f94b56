"""The result of one export in one shape: the trial is approved and goes live, and its content is compared with CSV."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.golive.live_check import check_live
from app.migration.states import State
from app.problems import Level
from tests.harness.clinic import clinic_in, runtime_in
from tests.shapes.export import BESIDE, KINDS
from tests.shapes.shapes import REFERENCE, Files, Shape

STAYS = (Level.REFUSED, Level.SKIPPED)
WRONG = ("rows_miscounted", "cells_not_found", "cells_in_doubt", "not_verified", "row_quarantined")


@dataclass(frozen=True)
class Outcome:
    """`digest` is that of the approved trial, which the live records have been proven to be equal to."""

    digest: str
    wrong: tuple[str, ...]


def tried(files: Files, **settings: object) -> Outcome:
    """Reads, tries, approves and finalises an export. `wrong` names the faults."""
    with tempfile.TemporaryDirectory() as folder, runtime_in(Path(folder) / "var", **settings) as runtime:
        clinic = clinic_in(runtime)
        clinic.hand_over(files)
        clinic.drain()
        if clinic.state() is not State.MATCHING:
            return Outcome("", (f"reading ended in {clinic.state().value}",))
        clinic.start_trial()
        clinic.drain()
        if clinic.state() is not State.REVIEWING:
            return Outcome("", (f"the trial ended in {clinic.state().value}",))
        codes = clinic.codes("trial:1") | clinic.codes("export:1")
        wrong = [code for code in WRONG if code in codes]
        if not clinic.trial.balanced:
            return Outcome("", (*wrong, "not balanced"))
        clinic.finalised()
        if clinic.state() is not State.FINALISED or not all(found.holds for found in check_live(runtime)):
            wrong.append("live is not what was approved")
        return Outcome(clinic.trial.digest, tuple(wrong))


@cache
def reference() -> Outcome:
    """The outcome of the reference export, which others are compared with. Each process makes it once."""
    return tried(REFERENCE.files())


def alone(shape: Shape, kind: str) -> Files:
    """The export with one kind in a shape, and all others as csv."""
    own = shape.whole({kind: KINDS[kind]}) if shape.whole else shape.write(kind, KINDS[kind])
    others = REFERENCE.files({name: rows for name, rows in KINDS.items() if name != kind})
    return shape.wrap({**others, **own, **BESIDE})


def refusals(shape: Shape) -> dict[str, str]:
    """By kind, the code with which its file is refused in this shape, together with a readable table of clients."""
    files = {**shape.files(), "clients.csv": REFERENCE.write("patients", KINDS["patients"])["patients.csv"]}
    with tempfile.TemporaryDirectory() as folder, runtime_in(Path(folder) / "var") as runtime:
        clinic = clinic_in(runtime)
        clinic.hand_over(files)
        clinic.drain()
        codes = {line.file: line.code for line in clinic.problems("export:1") if line.level in STAYS}
    return {kind: codes.get(next(iter(shape.write(kind, rows))), "accepted") for kind, rows in KINDS.items()}
