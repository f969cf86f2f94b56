"""Stored records and accounts of trials are changed behind the product's back: each is caught or has no effect."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.caspen.statements import at
from app.caspen.tables import OBJECTS
from app.golive.live_check import check_live
from app.migration.advance import GuardRefused
from app.migration.states import State
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.figures.figure import Measure, Reached
from tests.harness.waiting import patience
from tests.world.altered import exchanged, flipped, kept_in, removed
from tests.world.bases import UNPROVEN, Bases, made_in
from tests.world.ledger_lies import LIES
from tests.world.move import approve_as_the_page_does, state, time_passes
from tests.world.stray import STORE_KINDS, only_move, trial
from tests.world.tampering import Tamper, kinds

BEFORE, REVIEWED, LIVE = "before reconcile", "after review", "live"
MOMENTS = (BEFORE, REVIEWED, LIVE)
BASES = {BEFORE: UNPROVEN, REVIEWED: State.REVIEWING.value, LIVE: State.FINALISED.value}
Contents = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Case:
    """One change at one moment. `act` returns whether there was anything to change."""

    name: str
    moment: str
    act: Callable[[Runtime, int], bool]


def cases() -> list[Case]:
    """Every kind of change at every moment: to the trial until it is live, and then to the live workspace.

    The ledger's account of the trial is changed after the review alone: the reconciliation writes the account.
    """
    found = []
    for tamper in kinds():
        found += [Case(tamper.name, moment, _in_store(tamper, moment)) for moment in MOMENTS]
    for name, how in (("flipped", flipped), ("exchanged", exchanged), ("removed", removed), ("truncated", truncated)):
        found += [Case(f"a file's bytes {name}", moment, _in_files(how, moment)) for moment in MOMENTS]
    for name, act in STORE_KINDS.items():
        found += [Case(name, moment, _as_is(act)) for moment in MOMENTS]
    found += [Case(name, REVIEWED, _as_is(lie)) for name, lie in LIES.items()]
    return found


def truncated(path: Path, *_: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _in_store(tamper: Tamper, moment: str) -> Callable[[Runtime, int], bool]:
    def act(runtime: Runtime, which: int) -> bool:
        return tamper.act(runtime.caspen.live if moment == LIVE else trial(runtime), which)

    return act


def _in_files(how: Callable[..., None], moment: str) -> Callable[[Runtime, int], bool]:
    def act(runtime: Runtime, which: int) -> bool:
        kept = kept_in(runtime.settings.files_folder if moment == LIVE else runtime.objects.root)
        how(*(kept[which % len(kept) :] + kept)[:2])
        return True

    return act


def _as_is(act: Callable[[Runtime], bool]) -> Callable[[Runtime, int], bool]:
    return lambda runtime, _which: act(runtime)


def live_contents(runtime: Runtime) -> Contents:
    """Everything that is live, by table and record; the moment of going live as a word."""
    moment = (only_move(runtime).report or {}).get("moment")
    found: Contents = {}
    with runtime.caspen.live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            table = str(model.__tablename__)
            rows = connection.execute(sa.text(f"SELECT * FROM {at(runtime.caspen.live.schema, table)}")).mappings()
            found[table] = {
                f"{row['workspace_id']}/{row['id']}": {k: "moment" if v and v == moment else v for k, v in row.items()}
                for row in rows
            }
    return found


def judge(bases: Bases, honest: Contents, case: Case, which: int, folder: Path) -> str:
    """The result of a change: caught, without effect, not possible here, or (empty) undetected."""
    with bases.copy(BASES[case.moment], folder) as runtime:
        if not case.act(runtime, which):
            return "nothing to change"
        if case.moment != LIVE:
            return _went(runtime, bases.migration_id, honest)
        checks = list(check_live(runtime))
        if any(not check.holds for check in checks):
            return "caught"
        return "without effect" if live_contents(runtime) == honest else ""


def _went(runtime: Runtime, migration_id: str, honest: Contents) -> str:
    for _ in range(6):
        drain(runtime, migration_id, patience(60), WorkerTurn("worker"))
        at_state = state(runtime, migration_id)
        if at_state is State.REVIEWING:
            try:
                approve_as_the_page_does(runtime, migration_id)
            except GuardRefused:
                return "caught"
        elif at_state.value.endswith("_failed"):
            return "caught"
        elif at_state is State.FINALISED:
            break
        else:
            time_passes(runtime)
    if state(runtime, migration_id) is not State.FINALISED:
        return ""
    if live_contents(runtime) == honest:
        return "without effect"
    return "caught" if any(not check.holds for check in check_live(runtime)) else ""


def tried(chosen: Sequence[Case]) -> Reached:
    with tempfile.TemporaryDirectory() as home:
        bases = made_in(Path(home))
        with bases.copy(State.FINALISED, Path(home) / "honest") as runtime:
            honest = live_contents(runtime)
            assert all(check.holds for check in check_live(runtime)), "an honest move is called wrong"
        unseen, count = [], 0
        for which, case in enumerate(chosen):
            came_to = judge(bases, honest, case, which, Path(home) / "case")
            count += came_to != "nothing to change"
            if not came_to:
                unseen.append(f"{case.moment}: {case.name}")
    names = len({case.name for case in chosen})
    words = f"{names} kinds, {count} changes at {len(MOMENTS)} moments: {count - len(unseen)} of {count}"
    return Reached(f"{words} caught or without effect", ok=not unseen and count > 0, why=tuple(unseen))


def take(long: bool) -> Reached:
    """All of them, or each kind at one of the moments."""
    every = cases()
    return tried(every if long else [case for n, case in enumerate(every) if n % 3 == n // 3 % 3])


MEASURES = (
    Measure(
        "lies beside the digest that are caught or have no effect",
        "60 lies x 3 moments, and every change to a trial's account: all of them",
        take,
    ),
)
