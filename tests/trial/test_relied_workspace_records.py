"""A trial refers to records that it does not bring, and goes live only while they are as the trial found them.

For each kind of record that a trial can rely on: an earlier move that brought it is undone, or people delete it,
before the approval or between the approval and going live.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.caspen.digests import Digest
from app.caspen.gateway import Gateway
from app.caspen.live_counts import count_live
from app.caspen.promote import Promotion, promote
from app.caspen.statements import at, fetch
from app.caspen.tables import OBJECTS
from app.golive.live_check import check_live
from app.mapping.plan import Choice
from app.migration.advance import GuardRefused
from app.migration.models import Work
from app.migration.plans import plan_of, save_plan
from app.migration.states import Event, State
from app.migration.trials import approve
from app.trial.trial_damage import trial_fault, whole_trial
from app.worker.runtime import Runtime
from tests.harness.clinic import (
    MEGAN,
    WORKSPACE,
    Clinic,
    appointments,
    clinic_files,
    clinic_in,
    patients,
    runtime_in,
    runtime_of_copy,
)
from tests.harness.waiting import patience

WHEN = ("before the approval", "between the approval and going live")
MATCHED = ("locations", "practitioners", "services", "clients")  # by a choice of the clinic
NAMED = ("cancellation_reasons", "referral_types")  # by their name
PEOPLES = (*MATCHED, *NAMED)


def files() -> dict[str, str]:
    more = {"Referral Type": "Newspaper"}
    return {**clinic_files(3, 4), "Patients.csv": patients(3, **more), "Appointments.csv": appointments(4, 3, "Sick")}


def opened(clinic: Clinic, choices: dict[str, dict[str, Choice]]) -> Clinic:
    """A clinic with a trial, and its matches."""
    clinic.hand_over(files())
    clinic.drain()
    with clinic.runtime.ledger.write() as session:
        plan = plan_of(clinic.migration).model_copy(update=choices)
        save_plan(session, clinic.id, plan, MEGAN, confirmed=True)
    clinic.start_trial()
    clinic.drain()
    assert clinic.state() is State.REVIEWING
    assert clinic.trial.balanced
    return clinic


def made_by_people(runtime: Runtime) -> tuple[Gateway, dict[str, str]]:
    """One record of each kind on which a trial can rely, as people made it."""
    gateway = Gateway(runtime.caspen, WORKSPACE, MEGAN.name)
    practitioner = gateway.invite_user("Sam Lee", "sam@harbour.example", "practitioner", invite="accepted")
    assert practitioner.practitioner_id is not None
    return gateway, {
        "locations": gateway.add_location("Main Street"),
        "practitioners": practitioner.practitioner_id,
        "services": gateway.add_service("Initial"),
        "clients": gateway.add("clients", {"first_name": "Ann", "last_name": "Lee0"}),
        "cancellation_reasons": gateway.add("cancellation_reasons", {"name": "Sick"}),
        "referral_types": gateway.add("referral_types", {"name": "Newspaper"}),
    }


def choices_of(ids: dict[str, str]) -> dict[str, dict[str, Choice]]:
    row = {"locations": "5", "practitioners": "7", "services": "9", "clients": "1000"}
    return {table: {row[table]: Choice(to="match", id=ids[table])} for table in MATCHED}


@dataclass(frozen=True)
class Prepared:
    """A clinic in a folder of its own. `ids` are the records of people on which its trial relies."""

    clinic: Clinic
    ids: dict[str, str]

    @property
    def runtime(self) -> Runtime:
        return self.clinic.runtime

    @property
    def gateway(self) -> Gateway:
        return Gateway(self.runtime.caspen, WORKSPACE, MEGAN.name)


Prepare = Callable[[Runtime], Prepared]


def relying_on_people(runtime: Runtime) -> Prepared:
    clinic = clinic_in(runtime)
    _, ids = made_by_people(runtime)
    return Prepared(opened(clinic, choices_of(ids)), ids)


def gone_live(runtime: Runtime) -> Prepared:
    clinic = clinic_in(runtime).tried(files()).finalised()
    assert clinic.state() is State.FINALISED
    return Prepared(clinic, {})


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Prepare], tuple[Path, str, dict[str, str]]]:
    """Prepares a clinic once for all tests: its folder, its id and the records of people."""

    @cache
    def make(prepare: Prepare) -> tuple[Path, str, dict[str, str]]:
        folder: Path = tmp_path_factory.mktemp(prepare.__name__) / "var"
        with runtime_in(folder) as runtime:
            prepared = prepare(runtime)
            return folder, prepared.clinic.id, prepared.ids

    return make


def copied(made: tuple[Path, str, dict[str, str]], to: Path) -> Iterator[Prepared]:
    folder, migration_id, ids = made
    with runtime_of_copy(folder, to) as runtime:
        yield Prepared(Clinic(runtime, migration_id), dict(ids))


@pytest.fixture
def relying(made_once: Callable[[Prepare], tuple[Path, str, dict[str, str]]], tmp_path: Path) -> Iterator[Prepared]:
    """A clinic with a trial that relies on records of people: a copy for this test alone."""
    yield from copied(made_once(relying_on_people), tmp_path / "var")


@pytest.fixture
def live(made_once: Callable[[Prepare], tuple[Path, str, dict[str, str]]], tmp_path: Path) -> Iterator[Prepared]:
    """A clinic whose move went live: a copy for this test alone."""
    yield from copied(made_once(gone_live), tmp_path / "var")


def lead_nowhere(runtime: Runtime) -> list[str]:
    """Every live reference to nothing, read record by record."""
    live, found = runtime.caspen.live, []
    with live.database.connection(reading=True) as connection:
        there = {
            str(model.__tablename__): {
                row[0] for row in fetch(connection, f'SELECT "id" FROM {at(live.schema, str(model.__tablename__))}')
            }
            for model in OBJECTS
        }
        for model in OBJECTS:
            for reference in model.references:
                sql = f'SELECT "{reference.column}" FROM {at(live.schema, str(model.__tablename__))}'
                for (value,) in fetch(connection, sql):
                    target = json.loads(value) if reference.several and isinstance(value, str) else value
                    for one in target or () if reference.several else [target] if target else []:
                        if not any(one in there[table] for table in reference.tables):
                            found.append(f"{model.__tablename__}.{reference.column}")
    return found


def brought(clinic: Clinic) -> int:
    live, found = clinic.runtime.caspen.live, 0
    with live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            sql = f'SELECT count(*) FROM {at(live.schema, str(model.__tablename__))} WHERE "migration_id" = ?'
            found += fetch(connection, sql, (clinic.id,))[0][0]
    return found


def refused_then_tried_again(clinic: Clinic, change: Callable[[], object], when: str, words: str) -> None:
    """Makes the change at its moment: the trial is refused and writes nothing; a new trial of the clinic goes live."""
    if when == WHEN[0]:
        change()
        fault = trial_fault(clinic.runtime, clinic.migration, clinic.trial, thorough=False)
        assert fault is trial_fault(clinic.runtime, clinic.migration, clinic.trial, thorough=True)
        with pytest.raises(GuardRefused) as refused, clinic.runtime.ledger.write() as session:
            approve(session, clinic.id, clinic.trial.digest, MEGAN, lambda *_: None, (), whole_trial(fault))
        assert refused.value.problem.code == "trial_outdated"
    clinic.approve()  # as if nobody had looked: the promotion is the last wall
    if when == WHEN[1]:
        change()
    clinic.drain()
    assert clinic.state() is State.FINALISING_FAILED
    problem = clinic.migration.problem
    assert problem is not None
    assert problem["code"] == "trial_outdated"
    assert words in problem["details"]["what"]
    assert brought(clinic) == 0
    assert lead_nowhere(clinic.runtime) == []


def goes_live(clinic: Clinic) -> None:
    clinic.finalised()
    assert clinic.state() is State.FINALISED
    assert lead_nowhere(clinic.runtime) == []
    assert all(check.holds for check in check_live(clinic.runtime))


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("table", [*MATCHED, *NAMED, "nothing but names"])
def test_an_undone_move_outdates_the_trial(live: Prepared, table: str, when: str) -> None:
    older, runtime = live.clinic, live.runtime
    store = runtime.caspen.live
    choices: dict[str, dict[str, Choice]] = {}
    if table in MATCHED:
        with store.database.connection(reading=True) as connection:
            sql = f'SELECT min("id") FROM {at(store.schema, table)} WHERE "source_id" = ?'
            row = {"locations": "5", "practitioners": "7", "services": "9", "clients": "1000"}[table]
            ((found,),) = fetch(connection, sql, (row,))
        choices = {table: {row: Choice(to="match", id=found)}}
    newer = opened(clinic_in(runtime), choices)

    def undo() -> None:
        older.act(Event.UNDO)
        older.drain()
        assert older.state() is State.UNDONE

    refused_then_tried_again(newer, undo, when, "was taken back on")
    assert count_live(runtime.caspen, WORKSPACE).total == 0
    newer.act(Event.BACK_TO_REVIEW)
    newer.act(Event.CHANGE_PLAN)
    with runtime.ledger.write() as session:  # what was matched is gone: the rows come themselves
        nothing: dict[str, object] = {name: {} for name in MATCHED}
        plan = plan_of(newer.migration).model_copy(update={**nothing, "default_location": None})
        save_plan(session, newer.id, plan, MEGAN, confirmed=True)
    newer.start_trial()
    newer.drain()
    goes_live(newer)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("table", PEOPLES)
def test_a_deleted_record_outdates_the_trial_that_leads_to_it(relying: Prepared, table: str, when: str) -> None:
    def delete() -> None:
        relying.gateway.delete(table, relying.ids[table])

    refused_then_tried_again(relying.clinic, delete, when, "deleted in Caspen")


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("table", PEOPLES)
def test_a_record_that_is_simply_not_there_outdates_the_trial(relying: Prepared, table: str, when: str) -> None:
    def lose() -> None:
        with relying.runtime.caspen.live.database.connection() as connection:
            connection.execute(sa.text(f'DELETE FROM "{table}" WHERE "id" = :id'), {"id": relying.ids[table]})

    refused_then_tried_again(relying.clinic, lose, when, "Caspen has no longer")


@pytest.mark.parametrize("when", WHEN)
def test_other_acts_of_people_refuse_nothing(runtime: Runtime, when: str) -> None:
    clinic = clinic_in(runtime)
    gateway, ids = made_by_people(runtime)
    other = gateway.add_service("Another")
    gateway.delete("services", gateway.add_service("Deleted before the trial"))
    opened(clinic, choices_of(ids))
    if when == WHEN[1]:
        clinic.approve()
    gateway.archive("locations", ids["locations"])
    gateway.edit("services", ids["services"], {"name": "First visit"})
    gateway.delete("services", other)
    gateway.add_location("Second Street")
    if when == WHEN[0]:
        assert trial_fault(runtime, clinic.migration, clinic.trial, thorough=True) is None
        clinic.approve()
    clinic.drain()
    assert clinic.state() is State.FINALISED
    assert lead_nowhere(runtime) == []


def test_a_second_move_without_changes_goes_live_and_outlives_the_first(live: Prepared) -> None:
    older, runtime = live.clinic, live.runtime
    newer = opened(clinic_in(runtime), {})
    (found,) = [work.result["by_name"] for work in newer.work(phase="made")]
    assert set(NAMED) <= set(found)
    goes_live(newer)
    older.act(Event.UNDO)
    older.drain()
    assert lead_nowhere(runtime) == []


def test_a_trial_from_before_this_was_kept_still_leads_nowhere_never(live: Prepared) -> None:
    older, runtime = live.clinic, live.runtime
    newer = opened(clinic_in(runtime), {})
    with runtime.ledger.write() as session:
        for phase in ("open", "made"):
            work = session.get_one(Work, (newer.id, "trial:1", phase, 0))
            result = work.result.copy()
            result.pop("seen", None)
            result.pop("by_name", None)
            work.result = result
            session.add(work)
    older.act(Event.UNDO)
    older.drain()
    newer.finalised()
    assert newer.state() is State.FINALISING_FAILED
    assert brought(newer) == 0


@pytest.fixture
def on_postgres(tmp_path: Path, postgres: str) -> Iterator[Runtime]:
    with runtime_in(tmp_path / "var", database_url=postgres, caspen_database_url=postgres) as runtime:
        yield runtime


@pytest.mark.parametrize("when", WHEN)
def test_postgresql_refuses_as_well(on_postgres: Runtime, when: str) -> None:
    clinic = clinic_in(on_postgres)
    gateway, ids = made_by_people(on_postgres)
    opened(clinic, choices_of(ids))
    refused_then_tried_again(clinic, lambda: gateway.delete("services", ids["services"]), when, "deleted in Caspen")
    clinic.act(Event.BACK_TO_REVIEW)
    clinic.start_trial()
    clinic.drain()


@pytest.mark.parametrize("first", ["the undo", "the promotion", "neither"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_undo_and_a_promotion_at_once_leave_no_link_into_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, first: str
) -> None:
    """In either order: the trial is refused, or the undo keeps what the newer move's records need."""
    url = str(request.getfixturevalue("postgres")) if database == "postgresql" else ""
    with runtime_in(tmp_path / "var", database_url=url, caspen_database_url=url) as runtime:
        older = clinic_in(runtime).tried(files()).finalised()
        newer = opened(clinic_in(runtime), {})
        newer.approve()
        older.act(Event.UNDO)
        order = {"the undo": [older, newer], "the promotion": [newer, older]}.get(first, [])
        for one in order:
            one.drain(one.id)
        with ThreadPoolExecutor(2) as both:
            for running in [both.submit(one.drain, one.id) for one in (older, newer)]:
                running.result(timeout=patience(60))
        assert older.state() is State.UNDONE
        assert newer.state() in (State.FINALISED, State.FINALISING_FAILED)
        assert newer.state() is {"the undo": State.FINALISING_FAILED, "the promotion": State.FINALISED}.get(
            first, newer.state()
        )
        assert lead_nowhere(runtime) == []
        assert (brought(newer) > 0) is (newer.state() is State.FINALISED)
        assert all(check.holds for check in check_live(runtime))


def test_a_promotion_that_was_done_is_settled_though_the_workspace_went_on(relying: Prepared) -> None:
    """The worker died between the live store and the ledger; then a person deletes a matched service."""
    clinic, runtime = relying.clinic, relying.runtime
    clinic.approve()
    store = runtime.caspen.trial(clinic.id, 1)
    kinds = {kind["kind"]: Digest.parse(kind["caspen_digest"]) for kind in clinic.trial.kinds}
    what = Promotion(WORKSPACE, clinic.id, 1, kinds, frozenset())
    promote(runtime.caspen, store, what, moment=clinic.migration.approved_at)
    relying.gateway.delete("services", relying.ids["services"])
    clinic.drain()
    assert clinic.state() is State.FINALISED


def test_an_undo_keeps_a_practitioner_whom_a_service_of_people_lists(live: Prepared) -> None:
    older, runtime = live.clinic, live.runtime
    gateway = live.gateway
    service = gateway.add_service("Ours")
    store = runtime.caspen.live
    with store.database.connection(reading=True) as connection:
        ((listed,),) = fetch(connection, f'SELECT "id" FROM {at(store.schema, "practitioners")}')
    gateway.edit("services", service, {"practitioner_ids": [listed]})
    older.act(Event.UNDO)
    older.drain()
    assert older.state() is State.UNDONE
    assert lead_nowhere(runtime) == []
    assert listed in {kept["id"] for kept in older.migration.report["undone"]["kept"]}
