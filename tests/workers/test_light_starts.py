"""A process loads what its work needs: each kind of process starts once, and says what it has loaded and what it cost.

The cost is compared with that of `import sqlalchemy` at the same time, so that a slow or busy machine changes nothing.
"""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache

import pytest

from app.migration.states import State
from app.worker.phases import phases_of
from app.worker.stages import STAGES

TOOLKIT = "import sqlalchemy"
HELP = "from typer.testing import CliRunner; from app.cli import app; CliRunner().invoke(app, ['--help'])"
CHILD = "import workers.child"
SUPERVISOR = "import workers.supervisor"
READER = "import app.isolated.server"
READ = "import app.cli, app.commands.read"
TRIAL = "import app.cli, app.commands.trial"

WEB = {"fastapi", "starlette", "uvicorn", "arq", "alembic"}
FETCHES = {"httpx", "httpcore", "h11", "app.links.provider_registry", "app.fetch.fetch_export"}
TABLES = {"sqlalchemy", "sqlmodel", "psycopg"}
PAGES = {"app.main", "app.web", "app.wizard", "app.support", "app.signin", "app.sandbox"}
SHOWS = {"jinja2", "app.templating"}
LIVE = {"app.golive.finalise", "app.golive.undo_migration"}
NEVER = {
    HELP: {*FETCHES, *TABLES, *SHOWS, *LIVE, "pydantic", "app.sources", "app.settings", "app.mapping"},
    CHILD: {*FETCHES, *SHOWS, *LIVE, "app.trial.load", "app.reading.reading_stage", "app.notify"},
    SUPERVISOR: {*LIVE, "app.trial.load", "app.reading.reading_stage"},  # it writes e-mails and looks at links again
    READER: {*TABLES, *SHOWS, *LIVE, "app.migration", "app.settings", "app.trial.load"},
    READ: LIVE,
    TRIAL: set(),
}
"""Programs, and what a process of each may not have loaded. `WEB`, `PAGES` and generators of samples: no process."""
NEVER_IN_A_STATE = {
    State.FETCHING: {*LIVE, *SHOWS, "app.trial.load", "app.reading.reading_stage"},
    State.READING: {*FETCHES, *LIVE, *SHOWS, "app.trial.load"},
    State.TRIALLING: {*FETCHES, *LIVE, *SHOWS},
    State.FINALISING: {*FETCHES, *SHOWS, "app.reading.reading_stage"},
    State.UNDOING: {*FETCHES, *SHOWS, "app.reading.reading_stage"},
}
COSTS = {HELP: 1.0, CHILD: 6.0, SUPERVISOR: 6.5, READER: 3.5}
"""How many times the cost of `import sqlalchemy` a start may cost. It costs about two thirds of this."""
TRIES = 3

REPORT = """
import sys, time
sys.stdout.write(f"\\n{time.process_time()} {' '.join(sys.modules)}\\n")
"""
STATES = """
import os, sys, workers.child
from app.migration.states import State
from app.worker.phases import phases_of
for name in sys.argv[1:]:
    if os.fork() == 0:
        phases_of(State(name))
        print(name, *sys.modules, flush=True)
        os._exit(0)
    os.wait()
"""


@dataclass(frozen=True)
class Start:
    """What a process has loaded, and its processor time in seconds."""

    loaded: frozenset[str]
    seconds: float


def _run(program: str, *words: str) -> list[str]:
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _start_anew(program: str) -> Start:
    seconds, *loaded = _run(program + REPORT)[-1].split()
    return Start(frozenset(loaded), float(seconds))


_start = cache(_start_anew)


@cache
def _loaded_by_state() -> dict[State, frozenset[str]]:
    """What a worker's child has loaded when it works on each state first."""
    lines = (line.split() for line in _run(STATES, *STAGES))
    return {State(name): frozenset(loaded) for name, *loaded in lines}


def _unwanted(loaded: frozenset[str], never: set[str]) -> list[str]:
    generators = {name for name in loaded if name.startswith("app.sources.") and ".sample" in name}
    return sorted(loaded & (never | WEB | PAGES) | generators)


@pytest.mark.parametrize("program", NEVER)
def test_a_process_loads_only_what_its_work_needs(program: str) -> None:
    assert _unwanted(_start(program).loaded, NEVER[program]) == []


@pytest.mark.parametrize("state", STAGES)
def test_a_child_loads_the_work_of_its_state_alone(state: State) -> None:
    assert _unwanted(_loaded_by_state()[state], NEVER_IN_A_STATE[state]) == []


@pytest.mark.parametrize("program", COSTS)
def test_a_start_costs_a_few_times_the_import_of_the_database_toolkit(program: str) -> None:
    """Other processes disturb a start at times, so that one of a few tries has to be cheap enough."""
    times = [_start(program).seconds / _start(TOOLKIT).seconds]
    while min(times) >= COSTS[program] and len(times) < TRIES:
        times.append(_start_anew(program).seconds / _start_anew(TOOLKIT).seconds)
    assert min(times) < COSTS[program], f"{min(times):.1f} times the import of SQLAlchemy"


@pytest.mark.parametrize("state", STAGES)
def test_the_work_of_a_state_has_the_phases_that_the_table_of_states_names(state: State) -> None:
    assert tuple(phase.name for phase in phases_of(state)) == STAGES[state].phases
