"""PostgreSQL's answer to a COMMIT is lost with its connection: the work looks up the result and never assumes it."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from app.migration.advance import advance
from app.migration.states import Event, State
from app.trial.trial_context import trial_contexts
from app.worker.runtime import Runtime, open_runtime
from tests.figures.again import postgres
from tests.figures.figure import Measure, Reached
from tests.harness.clinic import settings_in
from tests.harness.waiting import Ceiling
from tests.world import accounted, history_legal, nothing_early, one_each, same_content
from tests.world.bases import made_in
from tests.world.cut_commits import CuttingLine
from tests.world.export import planted
from tests.world.left import Left
from tests.world.move import MEGAN, arrive, finish, hand_over, state, time_passes

EVERY = 15
LONGEST = 240.0
CHECKS = (one_each.check, accounted.check, same_content.check, nothing_early.check, history_legal.check)


@dataclass
class Found:
    """How many commits had an unknown result, and the faults at the end."""

    cut: int = 0
    wrong: list[str] = field(default_factory=list)


def unknown(commits: int) -> Found:
    """Moves the small export again and again until so many answers were lost."""
    found = Found()
    with tempfile.TemporaryDirectory(prefix="caspen-unknown-") as folder, postgres() as url:
        reference = made_in(Path(folder) / "bases").live
        at = urlsplit(url)
        run = 0
        while found.cut < commits and run < commits:
            run += 1
            names = [f"{name}_{run}" for name in ("ledger", "caspen")]
            with psycopg.connect(url, autocommit=True) as connection:
                for name in names:
                    connection.execute(f'CREATE DATABASE "{name}"'.encode())
            line = CuttingLine(str(at.hostname), int(at.port or 5432), EVERY + run)
            ledger, caspen = (f"postgresql://{at.username}@127.0.0.1:{line.port}/{name}" for name in names)
            settings = settings_in(Path(folder) / f"run-{run}", database_url=ledger, caspen_database_url=caspen)
            runtime = open_runtime(settings)
            try:
                found.wrong += [f"run {run}: {one}" for one in _moved(runtime, line, reference)]
            finally:
                found.cut += line.cut
                trial_contexts.clear()
                runtime.close()
                line.close()
    return found


def _moved(runtime: Runtime, line: CuttingLine, reference: dict[str, dict[str, str]]) -> list[str]:
    export, manifest = planted()
    migration_id = arrive(runtime)
    hand_over(runtime, migration_id, export)
    ceiling = Ceiling(LONGEST)
    while state(runtime, migration_id) is not State.FINALISED:
        if ceiling.is_over:
            return [f"the move stands still: {state(runtime, migration_id)}"]
        if state(runtime, migration_id).value.endswith("_failed"):  # it says so, and somebody presses the button
            with runtime.ledger.write() as session:
                advance(session, migration_id, Event.RETRY, MEGAN)
        line.armed = True
        try:
            finish(runtime, migration_id)
        except Exception:
            line.armed = False  # whoever lost its line has ended; another worker comes, a little later
            trial_contexts.clear()
        line.armed = False
        time_passes(runtime)
    left = Left(runtime, manifest, reference)
    return [one for check in CHECKS for one in check(left)]


def take(long: bool) -> Reached:
    commits = 100 if long else 20
    try:
        found = unknown(commits)
    except pytest.skip.Exception as missing:
        return Reached("not taken", ok=False, why=(str(missing),))
    words = f"{found.cut} unknown commits, {len(found.wrong)} lost, doubled or changed"
    return Reached(words, not found.wrong and found.cut >= commits, why=tuple(found.wrong[:30]))


MEASURES = (Measure("PostgreSQL cut after COMMIT, before its answer", "20 unknown commits, 0 lost or doubled", take),)
