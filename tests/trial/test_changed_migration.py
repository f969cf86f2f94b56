"""The row of a migration proves nothing: going live and the pages follow the audit trail.

Each column that decides something takes each false value, before the approval, after it, and once the move is live.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlmodel import col, func, select

from app.caspen.gateway import create_workspace
from app.caspen.replaced_records import replaced_by
from app.caspen.trial_health import TrialFault
from app.db import now
from app.fetch.chunked_uploads import sweep_uploads
from app.migration.advance import By, Cause, Guard, GuardRefused, WrongState, advance
from app.migration.audit import write_audit
from app.migration.audited import load_audited
from app.migration.guards import undoable
from app.migration.ledger_json import WorkResult
from app.migration.ledger_validation import LedgerChanged
from app.migration.models import AuditEntry, Migration, Trial, Work
from app.migration.states import LIVE, MOVES, WORKING, Actor, Event, State
from app.trial.account import APPROVABLE
from app.trial.file_contents import bring_contents
from app.trial.trial_damage import trial_fault
from app.worker.clean_up import due_for_purge, forget_journals, give_up_abandoned, purge, sweep_orphans
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.waiting import patience
from tests.world.bases import Bases, made_in
from tests.world.left import contents
from tests.world.move import MEGAN, WORKSPACE, approve_as_the_page_does, move
from tests.world.row_lies import DECIDES, DECIDES_NOT, LONG_AGO, OTHER_WORKSPACE, columns_of_row, row_lies, write_row
from tests.world.row_lies import PROVEN as PROVEN_COLUMNS
from workers.periodic_tasks import destroy_what_is_due

LATER = now() + timedelta(days=400)
MISPLACING = ("state", "paused_from", "trial_number", "workspace_id")


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return made_in(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def reviewing(bases: Bases, tmp_path: Path) -> Iterator[Runtime]:
    with bases.copy(State.REVIEWING.value, tmp_path / "copy") as runtime:
        yield runtime


@pytest.fixture
def live(bases: Bases, tmp_path: Path) -> Iterator[Runtime]:
    with bases.copy(State.FINALISED.value, tmp_path / "live") as runtime:
        yield runtime


def work(runtime: Runtime, migration_id: str) -> None:
    drain(runtime, migration_id, patience(60), WorkerTurn("worker"))


def is_live(runtime: Runtime) -> bool:
    return any(contents(runtime).values())


def fault_of(runtime: Runtime, migration_id: str) -> TrialFault | None:
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration_id, 1))
    return trial_fault(runtime, move(runtime, migration_id), trial, thorough=False)


def differing(runtime: Runtime, migration_id: str) -> tuple[str, ...]:
    with runtime.ledger.read() as session:
        return load_audited(session, migration_id).differing


def row_of(runtime: Runtime, migration_id: str) -> dict[str, Any]:
    found = move(runtime, migration_id)
    return {name: getattr(found, name) for name in (*DECIDES, "epoch", "problem", "wrapped_key")}


class Ledger:
    """A copy of the ledger, to restore it after each change."""

    def __init__(self, runtime: Runtime, migration_id: str) -> None:
        self.runtime, self.migration_id = runtime, migration_id
        self.row = row_of(runtime, migration_id)
        with runtime.ledger.read() as session:
            self.last_line = session.exec(select(func.max(AuditEntry.id))).one()

    def restore(self) -> None:
        """Undoes a change and its effects. Only for a change after which nothing went live and no trial was made."""
        write_row(self.runtime, self.migration_id, self.row)
        with self.runtime.ledger.write() as session:
            table: sa.Table = AuditEntry.__table__  # type: ignore[attr-defined]  # set by the table class
            session.connection().execute(sa.delete(table).where(table.c.id > self.last_line))
            works: sa.Table = Work.__table__  # type: ignore[attr-defined]  # set by the table class
            session.connection().execute(
                sa.delete(works).where(works.c.run.like("finalise:%") | works.c.run.like("undo:%"))
            )


def test_every_column_of_the_row_is_changed_or_decides_nothing() -> None:
    assert set(DECIDES) | set(DECIDES_NOT) == columns_of_row()
    assert not set(DECIDES) & set(DECIDES_NOT)


def test_no_change_to_an_unapproved_trial_takes_it_live(bases: Bases, reviewing: Runtime) -> None:
    at, tried = bases.migration_id, 0
    create_workspace(reviewing.caspen, OTHER_WORKSPACE, "Riverbend Podiatry")
    ledger, trial = Ledger(reviewing, at), trial_of(reviewing, at)
    for name, values in row_lies(move(reviewing, at), trial):
        write_row(reviewing, at, values)
        if values.keys() & set(PROVEN_COLUMNS):
            assert differing(reviewing, at), name
        if move(reviewing, at).state in (*APPROVABLE, *LIVE) and "report" not in values:
            assert fault_of(reviewing, at) is not None, name
        if move(reviewing, at).state not in (State.FETCHING, State.READING, State.TRIALLING):
            work(reviewing, at)
        assert not is_live(reviewing), name
        if "report" not in values:  # going live writes the report anew
            with pytest.raises((GuardRefused, WrongState, AssertionError, LedgerChanged)):
                approve_as_the_page_does(reviewing, at)
        ledger.restore()
        tried += 1
    assert tried >= 35
    approve_as_the_page_does(reviewing, at)
    work(reviewing, at)
    assert contents(reviewing) == bases.live, "after all that, the honest approval takes the honest trial live"


def test_no_change_after_the_approval_goes_live(bases: Bases, reviewing: Runtime) -> None:
    at, tried = bases.migration_id, 0
    create_workspace(reviewing.caspen, OTHER_WORKSPACE, "Riverbend Podiatry")
    approve_as_the_page_does(reviewing, at)
    ledger, trial = Ledger(reviewing, at), trial_of(reviewing, at)
    for name, values in row_lies(move(reviewing, at), trial):
        if values.get("state") in (State.FETCHING, State.READING, State.TRIALLING) or "report" in values:
            continue  # other work begins, or going live writes the report anew
        write_row(reviewing, at, values)
        work(reviewing, at)
        assert not is_live(reviewing), name
        if "state" not in values and values.keys() & {*PROVEN_COLUMNS, "trial_number"}:
            stopped = move(reviewing, at)
            assert (stopped.state, stopped.problem_code) == ("finalising_failed", "history_differs"), name
        ledger.restore()
        tried += 1
    assert tried >= 30
    work(reviewing, at)
    assert contents(reviewing) == bases.live
    assert differing(reviewing, at) == ()


def test_a_changed_row_of_a_live_move_is_not_believed_and_cannot_be_undone(bases: Bases, live: Runtime) -> None:
    at, tried = bases.migration_id, 0
    ledger, trial = Ledger(live, at), trial_of(live, at)
    assert fault_of(live, at) is None
    for name, values in row_lies(move(live, at), trial):
        write_row(live, at, values)
        if move(live, at).state in (*APPROVABLE, *LIVE):
            assert fault_of(live, at) is not None, name
        if values.keys() & {*PROVEN_COLUMNS, "trial_number"}:
            assert differing(live, at), name
            with live.ledger.write() as session, pytest.raises((GuardRefused, WrongState)):
                advance(session, at, Event.UNDO, MEGAN, guards={"undoable": undoable})
            with pytest.raises((GuardRefused, WrongState, AssertionError)):
                approve_as_the_page_does(live, at)
        assert contents(live) == bases.live, name
        ledger.row["wrapped_key"] = move(live, at).wrapped_key
        write_row(live, at, ledger.row)
        tried += 1
    assert tried >= 35
    assert fault_of(live, at) is None


POINTS = (State.REVIEWING.value, State.FINALISED.value)


def everything(runtime: Runtime, migration_id: str) -> dict[str, object]:
    """All that a false row may delete: copies, trials, records in every workspace, audit lines, and the key."""
    keys = runtime.objects.list(migration_id)
    with runtime.ledger.read() as session:
        lines = session.exec(select(func.count()).select_from(AuditEntry)).one()
    return {
        "objects": sorted(keys),
        "trials": sorted(runtime.caspen.trial_names()),
        "trial": contents(runtime, runtime.caspen.trial(migration_id, 1)),
        "live": contents(runtime),
        "journals": sorted(replaced_by(runtime.caspen)),
        "lines": lines,
        "key": move(runtime, migration_id).wrapped_key,
    }


def sweep_everything(runtime: Runtime, at: datetime) -> None:
    """Every periodic task that destroys something, and the worker, at a moment long after."""
    give_up_abandoned(runtime, at)
    with runtime.ledger.read() as session:
        due = due_for_purge(session, 30, at)
    for migration_id in due:
        purge(runtime, migration_id)
    forget_journals(runtime)
    sweep_orphans(runtime, at)
    sweep_uploads(runtime)


@pytest.mark.parametrize("point", POINTS)
def test_a_changed_state_lets_no_sweep_no_worker_and_no_act_delete_anything(
    bases: Bases, tmp_path: Path, point: str
) -> None:
    at, tried = bases.migration_id, 0
    with bases.copy(point, tmp_path / "copy") as runtime:
        create_workspace(runtime.caspen, OTHER_WORKSPACE, "Riverbend Podiatry")
        ledger, before = Ledger(runtime, at), everything(runtime, at)
        for name, values in row_lies(move(runtime, at), trial_of(runtime, at)):
            if values.keys().isdisjoint(MISPLACING):
                continue
            write_row(runtime, at, values)
            sweep_everything(runtime, LATER)
            destroy_what_is_due(runtime)
            if "state" in values:
                work(runtime, at)
            refused = pytest.raises(GuardRefused, match="history_differs")
            with nullcontext() if values.get("state") in WORKING else refused:
                purge(runtime, at)
            assert everything(runtime, at) == before, name
            write_row(runtime, at, ledger.row)
            tried += 1
    assert tried >= 20


@pytest.mark.parametrize("point", POINTS)
def test_no_event_happens_to_a_move_whose_state_differs_from_its_history(
    bases: Bases, tmp_path: Path, point: str
) -> None:
    at, refused = bases.migration_id, set()
    guards: dict[str, Guard] = {name: lambda *_: None for name in {one.guard for one in MOVES if one.guard}}
    with bases.copy(point, tmp_path / "copy") as runtime:
        honest = row_of(runtime, at)
        for name, values in row_lies(move(runtime, at), trial_of(runtime, at)):
            if values.keys().isdisjoint(MISPLACING):
                continue
            write_row(runtime, at, values)
            for event in Event:
                if event is Event.FAIL and "state" not in values:
                    continue  # a worker can always stop its work and say why
                for actor in Actor:
                    with runtime.ledger.write() as session, pytest.raises(GuardRefused) as found:
                        advance(session, at, event, By("somebody", actor), guards=guards)
                    assert found.value.problem.code == "history_differs", (name, event)
                    refused.add(event)
            write_row(runtime, at, honest)
    assert refused == set(Event)


@pytest.mark.parametrize("point", POINTS)
def test_a_row_with_a_false_date_or_without_a_key_deletes_nothing(bases: Bases, tmp_path: Path, point: str) -> None:
    at = bases.migration_id
    with bases.copy(point, tmp_path / "copy") as runtime:
        before = everything(runtime, at)
        for values in ({"since": LONG_AGO}, {"since": LONG_AGO, "wrapped_key": ""}):
            write_row(runtime, at, values)
            with runtime.ledger.read() as session:
                assert due_for_purge(session, 30) == []
            assert give_up_abandoned(runtime) == []
            forget_journals(runtime)
            sweep_orphans(runtime)
            assert everything(runtime, at) == {**before, "key": values.get("wrapped_key", before["key"])}


def test_after_the_retention_a_live_move_is_purged_and_a_cancelled_one_at_once(bases: Bases, live: Runtime) -> None:
    at = bases.migration_id
    write_row(live, at, {"since": LATER})
    with live.ledger.read() as session:
        assert due_for_purge(session, 30, LATER) == [at]
    purge(live, at)
    assert list(live.objects.list(at)) == []


def trial_of(runtime: Runtime, migration_id: str) -> Trial:
    with runtime.ledger.read() as session:
        return session.get_one(Trial, (migration_id, 1))


def test_a_change_while_the_trial_goes_live_stops_it_at_its_commit(
    bases: Bases, reviewing: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = bases.migration_id
    approve_as_the_page_does(reviewing, at)

    def lie(runtime: Runtime, *given: Any) -> None:
        bring_contents(runtime, *given)
        write_row(runtime, at, {"approved_by": "nobody@harbour.example"})

    monkeypatch.setattr("app.golive.finalise.bring_contents", lie)
    work(reviewing, at)
    assert not is_live(reviewing)
    assert move(reviewing, at).problem_code == "history_differs"


FORGED: dict[str, dict[str, Any]] = {
    "by a worker": {"role": "worker"},
    "of another trial": {"facts": {"from": "reviewing", "to": "finalising", "trial": 2}},
    "of no trial": {"facts": {"from": "reviewing", "to": "finalising"}},
}


@pytest.mark.parametrize("what", ["slipped in", "changed", "removed before", *FORGED])
def test_a_changed_audit_trail_proves_no_approval(bases: Bases, reviewing: Runtime, what: str) -> None:
    at = bases.migration_id
    if what in ("changed", "removed before"):
        approve_as_the_page_does(reviewing, at)
    with reviewing.ledger.write() as session:
        migration = session.get_one(Migration, at)
        if what == "changed":
            line = session.exec(select(AuditEntry).where(AuditEntry.act == "approve")).one()
            line.by = migration.approved_by = "nobody@harbour.example"
            session.add(line)
        elif what == "removed before":
            first = session.exec(select(AuditEntry).order_by(col(AuditEntry.id)).limit(1)).one()
            session.delete(first)
        else:
            digest = trial_of(reviewing, at).digest
            given = {"role": "clinic", "facts": {"from": "reviewing", "to": "finalising", "trial": 1}} | FORGED.get(
                what, {}
            )
            given["facts"] = {**given["facts"], "digest": digest}
            line = write_audit(session, workspace_id=WORKSPACE, migration_id=at, by=MEGAN.name, act="approve", **given)
            migration.state, migration.approved_digest = "finalising", digest
            migration.approved_by, migration.approved_at = line.by, line.at
            if what == "slipped in":
                line.previous = "0" * 64
                session.add(line)
        session.add(migration)
    work(reviewing, at)
    assert not is_live(reviewing)


def test_a_move_that_failed_on_its_way_is_tried_again_or_approved_again(bases: Bases, reviewing: Runtime) -> None:
    at = bases.migration_id
    approve_as_the_page_does(reviewing, at)
    write_row(reviewing, at, {"approved_by": "nobody@harbour.example"})
    work(reviewing, at)
    assert move(reviewing, at).state == State.FINALISING_FAILED
    with reviewing.ledger.write() as session:
        advance(session, at, Event.RETRY, MEGAN)
    work(reviewing, at)
    assert move(reviewing, at).state == State.FINALISING_FAILED
    write_row(reviewing, at, {"approved_by": MEGAN.name})
    with reviewing.ledger.write() as session:
        advance(session, at, Event.BACK_TO_REVIEW, MEGAN, Cause())
    assert fault_of(reviewing, at) is None
    approve_as_the_page_does(reviewing, at)
    work(reviewing, at)
    assert contents(reviewing) == bases.live
    assert differing(reviewing, at) == ()


def test_a_live_move_that_was_set_back_starts_no_trial(bases: Bases, live: Runtime) -> None:
    at = bases.migration_id
    with live.ledger.write() as session:
        migration = session.get_one(Migration, at)
        migration.state = "matching"
        session.add(migration)
        with pytest.raises(GuardRefused, match="history_differs"):
            advance(session, at, Event.START_TRIAL, MEGAN, guards={"checklist_passes": lambda *_: None})
        for event, to in ((Event.START_TRIAL, State.TRIALLING), (Event.TRIALLED, State.REVIEWING)):
            facts = {"from": migration.state, "to": to.value}
            write_audit(
                session, workspace_id=WORKSPACE, migration_id=at, by="x", role="clinic", act=event.value, facts=facts
            )
            migration.state = to.value
            session.add(migration)
    assert "state" in differing(live, at)
    assert fault_of(live, at) is TrialFault.HISTORY


def works_with_results(runtime: Runtime, migration_id: str) -> list[tuple[str, str, int, str]]:
    with runtime.ledger.read() as session:
        works = session.exec(select(Work).where(Work.migration_id == migration_id)).all()
    proofs = ("kind", "outcomes", "digests", "places", "records", "proven", "kept", "held")
    return [
        (one.run, one.phase, one.number, key)
        for one in works
        if one.run != "export:1"
        for key in one.result
        if key in proofs
    ]


def test_what_is_deleted_from_the_result_of_a_piece_of_work_is_missed(bases: Bases, live: Runtime) -> None:
    at, tried = bases.migration_id, set()
    for run, phase, number, key in works_with_results(live, at):
        with live.ledger.write() as session:
            piece = session.get_one(Work, (at, run, phase, number))
            kept = piece.result
            if not dict(kept)[key]:
                continue  # an empty part says the same without it
            piece.result = cast(WorkResult, {name: fact for name, fact in kept.items() if name != key})
            session.add(piece)
        assert fault_of(live, at) is not None, (phase, number, key)
        with live.ledger.write() as session:
            session.get_one(Work, (at, run, phase, number)).result = kept
        tried.add(key)
    assert tried >= {"kind", "outcomes", "digests", "places", "records", "proven", "kept", "held"}
    assert fault_of(live, at) is None
