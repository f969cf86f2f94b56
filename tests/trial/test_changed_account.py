"""The ledger's account of a trial is approved only if it equals the results of the trial's parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.caspen.digests import Digest, trial_digest
from app.caspen.promote import Promoted
from app.caspen.trial_health import TrialFault
from app.golive.finalise import report
from app.golive.live_check import check_live
from app.migration.advance import GuardRefused
from app.migration.models import Migration, Trial
from app.migration.states import State
from app.problems import Problem
from app.reading.reading_ledger import note_run_problems
from app.trial.account import WARNINGS, has_true_account
from app.trial.trial_damage import trial_fault
from app.worker.clean_up import purge
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.waiting import patience
from tests.world.bases import Bases, made_in
from tests.world.ledger_lies import (
    LIES,
    LIES_AFTER,
    OF_MAKING,
    codes_told,
    delete_problems,
    reseal,
    set_report,
    set_trial,
)
from tests.world.move import approve_as_the_page_does, move, state


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return made_in(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def reviewing(bases: Bases, tmp_path: Path) -> Iterator[Runtime]:
    with bases.copy(State.REVIEWING.value, tmp_path / "copy") as runtime:
        yield runtime


def fault_of(runtime: Runtime, migration_id: str) -> TrialFault | None:
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration_id, 1))
    return trial_fault(runtime, move(runtime, migration_id), trial, thorough=False)


@pytest.mark.parametrize("resealed", [False, True], ids=["the checksum left", "the checksum made anew"])
def test_no_change_to_the_account_of_a_trial_is_approved(bases: Bases, reviewing: Runtime, resealed: bool) -> None:
    tried = 0
    with reviewing.ledger.read() as session:
        trial = session.get_one(Trial, (bases.migration_id, 1))
        honest = {name: getattr(trial, name) for name in ("kinds", "digest", "held_against")}
    assert fault_of(reviewing, bases.migration_id) is None
    for name, lie in LIES.items():
        if name == "a row moved in the account and in its part" or not lie(reviewing):
            continue
        tried += 1
        if resealed:
            reseal(reviewing)
        assert fault_of(reviewing, bases.migration_id) is TrialFault.ACCOUNT, name
        with pytest.raises(GuardRefused) as refused:
            approve_as_the_page_does(reviewing, bases.migration_id)
        assert refused.value.problem.code == "trial_damaged", name
        for column, value in honest.items():
            set_trial(reviewing, column, value)
    assert tried >= 20
    reseal(reviewing)
    assert fault_of(reviewing, bases.migration_id) is None


def test_a_row_that_was_held_does_not_lose_its_reason(bases: Bases, reviewing: Runtime) -> None:
    codes = codes_told(reviewing)
    assert codes
    for code in codes:
        with bases.copy(State.REVIEWING.value, reviewing.settings.var / code) as runtime:
            assert delete_problems(runtime, code)
            assert fault_of(runtime, bases.migration_id) is TrialFault.ACCOUNT, code


@pytest.mark.parametrize(
    "code",
    [
        "file_bytes_altered",
        "record_altered",
        "link_broken",
        "rows_unaccounted",
        "cells_not_found",
        "rows_miscounted",
    ],
)
def test_a_trial_that_does_not_balance_is_not_made_one_that_does(bases: Bases, reviewing: Runtime, code: str) -> None:
    with reviewing.ledger.write() as session:
        note_run_problems(session, bases.migration_id, "trial:1", [Problem(code)])
    set_trial(reviewing, "balanced", False)
    reseal(reviewing)
    assert fault_of(reviewing, bases.migration_id) is None
    set_trial(reviewing, "balanced", True)
    assert fault_of(reviewing, bases.migration_id) is TrialFault.ACCOUNT
    reseal(reviewing)
    assert fault_of(reviewing, bases.migration_id) is TrialFault.ACCOUNT


@pytest.mark.parametrize("code", sorted(WARNINGS))
def test_a_warning_does_not_prevent_an_approval(bases: Bases, reviewing: Runtime, code: str) -> None:
    with reviewing.ledger.write() as session:
        note_run_problems(session, bases.migration_id, "trial:1", [Problem(code)])
    reseal(reviewing)
    assert fault_of(reviewing, bases.migration_id) is None


def test_a_part_whose_result_was_changed_too_is_held_against_its_proof(bases: Bases, reviewing: Runtime) -> None:
    assert LIES["a row moved in the account and in its part"](reviewing)
    assert fault_of(reviewing, bases.migration_id) is TrialFault.ACCOUNT
    reseal(reviewing)
    assert fault_of(reviewing, bases.migration_id) is TrialFault.PARTS


@pytest.mark.parametrize("name", OF_MAKING)
def test_no_change_to_what_a_trial_was_made_with_is_approved(bases: Bases, reviewing: Runtime, name: str) -> None:
    assert OF_MAKING[name](reviewing)
    assert fault_of(reviewing, bases.migration_id) is TrialFault.ACCOUNT


def test_an_account_that_is_changed_after_the_approval_does_not_go_live(bases: Bases, reviewing: Runtime) -> None:
    approve_as_the_page_does(reviewing, bases.migration_id)
    assert LIES["the trial's digest overwritten"](reviewing)
    drain(reviewing, bases.migration_id, patience(60), WorkerTurn("worker"))
    assert state(reviewing, bases.migration_id) is State.FINALISING_FAILED
    problem = move(reviewing, bases.migration_id).problem
    assert problem is not None
    assert problem["code"] == "trial_damaged"


@pytest.mark.parametrize("copies_kept", [True, False], ids=["copies kept", "copies deleted"])
def test_no_change_to_the_account_of_a_live_move_is_believed(bases: Bases, tmp_path: Path, copies_kept: bool) -> None:
    with bases.copy(State.FINALISED.value, tmp_path / "live") as runtime:
        if not copies_kept:
            purge(runtime, bases.migration_id)
        with runtime.ledger.read() as session:
            trial = session.get_one(Trial, (bases.migration_id, 1))
            honest = {name: getattr(trial, name) for name in ("kinds", "digest", "balanced", "held_against")}
        report = move(runtime, bases.migration_id).report
        in_store = {name for name in LIES_AFTER if "in its part" in name}
        tried = 0
        assert is_true(runtime, bases.migration_id)
        for name, lie in LIES_AFTER.items():
            if name in in_store or not lie(runtime):
                continue
            tried += 1
            assert not is_true(runtime, bases.migration_id), name
            for column, value in honest.items():
                set_trial(runtime, column, value)
            set_report(runtime, **report)
        assert tried >= 50
        assert is_true(runtime, bases.migration_id)
        if copies_kept:
            assert all(check.holds for check in check_live(runtime))
            for name in in_store:
                assert LIES_AFTER[name](runtime), name
                assert fault_of(runtime, bases.migration_id) is not None, name
            assert not all(check.holds for check in check_live(runtime))


def is_true(runtime: Runtime, migration_id: str) -> bool:
    with runtime.ledger.read() as session:
        moved = session.get_one(Migration, migration_id)
        return has_true_account(session, moved, session.get_one(Trial, (migration_id, 1)))


def test_the_live_digest_is_computed_from_what_is_live() -> None:
    live = Digest()
    live.add("cli_1", b"content")
    done = Promoted(live={"patients": live})
    kept = report(Trial(migration_id="mig_1", number=1, store="", digest="0" * 64), done, ["patients"])
    assert kept["live_digest"] == trial_digest({"patients": live}, ["patients"])


def test_without_conflicts_the_live_digest_is_the_one_that_was_approved(bases: Bases, tmp_path: Path) -> None:
    with bases.copy(State.FINALISED.value, tmp_path / "live") as runtime:
        moved = move(runtime, bases.migration_id)
        assert moved.report["live_digest"] == moved.approved_digest
        assert all(check.holds for check in check_live(runtime))
