"""`caspen-import trial`: reads an export, matches by suggestion, tries it and proves it, in a private database."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from app.caspen.dump import dump
from app.caspen.facts import workspace_facts
from app.caspen.gateway import Gateway
from app.caspen.native import native_fields
from app.caspen.tables import Workspace
from app.commands.answers import of_trial
from app.commands.drive import Driver, WaitedEnough
from app.commands.file_answers import must_fit_columns, says_of_files, with_files
from app.commands.files import GivenWorkspace, answered, read_workspace, set_up
from app.commands.options import must_be_usable, settings_must_be_usable
from app.commands.plan_fits import must_fit, must_fit_alone
from app.commands.private import BY, begin_private, cannot_be_opened, live_workspace_id, private_engine
from app.commands.read import Answer, refused
from app.db import now
from app.engine.heartbeat import nothing
from app.engine.inventory import Inventory
from app.engine.runtime import Runtime
from app.engine.trial_check import trial_fault
from app.engine.zones import places_of
from app.errors import Stop
from app.migration.exports import current_export, files_of, read_again
from app.migration.guards import export_kept
from app.migration.models import Migration
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from app.migration.trials import approve, current_trial, start_trial
from app.problems import Problem
from app.sources import SOURCES, source

PLACE = "Main location"  # of a workspace of our own making, when the export names no place

NO_TRIAL: dict[str, Any] = {
    "kinds": [],
    "balanced": False,
    "digest": "",
    "seconds": {"read": 0.0, "trial": 0.0, "reconcile": 0.0},
    "peak_rss_mb": 0.0,
}


@dataclass(frozen=True, slots=True)
class Options:
    """How to try an export."""

    workspace: Path | None = None
    plan: Path | None = None
    database: str | None = None
    finalise: bool = False
    workers: int = 1
    records: Path | None = None
    keep: Path | None = None
    wait: float = 30.0
    password: str = field(default="", repr=False)


def trial(export: str, options: Options) -> Answer:
    """Status 0 when the trial balances (and went live, where that was asked), 1 when not, 2 when nothing was read.

    Raises BadOption and, for a workspace or plan file that cannot be, BadFile."""
    settings_must_be_usable()
    must_be_usable(keep=options.keep, records=options.records, database=options.database, wait=options.wait)
    given = read_workspace(options.workspace) if options.workspace else None
    if options.plan is not None:
        must_fit_alone(options.plan, next(iter(SOURCES.values())))
    if (problem := cannot_be_opened(export)) is not None:
        return refused(problem, **NO_TRIAL)
    if options.finalise and not options.database:
        return refused(Problem("finalise_without_database"), **NO_TRIAL)
    with private_engine(options.database or "", options.keep) as runtime:
        try:
            return _try(runtime, export, given, options)
        except Stop as stop:
            return refused(stop.problem, **NO_TRIAL)
        except WaitedEnough as waited:
            return refused(Problem(waited.code), **NO_TRIAL)


def _try(runtime: Runtime, export: str, given: GivenWorkspace | None, options: Options) -> Answer:
    began = time.monotonic()
    if given is None:
        migration = begin_private(runtime, export, password=options.password)
    else:
        migration = begin_private(
            runtime,
            export,
            name=given.name,
            timezone=given.timezone,
            country=given.country,
            password=options.password,
        )
        set_up(runtime, live_workspace_id(given.name), given)
    with Driver(runtime, options.workers, options.wait) as driver:
        state = driver.run(migration.id, "Reading")
        if options.plan is not None and says_of_files(options.plan):
            state = _read_again(runtime, migration.id, driver, options.plan)
        read_seconds = time.monotonic() - began
        if state is State.MATCHING:
            _decide(runtime, migration.id, options.plan, fits=given is None)
            with runtime.ledger.write() as session:
                start_trial(session, migration.id, BY, lambda *_: None)
            state = driver.run(migration.id, "Trial")
        is_whole = state is not State.REVIEWING or _is_whole(runtime, migration.id)
        if state is State.REVIEWING and is_whole:
            state = _finish(runtime, migration.id, driver, options)
    with runtime.ledger.read() as session:
        ended = session.get_one(Migration, migration.id)
        tried = current_trial(session, ended)
        told = of_trial(session, ended, tried, driver.peak_mb, read_seconds, is_whole=is_whole)
    return Answer(told, _status(state, told["balanced"], options))


def _read_again(runtime: Runtime, migration_id: str, driver: Driver, answers: Path) -> State:
    """What the plan says of files can only be held against files that have been found; then they are read with it."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        files = files_of(session, migration_id, migration.export_number)
    if not files or State(migration.state) not in (State.MATCHING, State.READING_FAILED):
        return State(migration.state)
    plan = with_files(plan_of(migration), answers, files, source(migration.source))
    with runtime.ledger.write() as session:
        read_again(session, migration_id, plan, BY, guard=export_kept)
    state = driver.run(migration_id, "Reading again")
    with runtime.ledger.read() as session:
        files = files_of(session, migration_id, migration.export_number + 1)
    must_fit_columns(plan, answers, files, source(migration.source))
    return state


def _is_whole(runtime: Runtime, migration_id: str) -> bool:
    """Whether the trial is what its parts came to: nothing else has changed its account or its records."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        tried = current_trial(session, migration)
    return tried is None or trial_fault(runtime, migration, tried, thorough=False) is None


def _finish(runtime: Runtime, migration_id: str, driver: Driver, options: Options) -> State:
    """Writes the records out, and brings the trial live where that was asked and the trial balances."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        tried = current_trial(session, migration)
    assert tried is not None  # noqa: S101 - a trial that is reviewed was made
    if options.records is not None:
        dump(runtime.caspen.trial(migration_id, tried.number), migration.workspace_id, options.records)
    if not options.finalise or not tried.balanced:
        return State.REVIEWING
    with runtime.ledger.write() as session:
        approve(session, migration_id, tried.digest, BY, lambda *_: None)  # nobody is asked here; the problems say it
    state = driver.run(migration_id, "Going live")
    if state is State.FINALISED:
        runtime.caspen.drop_trial(runtime.caspen.trial(migration_id, tried.number))
    return state


def _decide(runtime: Runtime, migration_id: str, answers: Path | None, *, fits: bool) -> None:
    """The sure suggestions stand in the plan already. A workspace of our own making fits the export's own place."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
    plan = plan_of(migration)
    if fits:
        found = [(r.values.get("timezone"), r.values.get("country_code")) for r in _places(runtime, migration)]
        if found:
            timezone, country = Counter(found).most_common(1)[0][0]
            plan = plan.model_copy(
                update={"timezone": str(timezone or plan.timezone), "country": str(country or plan.country)}
            )
            with runtime.caspen.live.database.write() as session:
                _fit(session, migration.workspace_id, plan.timezone, plan.country)
        elif plan.default_location is None:  # no business is named; those that are matched have their place already
            plan = plan.model_copy(update={"default_location": _one_place(runtime, migration.workspace_id)})
    if answers is not None:
        facts = workspace_facts(runtime.caspen, migration.workspace_id)
        plan = answered(plan, answers, facts)
        own = native_fields(runtime.caspen, migration.workspace_id).values()
        fields = frozenset(field.id for field in own)
        must_fit(plan, answers, facts, _inventory(runtime, migration), fields)
    with runtime.ledger.write() as session:
        save_plan(session, migration_id, plan, BY, confirmed=True)


def _inventory(runtime: Runtime, migration: Migration) -> Inventory:
    with runtime.ledger.read() as session:
        export = current_export(session, migration)
    return Inventory.from_json(export.inventory) if export and export.inventory else Inventory()


def _one_place(runtime: Runtime, workspace_id: str) -> str:
    """The place of a clinic whose export names none: visits must have one."""
    there = workspace_facts(runtime.caspen, workspace_id).locations
    return there[0].id if there else Gateway(runtime.caspen, workspace_id, "command line").add_location(PLACE)


def _places(runtime: Runtime, migration: Migration) -> list[Any]:
    return list(places_of(runtime, migration, plan_of(migration), now(), nothing))


def _fit(session: Session, workspace_id: str, timezone: str, country: str) -> None:
    workspace = session.get_one(Workspace, workspace_id)
    workspace.timezone, workspace.country_code = timezone, country
    session.add(workspace)


def _status(state: State, balanced: bool, options: Options) -> int:
    if state in {State.FETCHING_FAILED, State.READING_FAILED}:
        return 2
    wanted = State.FINALISED if options.finalise else State.REVIEWING
    return 0 if balanced and state is wanted else 1
