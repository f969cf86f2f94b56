"""`caspen-import read`: shows the content of an export, without importing it."""

from dataclasses import dataclass
from pathlib import Path

from app.commands.drive import Driver, WaitedEnough
from app.commands.json_output import JsonAnswer, TrialNumbers, of_export, of_problem
from app.commands.options import must_be_usable, settings_must_be_usable
from app.commands.private import begin_private, export_given, private_engine
from app.errors import Stop
from app.index.use_counts import REPORTED
from app.migration.models import Migration
from app.migration.states import State
from app.problems import Level, Problem
from app.sources import source

NOTHING: JsonAnswer = {
    "export": {"sha256": None, "files": []},
    "inventory": {},
    "references": {source().name_with(role): [] for role in REPORTED},
    "problems": [],
}


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """A command's JSON answer, and its exit status."""

    content: JsonAnswer
    status: int


def read(export: str, *, wait: float, keep: Path | None = None, password: str = "") -> CommandAnswer:
    """Reads an export in a private engine. Status 2 when nothing could be read. `password` opens locked zips.

    Raises BadOption before any work begins.
    """
    settings_must_be_usable()
    must_be_usable(keep=keep, wait=wait)
    try:
        opened = export_given(export)
    except Stop as stop:
        return refused(stop.problem)
    with private_engine(keep=keep) as runtime:
        try:
            migration = begin_private(runtime, opened, password=password)
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
            content = of_export(session, session.get_one(Migration, migration.id))
        return CommandAnswer(content, 0 if state is State.MATCHING else 2)


def refused(problem: Problem, numbers: TrialNumbers | None = None) -> CommandAnswer:
    """The answer when nothing could be read, with the reason. `numbers` are those of a trial that was not made."""
    content: JsonAnswer = {**NOTHING, "problems": [of_problem(problem)]}
    return CommandAnswer({**content, **numbers} if numbers is not None else content, 2)
