"""Failures during the work: every row that is not affected is imported."""

import errno
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import update

from app.caspen.part_fences import PartKey
from app.db import now
from app.migration.models import Work
from app.migration.states import Event, State
from app.trial import load as trial_work
from app.worker.failure_causes import no_room, stack_lines
from app.worker.heartbeat import Heartbeat
from app.worker.leases import claim
from app.worker.runtime import Runtime
from app.worker.takeover import load_waiting
from app.worker.work_loop import load_next
from tests.harness.clinic import Clinic, clinic_files, clinic_in
from tests.worker import failing_on_request


@pytest.fixture
def poisoned(runtime: Runtime) -> Iterator[Clinic]:
    with failing_on_request.registered():
        yield clinic_in(runtime, source=failing_on_request.NAME)


def with_last_name(files: dict[str, str], client: int, name: str) -> dict[str, str]:
    return {**files, "Patients.csv": files["Patients.csv"].replace(f"Lee{client},", f"{name},")}


def hurry(clinic: Clinic) -> None:
    """As if every wait were over."""
    with clinic.runtime.ledger.write() as session:
        session.connection().execute(update(Work).values(not_before=None, leased_until=now() - timedelta(seconds=1)))


def drain_through(clinic: Clinic, times: int = 60) -> None:
    for _ in range(times):
        clinic.drain()
        if clinic.state() is not State.TRIALLING:
            return
        hurry(clinic)


def test_a_row_that_cannot_be_worked_on_is_left_and_all_others_arrive(
    poisoned: Clinic, capfd: pytest.CaptureFixture[str]
) -> None:
    files = with_last_name(clinic_files(40, 10), 17, "Raises")
    poisoned.hand_over(files)
    poisoned.drain()
    poisoned.start_trial()
    drain_through(poisoned)
    assert poisoned.state() is State.REVIEWING
    patients = next(k for k in poisoned.trial.kinds if k["kind"] == "patients")
    assert (patients["read"], patients["created"], patients["held"]) == (40, 39, 1)
    assert [(p.line, p.kind) for p in poisoned.problems("trial:1") if p.code == "row_quarantined"] == [(19, "patients")]
    said = "".join(capfd.readouterr())
    assert "piece_failed" in said
    assert "Raises" not in said
    assert "nobody foresaw" not in said


def test_a_part_that_was_written_but_not_settled_is_adopted_not_doubled(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    clinic.start_trial()
    runtime = clinic.runtime
    while (following := load_next(runtime, clinic.id)) and following.phase and following.phase.name != "parts":
        lease = claim(runtime.ledger, clinic.migration, "trial:1", following.phase.name, "first", 60)
        assert lease is not None
        done = following.phase.do(runtime, clinic.migration, lease, Heartbeat(runtime.ledger, lease, runtime.settings))
        from app.worker.leases import settle

        with runtime.ledger.write() as session:
            settle(session, runtime.ledger, lease, done.result)
    lease = claim(runtime.ledger, clinic.migration, "trial:1", "parts", "first", 60)
    assert lease is not None
    written = trial_work.load(runtime, clinic.migration, lease, Heartbeat(runtime.ledger, lease, runtime.settings))
    hurry(clinic)  # the worker dies between the two databases
    clinic.drain("second")
    assert clinic.trial.balanced
    work = next(w for w in clinic.work(phase="parts") if w.number == lease.number)
    assert work.result == written.result
    assert PartKey(clinic.id, 1, lease.number, work.epoch).epoch == 2


def test_work_whose_export_is_gone_stops_with_words_and_a_retry_starts_afresh(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    key = clinic.runtime.objects.list(clinic.id)
    files = {name: clinic.runtime.objects._path(name).read_bytes() for name in key}
    for name in files:
        clinic.runtime.objects.delete(name)  # the storage has lost what it was given
    for _ in range(6):
        clinic.drain()
        hurry(clinic)
    assert clinic.state() is State.READING_FAILED
    assert clinic.migration.problem is not None
    assert clinic.migration.problem["code"] == "export_not_kept"
    for name, content in files.items():
        clinic.runtime.objects._path(name).write_bytes(content)
    clinic.act(Event.RETRY)
    clinic.drain()
    assert clinic.state() is State.MATCHING


def test_the_sweeper_finds_pieces_without_a_holder_and_leaves_held_pieces(clinic: Clinic) -> None:
    ledger = clinic.runtime.ledger
    assert load_waiting(ledger) == []
    clinic.hand_over(clinic_files())
    assert [w.migration_id for w in load_waiting(ledger)] == [clinic.id]
    load_next(clinic.runtime, clinic.id)
    assert claim(ledger, clinic.migration, "export:1", "fetch", "somebody", 60) is not None
    assert load_waiting(ledger) == []
    hurry(clinic)
    assert [w.migration_id for w in load_waiting(ledger)] == [clinic.id]


def test_a_full_disk_is_waited_for_and_is_no_failed_attempt() -> None:
    assert no_room(OSError(errno.ENOSPC, "No space left on device"))
    assert not no_room(OSError(errno.EACCES, "denied"))


def test_a_failure_is_logged_by_its_place_and_never_by_its_message() -> None:
    with pytest.raises(ValueError, match="born") as fault:
        int("Ann Lee, born 1980")
    assert "Ann" not in " ".join(stack_lines(fault.value))
    assert "test_failures.py" in stack_lines(fault.value)[-1]
