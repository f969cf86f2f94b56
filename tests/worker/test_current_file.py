"""When a worker's child ends, its way of ending says whether the file that it was reading is to blame."""

import signal
import subprocess
import sys

import pytest

from app.worker.current_file import VARIABLE, CurrentFile, is_file_to_blame
from app.worker.excluded_files import (
    MANY_ENDINGS,
    exclude_file,
    excluded_files,
    expire_owner,
    note_opening,
    release_for_file,
)
from app.worker.leases import Piece, claim, create_missing
from tests.harness.clinic import Clinic
from tests.harness.waiting import patience

ENDS: dict[str, tuple[int, bool, float, bool]] = {
    "an abort": (-signal.SIGABRT, False, 120.0, True),
    "a fault of the processor": (-signal.SIGSEGV, False, 120.0, True),
    "an exit of its own": (1, False, 120.0, True),
    "a missed deadline": (-signal.SIGKILL, True, 120.0, True),
    "a kill of a small child": (-signal.SIGKILL, False, 120.0, False),
    "a kill of a large child": (-signal.SIGKILL, False, 800.0, True),
    "a request to stop": (-signal.SIGTERM, False, 120.0, False),
    "a good end": (0, False, 120.0, False),
}


@pytest.mark.parametrize("what", ENDS)
def test_a_file_is_blamed_for_ends_that_only_a_file_causes(what: str) -> None:
    status, was_late, peak_mb, blamed = ENDS[what]
    assert is_file_to_blame(status, was_late=was_late, peak_mb=peak_mb, limit_mb=1024) is blamed


def test_the_note_outlives_the_child_that_wrote_it() -> None:
    note = CurrentFile.shared()
    program = (
        "from app.worker.current_file import CurrentFile as C; import os; C.inherited().write('a\\nb'); os.abort()"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(
        command, env={VARIABLE: str(note.handle)}, pass_fds=(note.handle,), check=False, timeout=patience(60)
    )
    assert ended.returncode == -signal.SIGABRT
    assert note.read() == "a\nb"
    note.clear()
    assert note.read() == ""
    note.close()


def test_a_key_of_any_length_and_letters_is_kept_as_far_as_there_is_room() -> None:
    note = CurrentFile()
    note.write("x" * 20_000)
    assert set(note.read()) == {"x"}
    note.write("\ud800/é")
    assert note.read() == "\ud800/é"


def test_a_file_is_excluded_after_two_ends_and_after_one_when_there_were_many() -> None:
    assert excluded_files({"ended_by_file": {"a": 1}}) == frozenset()
    assert excluded_files({"ended_by_file": {"a": 2, "b": 1}}) == {"a"}
    many = {str(n): 2 for n in range(MANY_ENDINGS)}
    assert excluded_files({"ended_by_file": {**many, "b": 1}}) == {*many, "b"}


def test_an_end_in_a_file_counts_for_the_file_and_is_no_attempt(clinic: Clinic) -> None:
    ledger = clinic.runtime.ledger
    with ledger.write() as session:
        create_missing(session, clinic.id, "export:0", "read", [Piece(0)])
    for times in (1, 2):
        lease = claim(ledger, clinic.migration, "export:0", "read", f"worker {times}", 60)
        assert lease is not None
        assert lease.attempts == 1
        note_opening(ledger, lease, "a")
        expire_owner(ledger, f"worker {times}", "a")
        (work,) = clinic.work(phase="read")
        assert (work.state, work.attempts, work.result) == ("ready", 0, {"ended_by_file": {"a": times}})


def test_a_failure_in_a_file_and_an_unexplained_failure_release_the_piece(clinic: Clinic) -> None:
    ledger = clinic.runtime.ledger
    with ledger.write() as session:
        create_missing(session, clinic.id, "export:0", "read", [Piece(0)])
    first = claim(ledger, clinic.migration, "export:0", "read", "worker", 60)
    assert first is not None
    release_for_file(ledger, first, "a", "MemoryError")
    release_for_file(ledger, first, "a", "MemoryError")  # it is no longer ours: nothing happens
    second = claim(ledger, clinic.migration, "export:0", "read", "worker", 60)
    assert second is not None
    note_opening(ledger, second, "b")
    exclude_file(ledger, second, "b")
    (work,) = clinic.work(phase="read")
    assert (work.attempts, work.result.get("opening")) == (0, None)
    assert excluded_files(work.result) == {"b"}
