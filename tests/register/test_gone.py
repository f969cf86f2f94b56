"""Rows that an earlier move brought and a later export no longer has are listed, and nothing of them changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.caspen.earlier_records import earlier_keys
from app.caspen.source_keys import SourceKeyLookup
from app.migration.completeness_warnings import CompletenessWarning, completeness_warnings
from app.migration.trials import current_trial
from app.sources import source
from tests.harness.clinic import Clinic, clinic_in, runtime_in
from tests.harness.prepared_moves import tiny_export
from tests.kinds.story import ROWS
from tests.register.story import Desk, Tried, export, told_of

KINDS = {
    "businesses": "locations",
    "users": "users",
    "practitioners": "practitioners",
    "practitioner_reference_numbers": "provider_numbers",
    "appointment_types": "services",
    "custom_fields": "custom_fields",
    "contacts": "contacts",
    "patients": "clients",
    "patient_cases": "cases",
    "appointments": "appointments",
    "unavailable_blocks": "busy_times",
    "treatment_note_templates": "progress_note_templates",
    "treatment_notes": "progress_notes",
    "patient_form_templates": "form_templates",
    "patient_forms": "forms",
    "communications": "communications",
}
"""The kinds whose rows become records of their own, with the main table of each."""
GONE = "900001"


def second_row(kind: str) -> dict[str, str]:
    key = "field_token" if kind == "custom_fields" else "id"
    changes = {key: GONE, "email": "gone@mail.example", "name": "Another", "field_name": "Another"}
    return {name: value for name, value in changes.items() if name in ROWS[kind] or name == key}


@dataclass(frozen=True)
class Moves:
    first: Clinic
    second: Tried


@pytest.fixture(scope="module")
def moves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moves]:
    with runtime_in(tmp_path_factory.mktemp("gone")) as runtime:
        both = {kind: [{}, second_row(kind)] for kind in KINDS}
        first = Desk(runtime).clinic().tried(export(**both)).finalised()
        second = clinic_in(runtime, first.migration.workspace_id)
        files = export(*(kind for kind in KINDS if kind not in ("patients", "contacts")))
        second.hand_over({**files, "contacts.csv": "id,type,first_name,company_name\n"})
        second.drain()
        second.start_trial()
        second.drain()
        yield Moves(first, told_of(second))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"contacts"}))
def test_a_row_that_is_gone_from_a_later_export_is_listed_by_its_kind(moves: Moves, kind: str) -> None:
    [problem] = moves.second.problems("gone_from_export", kind)
    assert (problem["level"], problem["count"], problem["source_id"]) == ("warning", 1, GONE)


def test_an_empty_file_lists_every_row_of_its_kind(moves: Moves) -> None:
    assert sum(problem["count"] for problem in moves.second.problems("gone_from_export", "contacts")) == 2


def test_the_trial_balances_and_approval_asks_for_each_kind(moves: Moves) -> None:
    assert moves.second.answer["balanced"]
    clinic = moves.second.clinic
    with clinic.runtime.ledger.read() as session:
        found = completeness_warnings(
            session, clinic.migration, source("cliniko"), current_trial(session, clinic.migration)
        )
    asked = {doubt.kind: doubt.count for doubt in found if doubt.code == "gone_from_export"}
    assert asked == {**dict.fromkeys(KINDS, 1), "contacts": 2}
    assert CompletenessWarning("gone_from_export", "patients", 1).key == "gone_from_export:patients"


def test_the_missing_records_do_not_change_when_the_later_move_goes_live(moves: Moves) -> None:
    clinic = moves.second.clinic.finalised()
    live = clinic.runtime.caspen.live
    with live.database.connection(reading=True) as connection:
        for kind, table in KINDS.items():
            sought = SourceKeyLookup(connection, live, clinic.migration.workspace_id, kind, table, ("migration_id",))
            assert [key for key, _ in sought.of([GONE])] == [GONE], kind


def test_a_kind_without_a_file_is_absent_and_not_gone(moves: Moves) -> None:
    third = clinic_in(moves.first.runtime, moves.first.migration.workspace_id)
    third.hand_over(export(patients=[{}, {"id": GONE}]))
    third.drain()
    third.start_trial()
    third.drain()
    assert told_of(third).problems("gone_from_export") == []


def test_nothing_is_gone_where_the_same_export_is_handed_over_again(tmp_path: Path) -> None:
    with runtime_in(tmp_path) as runtime:
        first = Desk(runtime).clinic().tried({"export.zip": tiny_export()}).finalised()
        again = clinic_in(runtime, first.migration.workspace_id).tried({"export.zip": tiny_export()})
        assert told_of(again).problems("gone_from_export") == []
        assert sum(kind["unchanged"] for kind in told_of(again).answer["kinds"]) > 100


def keys_of(clinic: Clinic, kind: str) -> list[str]:
    """The source keys of the live records of a kind, which the clinic's move brought."""
    live, workspace_id = clinic.runtime.caspen.live, clinic.migration.workspace_id
    return [key for keys in earlier_keys(live, workspace_id, kind, kind, "another") for key in keys]


STANDS = {
    "merged into another client": {"merged_with_patient_id": "11"},
    "deleted in the source": {"deleted_at": "2026-05-01T01:00:00Z"},
    "as it was": {},
}


@pytest.mark.parametrize("change", STANDS.values(), ids=STANDS.keys())
def test_what_the_row_of_a_client_says_beside_the_client_is_never_gone_by_itself(
    tmp_path: Path, change: dict[str, str]
) -> None:
    """Custom field values also come from columns of a client's row. The row is in the export or is listed itself."""
    other = {"id": GONE, "first_name": "Ann", "old_reference_id": "A7"}
    answers = [{}, {"patient_id": "11", "field_token": "f2", "field_name": "Shoe", "value": "42"}]
    with runtime_in(tmp_path) as runtime:
        files = export("custom_fields", patients=[{}, other], custom_field_values=answers)
        first = Desk(runtime).clinic().tried(files).finalised()
        assert len(keys_of(first, "custom_field_values")) > len(answers), "the client's own row made an answer"
        second = clinic_in(runtime, first.migration.workspace_id)
        second.tried(export("custom_fields", patients=[{}, {**other, **change}], custom_field_values=answers[:1]))
        [gone] = told_of(second).problems("gone_from_export", "custom_field_values")
        assert (gone["source_id"], gone["count"]) == ("11/f2", 1), "only the row that the export lacks"


def test_a_client_who_is_gone_is_listed_without_the_answers_of_the_row(tmp_path: Path) -> None:
    other = {"id": GONE, "first_name": "Ann", "old_reference_id": "A7"}
    with runtime_in(tmp_path) as runtime:
        files = export("custom_fields", patients=[{}, other], custom_field_values=[{}])
        first = Desk(runtime).clinic().tried(files).finalised()
        second = clinic_in(runtime, first.migration.workspace_id)
        second.tried(export("custom_fields", patients=[{}], custom_field_values=[{}]))
        [gone] = told_of(second).problems("gone_from_export", "patients")
        assert (gone["source_id"], gone["count"]) == (GONE, 1)
        assert told_of(second).problems("gone_from_export", "custom_field_values") == []
