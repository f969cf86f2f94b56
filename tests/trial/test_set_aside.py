"""A row that fails during a trial is held, and so is what belongs to it, as if reading had set the row aside."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.caspen.digests import Digest
from app.caspen.gateway import create_workspace
from app.caspen.load_part import unload_parts
from app.caspen.part_fences import PartKey, PartLoaded, StaleEpoch, void
from app.caspen.part_fences import claim as claim_fence
from app.caspen.stores import Store
from app.caspen.workspace_snapshot import load_workspace
from app.golive.live_check import check_live
from app.migration.states import State
from app.sources import SOURCES
from app.trial import set_aside
from app.trial.trial_context import SET_ASIDE
from app.trial.trial_damage import trial_fault
from app.worker.runtime import Runtime
from tests.harness.clinic import Clinic, clinic_files, clinic_in, runtime_in
from tests.harness.waiting import patience, until
from tests.shapes.export import BESIDE
from tests.shapes.shapes import REFERENCE
from tests.trial.failing_rows import NAME, Fails, Killed, Row, failing
from tests.trial.linked_export import linked_rows
from tests.worker import failing_on_request
from tests.worker.test_failures import hurry, with_last_name
from tests.workers.story import a_worker

MOVING = tuple(kind for kind in SOURCES["cliniko"].kinds if kind.imported)
REFERRED = sorted({placed.column.links_to for kind in MOVING for placed in kind.columns if placed.column.links_to})
TURNS = 400
TOGETHER = pytest.mark.xdist_group("set-aside")
"""Tests of one process, which makes the trial that each is compared with once for all of them."""


ROWS = linked_rows()
FILES: Mapping[str, str | bytes] = {**REFERENCE.files(ROWS), **BESIDE}


def _key(kind: str) -> str:
    """The id of a kind's first row."""
    return next(iter(ROWS[kind][0].values())) if kind != "custom_fields" else "f1"


FIRST = {kind: _key(kind) for kind in (*REFERRED, "treatment_notes", "patient_files") if kind in ROWS}
CASES = [pytest.param(Row(kind, key), id=kind) for kind, key in FIRST.items()]
OTHERS = [
    pytest.param(Row(kind, key), id=f"{kind} {key}") for kind, key in (("attendees", "95"), ("appointments", "85"))
]
SEVERAL = (Row("patients", "1000001"), Row("contacts", "61"), Row("custom_fields", "f1"), Row("treatment_notes", "132"))


@dataclass(frozen=True)
class Account:
    """The result of a trial: its proof, its rows by kind and outcome, and the problems of each row."""

    digest: str
    rows: Mapping[str, Mapping[str, int]]
    problems: Counter[tuple[str, str, str, str]]


def _account(clinic: Clinic) -> Account:
    rows = {
        kind["kind"]: {name: number for name, number in kind.items() if isinstance(number, int) and number}
        for kind in clinic.trial.kinds
    }
    problems = Counter(
        (str(line.kind), line.code, line.level, str(line.source_id)) for line in clinic.problems("trial:1")
    )
    return Account(clinic.trial.digest, rows, problems)


def _through(clinic: Clinic, workers: tuple[str, ...] = ("worker",)) -> None:
    """Runs workers until the trial is over; a worker that ends is followed by the next."""
    for turn in range(TURNS):
        with suppress(Killed):
            clinic.drain(workers[turn % len(workers)], seconds=patience(60) if len(workers) == 1 else 0.01)
        if clinic.state() is not State.TRIALLING:
            return
        hurry(clinic)


def _tried(runtime: Runtime, rows: tuple[Row, ...], how: Fails, workers: tuple[str, ...] = ("worker",)) -> Clinic:
    clinic = clinic_in(runtime, source=NAME)
    with failing(rows, how):
        clinic.hand_over(FILES)
        clinic.drain()
        assert clinic.state() is State.MATCHING
        clinic.start_trial()
        _through(clinic, workers)
    return clinic


@cache
def held_in_reading(*rows: Row, how: Fails = Fails.READ) -> Account:
    """The result of a trial whose reading keeps the rows back, before anything is resolved."""
    with TemporaryDirectory() as folder, runtime_in(Path(folder) / "var") as runtime:
        clinic = _tried(runtime, rows, how)
        assert clinic.trial.balanced
        return _account(clinic)


def _live(clinic: Clinic) -> None:
    """Approves and finalises the trial. Returns the live records."""
    with failing((), Fails.MAPPED):
        assert trial_fault(clinic.runtime, clinic.migration, clinic.trial, thorough=True) is None
        clinic.finalised()
        assert clinic.state() is State.FINALISED
        assert all(found.holds for found in check_live(clinic.runtime))


@TOGETHER
@pytest.mark.parametrize("how", [Fails.MAPPED, Fails.KILLS])
@pytest.mark.parametrize("row", [*CASES, *OTHERS])
def test_what_belongs_to_a_row_set_aside_in_a_trial_is_held_as_if_reading_had_set_it_aside(
    runtime: Runtime, row: Row, how: Fails
) -> None:
    clinic = _tried(runtime, (row,), how)
    assert clinic.state() is State.REVIEWING
    found = _account(clinic)
    wanted = held_in_reading(row)
    assert "link_broken" not in clinic.codes("trial:1")
    assert clinic.trial.balanced
    assert found.rows == wanted.rows
    assert found.problems == wanted.problems
    assert found.digest == wanted.digest
    assert (row.kind, "row_quarantined", "held", row.id) in found.problems
    _live(clinic)


@TOGETHER
@pytest.mark.parametrize("how", [Fails.HELD, Fails.SKIPPED])
@pytest.mark.parametrize("row", [*CASES, *OTHERS])
def test_what_belongs_to_a_row_that_mapping_keeps_back_is_held_as_if_reading_had_kept_it_back(
    runtime: Runtime, row: Row, how: Fails
) -> None:
    clinic = _tried(runtime, (row,), how)
    assert clinic.state() is State.REVIEWING
    found = _account(clinic)
    wanted = held_in_reading(row, how=Fails.READ if how is Fails.HELD else Fails.READ_SKIPPED)
    assert "link_broken" not in clinic.codes("trial:1")
    assert clinic.trial.balanced
    assert found.rows == wanted.rows
    assert found.digest == wanted.digest
    own = (row.kind, row.id)
    assert {line for line in found.problems if own != (line[0], line[3])} == {
        line for line in wanted.problems if own != (line[0], line[3])
    }
    assert (row.kind, "row_quarantined", how.value, row.id) in found.problems
    _live(clinic)


def test_a_chain_of_rows_that_mapping_holds_one_for_another_is_held_to_its_end(runtime: Runtime) -> None:
    template, service, form = (
        Row("treatment_note_templates", "111"),
        Row("appointment_types", "51"),
        Row("patient_forms", "141"),
    )
    clinic = _tried(runtime, (template, service, form), Fails.LACKING)
    found = _account(clinic)
    assert clinic.trial.balanced
    assert "link_broken" not in clinic.codes("trial:1")
    chain = {
        (template.kind, "row_quarantined", "held", template.id),
        (service.kind, "template_unknown", "warning", service.id),
        (service.kind, "row_quarantined", "held", service.id),
        ("appointments", "parent_not_imported", "held", "81"),
        ("attendees", "parent_not_imported", "held", "91"),
        ("treatment_notes", "note_without_appointment", "warning", "131"),
        (form.kind, "form_without_appointment", "warning", form.id),
        (form.kind, "row_quarantined", "held", form.id),
    }
    assert chain <= found.problems.keys()
    _live(clinic)


def test_several_rows_are_set_aside_at_once_and_what_belongs_to_any_of_them_waits(runtime: Runtime) -> None:
    clinic = _tried(runtime, SEVERAL, Fails.MAPPED)
    assert clinic.trial.balanced
    assert _account(clinic) == held_in_reading(*SEVERAL)
    _live(clinic)


def test_a_visit_of_two_that_loses_one_stays_the_other_s(runtime: Runtime) -> None:
    row = Row("attendees", "97")
    clinic = _tried(runtime, (row,), Fails.MAPPED)
    assert clinic.trial.balanced
    assert _account(clinic).problems == held_in_reading(row).problems
    _live(clinic)


def test_workers_that_take_turns_at_it_hold_the_same(runtime: Runtime) -> None:
    clinic = _tried(runtime, SEVERAL, Fails.KILLS, ("first", "second"))
    assert clinic.trial.balanced
    assert _account(clinic) == held_in_reading(*SEVERAL)


def test_postgresql_holds_the_same(tmp_path: Path, postgres: str) -> None:
    rows = (*SEVERAL, Row("businesses", "1"))
    with runtime_in(tmp_path, database_url=postgres, caspen_database_url=postgres) as runtime:
        clinic = _tried(runtime, rows, Fails.MAPPED)
        assert clinic.trial.balanced
        assert _account(clinic) == held_in_reading(*rows)
        _live(clinic)


def test_a_trial_in_which_no_row_fails_has_nothing_to_set_aside(clinic: Clinic) -> None:
    clinic.tried()
    assert clinic.trial.balanced
    assert clinic.work(phase=SET_ASIDE) == []


def test_a_worker_that_dies_between_the_two_databases_is_followed_by_one_that_does_it_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths: list[str] = []

    def dying(store: Store, keys: Iterable[PartKey]) -> None:
        unload_parts(store, keys)
        if not deaths:
            deaths.append("between")
            raise Killed

    monkeypatch.setattr(set_aside, "unload_parts", dying)
    row = Row("patients", "1000001")
    clinic = _tried(runtime, (row,), Fails.MAPPED)
    assert deaths == ["between"]
    assert clinic.trial.balanced
    assert _account(clinic) == held_in_reading(row)


def test_a_worker_that_wakes_up_late_takes_nothing_out_again(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[PartKey] = []

    def noting(store: Store, keys: Iterable[PartKey]) -> None:
        asked.extend(keys)
        unload_parts(store, asked)

    monkeypatch.setattr(set_aside, "unload_parts", noting)
    clinic = _tried(runtime, (Row("patients", "1000001"),), Fails.MAPPED)
    assert asked
    unload_parts(runtime.caspen.trial(clinic.id, 1), asked)
    with failing((), Fails.MAPPED):
        assert trial_fault(runtime, clinic.migration, clinic.trial, thorough=True) is None


def test_a_part_that_was_taken_out_is_written_by_nobody_who_held_it_before(runtime: Runtime) -> None:
    store = runtime.caspen.create_trial("wsp_any", "mig_1", 1, _version(runtime))
    old, new = PartKey("mig_1", 1, 5, 2), PartKey("mig_1", 1, 5, 4)
    made = PartLoaded(records={"clients": 1}, places=Digest())
    with store.database.connection() as connection:
        assert claim_fence(connection, store.schema, old, made) is None
    unload_parts(store, [PartKey("mig_1", 1, 5, 3)])
    with store.database.connection() as connection, pytest.raises(StaleEpoch):
        claim_fence(connection, store.schema, old, made)
    with store.database.connection() as connection:
        assert claim_fence(connection, store.schema, new, None) is None
        assert claim_fence(connection, store.schema, new, made) is None
        assert claim_fence(connection, store.schema, new, None) is not None
        assert not void(connection, store.schema, PartKey("mig_1", 1, 5, 3))


def _version(runtime: Runtime) -> int:
    create_workspace(runtime.caspen, "wsp_any", "Any")
    return load_workspace(runtime.caspen, "wsp_any").version


@pytest.mark.slow
def test_two_workers_whose_children_a_client_ends_hold_what_is_hers_with_her(runtime: Runtime) -> None:
    files = with_last_name(clinic_files(40, 60), 17, "Kills")
    with failing_on_request.registered():
        clinic = clinic_in(runtime, source=failing_on_request.NAME)
        clinic.hand_over(files)
        clinic.drain()
        clinic.start_trial()
        with (
            a_worker(runtime.settings, "tests.workers.poisoned"),
            a_worker(runtime.settings, "tests.workers.poisoned"),
        ):
            until(lambda: clinic.state() is not State.TRIALLING, 400)
    assert clinic.state() is State.REVIEWING
    assert clinic.trial.balanced
    held = {kind["kind"]: kind["held"] for kind in clinic.trial.kinds}
    assert (held["patients"], held["appointments"]) == (1, 2)
