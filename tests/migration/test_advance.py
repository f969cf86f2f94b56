"""Every line of the state table: its roles, its states, and the guards that refuse it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from app.access.access_tables import Membership, Person
from app.db import Database, LedgerTable, now
from app.migration.advance import By, Cause, Guard, GuardRefused, NotAllowed, WrongState, advance
from app.migration.audit import chain_holds
from app.migration.guards import export_kept, pausable
from app.migration.models import AuditEntry, Export, Migration, OutboxMail
from app.migration.states import FAILED, MOVES, WORKING, Actor, Event, Move, State, destination
from app.problems import Problem
from tests.harness.audit_lines import make_audit_say

ACTORS = tuple(Actor)
GUARDED = {move.guard for move in MOVES if move.guard}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.sqlite")
    LedgerTable.metadata.create_all(database.engine)
    with database.write() as session:
        session.add(Person(id="megan", email="megan@harbour.example", name="Megan Doyle"))
        session.add(Membership(person_id="megan", workspace_id="wsp_harbour", role="admin"))
        session.add(Person(id="ana", email="ana@caspen.example", name="Ana Ferreira"))
        session.add(Membership(person_id="ana", workspace_id="*", role="support"))
    yield database
    database.dispose()


def a_migration(session: Session, state: State) -> str:
    """A migration that is already in a state. A paused migration was reading."""
    number = len(session.exec(select(Migration.id)).all())
    migration = Migration(
        id=f"mig_{number}",
        workspace_id="wsp_harbour",
        clinic="Harbour Street",
        source="cliniko",
        state=state.value,
        paused_from=State.READING.value if state is State.PAUSED else None,
    )
    session.add(migration)
    session.flush()
    make_audit_say(session, migration)
    return migration.id


def acts_of(session: Session, migration_id: str) -> list[str]:
    return list(session.exec(select(AuditEntry.act).where(AuditEntry.migration_id == migration_id)).all())


def yes(_session: Session, _migration: Migration) -> Problem | None:
    return None


def no(_session: Session, _migration: Migration) -> Problem | None:
    return Problem("approval_outdated")


def by(actor: Actor) -> By:
    return By("somebody", actor)


def all_guards(answer: Guard) -> dict[str, Guard]:
    return {name: answer for name in GUARDED if name}


def lines() -> Iterator[tuple[Move, State]]:
    for move in MOVES:
        for state in sorted(move.sources):
            yield move, state


@pytest.mark.parametrize(("move", "state"), list(lines()), ids=lambda x: getattr(x, "event", x))
def test_only_the_actors_of_a_line_can_take_it(ledger: Database, move: Move, state: State) -> None:
    for actor in ACTORS:
        with ledger.write() as session:
            migration_id = a_migration(session, state)
        if actor in move.actors:
            with ledger.write() as session:
                advance(session, migration_id, move.event, by(actor), guards=all_guards(yes))
            expected = destination(move, state, State.READING if state is State.PAUSED else None)
        else:
            with pytest.raises(NotAllowed), ledger.write() as session:
                advance(session, migration_id, move.event, by(actor), guards=all_guards(yes))
            expected = state
        with ledger.read() as session:
            assert session.get_one(Migration, migration_id).state == expected


@pytest.mark.parametrize("state", State)
def test_an_event_outside_the_table_is_refused_and_writes_nothing(ledger: Database, state: State) -> None:
    legal = {move.event for move, from_state in lines() if from_state is state}
    with ledger.write() as session:
        migration_id = a_migration(session, state)
        before = acts_of(session, migration_id)
    for event in set(Event) - legal - {Event.START}:
        with pytest.raises(WrongState), ledger.write() as session:
            advance(session, migration_id, event, by(Actor.SUPPORT), guards=all_guards(yes))
    with ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        assert (migration.state, migration.epoch) == (state, 0)
        assert acts_of(session, migration_id) == before


@pytest.mark.parametrize(
    ("move", "state"), [(m, s) for m, s in lines() if m.guard], ids=lambda x: getattr(x, "event", x)
)
def test_a_guard_can_refuse_its_line_for_everyone(ledger: Database, move: Move, state: State) -> None:
    for actor in move.actors:
        with ledger.write() as session:
            migration_id = a_migration(session, state)
        with pytest.raises(GuardRefused) as refused, ledger.write() as session:
            advance(session, migration_id, move.event, by(actor), guards=all_guards(no))
        assert refused.value.problem.code == "approval_outdated"
        with pytest.raises(KeyError), ledger.write() as session:
            advance(session, migration_id, move.event, by(actor))
        with ledger.read() as session:
            assert session.get_one(Migration, migration_id).state == state


def test_every_line_that_can_be_refused_names_its_guard() -> None:
    guards = {move.event: move.guard for move in MOVES}
    assert guards[Event.SUBMIT_EXPORT] == "lists_acknowledged"
    assert guards[Event.START_TRIAL] == "checklist_passes"
    assert guards[Event.APPROVE] == "approvable"
    assert guards[Event.UNDO] == "undoable"
    assert guards[Event.READ_AGAIN] == "export_kept"
    assert guards[Event.PAUSE] == guards[Event.RESUME] == "pausable"


def test_each_working_state_can_fail_and_be_tried_again(ledger: Database) -> None:
    for state in sorted(WORKING):
        with ledger.write() as session:
            migration_id = a_migration(session, state)
            advance(session, migration_id, Event.FAIL, by(Actor.WORKER), Cause(problem=Problem("work_failed")))
            assert session.get_one(Migration, migration_id).state == FAILED[state]
            advance(session, migration_id, Event.RETRY, by(Actor.CLINIC))
            assert session.get_one(Migration, migration_id).state == state


def test_the_problem_of_a_failure_is_kept_without_words(ledger: Database) -> None:
    with ledger.write() as session:
        migration_id = a_migration(session, State.READING)
        cause = Cause(problem=Problem("no_patients_file", kind="patients"))
        advance(session, migration_id, Event.FAIL, by(Actor.WORKER), cause)
        kept = session.get_one(Migration, migration_id).problem
    assert kept is not None
    assert (kept["code"], kept["kind"]) == ("no_patients_file", "patients")


def test_every_step_raises_the_epoch_so_that_older_work_writes_nothing(ledger: Database) -> None:
    with ledger.write() as session:
        migration_id = a_migration(session, State.PREPARING)
        advance(session, migration_id, Event.SUBMIT_EXPORT, by(Actor.CLINIC), guards=all_guards(yes))
        advance(session, migration_id, Event.FETCHED, by(Actor.WORKER))
        assert session.get_one(Migration, migration_id).epoch == 2


def test_an_event_its_mail_and_its_audit_line_are_one_transaction(ledger: Database) -> None:
    class Crash(Exception):
        pass

    with ledger.write() as session:
        migration_id = a_migration(session, State.PREPARING)

    def crash() -> None:
        with ledger.write() as session:
            advance(session, migration_id, Event.SUBMIT_EXPORT, by(Actor.CLINIC), guards=all_guards(yes))
            raise Crash

    with pytest.raises(Crash):
        crash()
    with ledger.read() as session:
        assert session.get_one(Migration, migration_id).state == State.PREPARING
        assert session.exec(select(OutboxMail).where(OutboxMail.migration_id == migration_id)).all() == []
    with ledger.write() as session:
        advance(session, migration_id, Event.SUBMIT_EXPORT, by(Actor.CLINIC), guards=all_guards(yes))
    with ledger.read() as session:
        mails = session.exec(select(OutboxMail).where(OutboxMail.migration_id == migration_id)).all()
        acts = acts_of(session, migration_id)
    assert [(mail.kind, mail.recipient) for mail in mails] == [("received", "megan@harbour.example")]
    assert acts == ["start", "submit_export"]


def test_the_chain_of_audit_lines_holds_and_shows_a_changed_line(ledger: Database) -> None:
    with ledger.write() as session:
        migration_id = a_migration(session, State.PREPARING)
        advance(session, migration_id, Event.SUBMIT_EXPORT, by(Actor.CLINIC), guards=all_guards(yes))
        assert chain_holds(session, "wsp_harbour")
        line = session.exec(select(AuditEntry)).all()[-1]
        line.reason = "slipped in"
        session.add(line)
        session.flush()
        assert not chain_holds(session, "wsp_harbour")
        line.reason = ""
        session.add(line)


@pytest.mark.parametrize(
    ("actor", "state", "may"),
    [
        (Actor.CLINIC, State.FETCHING, True),
        (Actor.CLINIC, State.READING, False),
        (Actor.SUPPORT, State.READING, True),
        (Actor.SUPPORT, State.FETCHING, True),
    ],
)
def test_a_clinic_pauses_its_download_and_support_pauses_anything(
    ledger: Database, actor: Actor, state: State, may: bool
) -> None:
    with ledger.write() as session:
        migration = session.get_one(Migration, a_migration(session, state))
        problem = pausable(actor)(session, migration)
    assert (problem is None) is may


def test_the_folder_of_a_ledger_is_private(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/inside/ledger.sqlite")
    database.dispose()
    assert (tmp_path / "inside").stat().st_mode & 0o077 == 0


def test_an_export_is_read_again_only_while_our_copy_is_kept(ledger: Database) -> None:
    with ledger.write() as session:
        migration_id = a_migration(session, State.MATCHING)
        kept = session.get_one(Migration, migration_id)
        assert code_of(export_kept(session, kept)) == "export_not_kept"  # nothing was ever handed over
        session.add(Export(migration_id=migration_id, number=1, way="upload", fetched_at=now()))
        kept.export_number, kept.wrapped_key = 1, "a key"
        session.flush()
        assert export_kept(session, kept) is None
        kept.wrapped_key = ""
        assert code_of(export_kept(session, kept)) == "export_not_kept"


def code_of(problem: Problem | None) -> str:
    return problem.code if problem else ""
