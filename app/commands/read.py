"""`caspen-import read`: what is in an export, without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.commands.answers import of_export, of_problem
from app.commands.drive import Driver, WaitedEnough
from app.commands.options import must_be_usable, settings_must_be_usable
from app.commands.private import begin_private, cannot_be_opened, private_engine
from app.errors import Stop
from app.migration.models import Migration
from app.migration.states import State
from app.problems import Level, Problem

NOTHING: dict[str, Any] = {
    "export": {"sha256": None, "files": []},
    "inventory": {},
    "references": {"businesses": [], "practitioners": [], "appointment_types": []},
    "problems": [],
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says, and its exit status."""

    told: dict[str, Any]
    status: int


def read(export: str, *, wait: float, keep: Path | None = None, password: str = "") -> Answer:
    """Reads an export in a private engine. Status 2 when nothing could be read. `password` is of locked zips.

    Raises BadOption before any work begins."""
    settings_must_be_usable()
    must_be_usable(keep=keep, wait=wait)
    if (problem := cannot_be_opened(export)) is not None:
        return refused(problem)
    with private_engine(keep=keep) as runtime:
        try:
            migration = begin_private(runtime, export, password=password)
        except Stop as stop:
            return refused(stop.problem)
        try:
            with Driver(runtime, wait=wait) as driver:
                state = driver.run(migration.id, "Reading")
        except Stop as stop:
            return refused(stop.problem)
        except WaitedEnough as waited:
            return refused(Problem(waited.code, level=Level.STOPS))
        with runtime.ledger.read() as session:
            told = of_export(session, session.get_one(Migration, migration.id))
        return Answer(told, 0 if state is State.MATCHING else 2)


def refused(problem: Problem, **more: Any) -> Answer:
    """Nothing could be read, and why."""
    return Answer({**NOTHING, **more, "problems": [of_problem(problem)]}, 2)
