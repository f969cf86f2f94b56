"""A clinic's way through the engine, from files to a live workspace and back."""

from pathlib import Path
from typing import Any

import pytest

from app.caspen.gateway import Gateway
from app.caspen.references import dangling_links
from app.caspen.replaced_records import replaced_by
from app.migration.advance import GuardRefused, WrongState
from app.migration.states import Event, State
from app.worker.clean_up import due_for_purge, forget_journals, purge
from tests.harness.clinic import ANA, WORKSPACE, Clinic, clinic_files, clinic_in, patients, runtime_in


def counts(clinic: Clinic) -> dict[str, dict[str, int]]:
    names = ("read", "created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
    kinds: list[dict[str, Any]] = [{**kind} for kind in clinic.trial.kinds]
    return {k["kind"]: {n: k[n] for n in names if k[n]} for k in kinds}


def test_an_export_becomes_the_live_workspace_that_was_reviewed(clinic: Clinic) -> None:
    clinic.tried()
    assert clinic.state() is State.REVIEWING
    assert clinic.trial.balanced
    assert counts(clinic)["patients"] == {"read": 20, "created": 20}
    assert counts(clinic)["appointments"] == {"read": 20, "created": 20}
    assert Gateway(clinic.runtime.caspen, WORKSPACE, "test").counts()["clients"] == 0
    clinic.finalised()
    assert clinic.state() is State.FINALISED
    live = Gateway(clinic.runtime.caspen, WORKSPACE, "test").counts()
    assert (live["clients"], live["appointments"], live["cancellation_reasons"]) == (20, 20, 1)
    kinds = {k["kind"]: k["caspen_digest"] for k in clinic.trial.kinds}
    assert {kind: kinds[kind] for kind in clinic.migration.report["live"]} == clinic.migration.report["live"]


def test_a_thing_that_rows_only_name_is_made_once(clinic: Clinic) -> None:
    clinic.tried()
    store = clinic.runtime.caspen.trial(clinic.id, 1)
    assert dangling_links(clinic.runtime.caspen, store, WORKSPACE) == ()
    made = clinic.work(phase="made")[0].result
    assert made["records"]["cancellation_reasons"] == 1


def test_the_same_export_again_changes_nothing(clinic: Clinic) -> None:
    clinic.tried().finalised()
    again = clinic_in(clinic.runtime).tried()
    assert again.trial.balanced
    assert counts(again)["patients"] == {"read": 20, "unchanged": 20}
    assert counts(again)["appointments"] == {"read": 20, "unchanged": 20}


def test_a_client_who_was_edited_in_caspen_is_held_and_reported(clinic: Clinic) -> None:
    clinic.tried().finalised()
    gateway = Gateway(clinic.runtime.caspen, WORKSPACE, "megan")
    client = clinic.runtime.caspen
    with client.live.database.connection(reading=True) as connection:
        record = connection.exec_driver_sql("SELECT id FROM clients WHERE source_id = '1003'").scalar_one()
    gateway.edit("clients", record, {"first_name": "Anna"})
    again = clinic_in(clinic.runtime).tried({**clinic_files(), "Patients.csv": patients(20, Email="ann@lee.example")})
    assert counts(again)["patients"] == {"read": 20, "updated": 19, "held": 1}
    held = [p for p in again.problems("trial:1") if p.code == "changed_in_caspen"]
    assert [(p.source_id, p.line) for p in held] == [("1003", 5)]


def test_a_second_trial_replaces_the_first_one(clinic: Clinic) -> None:
    clinic.tried()
    first = clinic.trial.digest
    clinic.act(Event.CHANGE_PLAN)
    clinic.start_trial()
    clinic.drain()
    assert clinic.trial.number == 2
    assert clinic.trial.digest == first
    assert [name[-2:] for name in clinic.runtime.caspen.trial_names()] == ["_2"]


def test_an_approval_of_another_trial_is_refused(clinic: Clinic) -> None:
    clinic.tried()
    from app.migration.trials import approve
    from tests.harness.clinic import MEGAN

    with pytest.raises(GuardRefused) as refused, clinic.runtime.ledger.write() as session:
        approve(session, clinic.id, "another digest", MEGAN, lambda *_: None)
    assert refused.value.problem.code == "approval_outdated"
    assert clinic.state() is State.REVIEWING


def test_without_a_clients_file_reading_ends_with_its_problem(clinic: Clinic) -> None:
    clinic.hand_over({"appointment_types.csv": clinic_files()["appointment_types.csv"]})
    clinic.drain()
    assert clinic.state() is State.READING_FAILED
    assert clinic.migration.problem is not None
    assert clinic.migration.problem["code"] == "no_patients_file"


def test_another_export_replaces_the_old_one_and_its_copies(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    old = set(clinic.runtime.objects.list(clinic.id))
    clinic.act(Event.REPLACE_EXPORT)
    clinic.hand_over(clinic_files(30))
    clinic.drain()
    assert clinic.state() is State.MATCHING
    assert not old & set(clinic.runtime.objects.list(clinic.id))


def test_a_workspace_that_changed_since_the_checklist_stops_the_trial(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    clinic.start_trial(version=1)
    Gateway(clinic.runtime.caspen, WORKSPACE, "megan").add_location("Newport")
    clinic.drain()
    assert clinic.state() is State.TRIALLING_FAILED
    assert clinic.migration.problem is not None
    assert clinic.migration.problem["code"] == "workspace_changed"


def test_paused_work_goes_on_where_it_was(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.act(Event.PAUSE, ANA)
    assert clinic.drain().pieces == 0
    clinic.act(Event.RESUME, ANA)
    clinic.drain()
    assert clinic.state() is State.MATCHING


def test_a_cancelled_migration_leaves_no_copy(clinic: Clinic) -> None:
    clinic.tried()
    clinic.act(Event.CANCEL)
    with clinic.runtime.ledger.read() as session:
        assert due_for_purge(session, 30) == [clinic.id]
    purge(clinic.runtime, clinic.id)
    purge(clinic.runtime, clinic.id)
    assert list(clinic.runtime.objects.list(clinic.id)) == []
    assert clinic.runtime.caspen.trial_names() == []
    assert clinic.migration.wrapped_key == ""


def test_an_undone_migration_leaves_the_workspace_as_it_was(clinic: Clinic) -> None:
    clinic.tried().finalised()
    clinic.act(Event.UNDO)
    clinic.drain()
    assert clinic.state() is State.UNDONE
    live = Gateway(clinic.runtime.caspen, WORKSPACE, "test").counts()
    assert (live["clients"], live["appointments"]) == (0, 0)


def test_nothing_of_a_clinic_stays_in_the_scratch_folder(tmp_path: Path) -> None:
    with runtime_in(tmp_path / "var") as runtime:
        clinic_in(runtime).tried()
    assert list((tmp_path / "var" / "scratch").iterdir()) == []


def test_a_trial_cannot_start_twice(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    clinic.start_trial()
    with pytest.raises(WrongState):
        clinic.start_trial()


@pytest.mark.postgres
def test_postgres_and_sqlite_come_to_the_same_digest(clinic: Clinic, postgres: str, tmp_path: Path) -> None:
    clinic.tried(clinic_files(60, 90))
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        other = clinic_in(runtime).tried(clinic_files(60, 90))
        assert other.trial.balanced
        assert other.trial.digest == clinic.trial.digest
        other.finalised()
        assert other.state() is State.FINALISED


def test_the_journal_is_deleted_with_our_copies_even_if_that_was_interrupted(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.tried().finalised()
    again = clinic_in(clinic.runtime)
    again.tried({**clinic_files(), "Patients.csv": patients(20, Email="ann@lee.example")}).finalised()
    assert replaced_by(clinic.runtime.caspen) == {again.id}
    assert forget_journals(clinic.runtime) == 0, "it can be undone still"

    def dies(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as cut:
        cut.setattr("app.worker.clean_up.forget_replaced", dies)
        with pytest.raises(RuntimeError):
            purge(again.runtime, again.id)
    assert replaced_by(clinic.runtime.caspen) == {again.id}
    with pytest.raises(GuardRefused):
        again.act(Event.UNDO)
    assert forget_journals(clinic.runtime) == 1
    assert replaced_by(clinic.runtime.caspen) == set()


def test_nothing_is_deleted_under_work_that_has_begun(clinic: Clinic) -> None:
    clinic.tried().finalised()
    clinic.act(Event.UNDO)
    purge(clinic.runtime, clinic.id)
    assert clinic.migration.wrapped_key
    clinic.drain()
    assert clinic.state() is State.UNDONE
