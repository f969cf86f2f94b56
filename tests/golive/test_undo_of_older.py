"""An older live move is undone: records that a later live move brought too stay, and both reports are true."""

from pathlib import Path

import pytest

from app.caspen.live_counts import LiveCounts, count_live
from app.caspen.undo import Why
from app.golive.live_check import check_live
from app.migration.advance import GuardRefused
from app.migration.guards import SHARED_KEPT
from app.migration.models import Migration
from app.migration.states import Event, State
from app.wizard.report import load_undo_result
from app.worker.runtime import Runtime
from tests.harness.clinic import WORKSPACE, Clinic, clinic_files, clinic_in, runtime_in

FEWER = ((5, 5), (7, 9))  # clients and visits of the older and of the newer export
SAME = ((6, 6), (6, 6))
MORE = ((8, 9), (5, 5))


@pytest.mark.parametrize("sizes", [FEWER, SAME, MORE])
@pytest.mark.parametrize("is_edited", [False, True])
def test_what_the_newer_move_approved_stays(
    clinic: Clinic, sizes: tuple[tuple[int, int], tuple[int, int]], is_edited: bool
) -> None:
    older = clinic.tried(clinic_files(*sizes[0])).finalised()
    brought = count_live(clinic.runtime.caspen, WORKSPACE).total
    files = clinic_files(*sizes[1])
    if is_edited:
        files["Patients.csv"] = files["Patients.csv"].replace("1001,", "1001,X", 1)
    newer = clinic_in(clinic.runtime).tried(files).finalised()
    report = newer.migration.report
    assert newer.migration.report[SHARED_KEPT]
    older.act(Event.UNDO)
    older.drain()
    assert older.state() is State.UNDONE
    (checked,) = check_live(clinic.runtime)
    assert (checked.migration_id, checked.holds) == (newer.id, True)
    for name in ("created", "updated", "unchanged", "kinds", "live"):
        assert newer.migration.report.get(name) == report.get(name)
    undone = older.migration.report["undone"]
    removed, later = sum(undone["removed"].values()), sum(undone["later"].values())
    assert {kept["why"] for kept in undone["kept"]} <= {Why.IN_USE}, "the newer visits need places, people and services"
    assert removed + later + len(undone["kept"]) == brought
    assert later > 0
    held = sum(sum(account.values()) for account in (report["created"], report["updated"], report["unchanged"]))
    there = count_live(clinic.runtime.caspen, WORKSPACE).total
    assert there == held + len(undone["kept"])
    first = load_undo_result(clinic.runtime.caspen, older.migration)
    assert first is not None
    assert (first.total, first.in_use, first.gone_since) == (brought, len(undone["kept"]), 0)
    newer.act(Event.UNDO)
    newer.drain()
    assert count_live(clinic.runtime.caspen, WORKSPACE).total == 0
    first, second = (load_undo_result(clinic.runtime.caspen, move.migration) for move in (older, newer))
    assert first is not None
    assert second is not None
    assert (first.total, first.in_use, first.gone_since) == (brought, 0, len(undone["kept"]))
    assert second.removed + second.left_over == there, "every record that went is in the report of what took it"
    assert second.left_over == first.gone_since


def test_without_the_facts_the_later_move_is_undone_first(clinic: Clinic, runtime: Runtime) -> None:
    older = clinic.tried().finalised()
    newer = clinic_in(runtime).tried().finalised()
    with runtime.ledger.write() as session:
        move = session.get_one(Migration, newer.id)
        report = move.report.copy()
        del report[SHARED_KEPT]
        move.report = report
        session.add(move)
    with pytest.raises(GuardRefused) as refused:
        older.act(Event.UNDO)
    assert refused.value.problem.code == "undo_later_first"
    for each in (newer, older):
        each.act(Event.UNDO)
        each.drain()
        assert each.state() is State.UNDONE
    assert count_live(runtime.caspen, WORKSPACE).total == 0


def live_of_both(runtime: Runtime, clinic: Clinic) -> tuple[LiveCounts, LiveCounts]:
    """The live records of an older and a newer move, after both went live."""
    older = clinic.tried(clinic_files(*MORE[0])).finalised()
    newer = clinic_in(runtime).tried(clinic_files(*MORE[1])).finalised()
    report = newer.migration.report
    held = sum(count for name in ("created", "updated", "unchanged") for count in report[name].values())
    mine = [count_live(runtime.caspen, WORKSPACE, move.id) for move in (older, newer)]
    assert mine[1].total == held, "found unchanged counts as well"
    whole = count_live(runtime.caspen, WORKSPACE)
    assert max(each.total for each in mine) <= whole.total < sum(each.total for each in mine), "some are of both"
    assert mine[0] != mine[1]
    return mine[0], mine[1]


@pytest.mark.postgres
def test_each_move_counts_what_is_live_of_it_alone_on_both_databases(
    clinic: Clinic, postgres: str, tmp_path: Path
) -> None:
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        assert live_of_both(runtime, clinic_in(runtime)) == live_of_both(clinic.runtime, clinic)
