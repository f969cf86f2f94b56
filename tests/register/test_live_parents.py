"""Rows that refer to a client whom only an earlier import brought are imported, and refer to the live record."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.caspen.gateway import Gateway
from app.caspen.record_ids import Ids
from tests.harness.clinic import clinic_in, runtime_in
from tests.kinds.story import ROWS
from tests.register.story import DIARY, Desk, Tried, export, told_of

CHILDREN = ("appointments", "patient_cases", "treatment_notes", "patient_forms", "communications")
"""The kinds that cannot be without their client, each with a row of that client and of the clinic's diary."""
OTHER = {"id": "900001", "first_name": "Noa", "last_name": "Wren"}


@dataclass(frozen=True)
class Later:
    """A second export without the old client: with the diary's own files, without them, and with the client deleted."""

    with_diary: Tried
    without_diary: Tried
    after_deletion: Tried


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    with runtime_in(tmp_path_factory.mktemp("later")) as runtime:
        first = Desk(runtime).clinic().tried(export(*DIARY, *CHILDREN)).finalised()
        workspace = first.migration.workspace_id

        def tried(*kinds: str) -> Tried:
            clinic = clinic_in(runtime, workspace)
            clinic.hand_over(export(*kinds, *CHILDREN, patients=[OTHER]))
            clinic.drain()
            clinic.start_trial()
            clinic.drain()
            return told_of(clinic)

        both = tried(*DIARY), tried()
        client = Ids(workspace, "cliniko").derive("clients", "patients", ROWS["patients"]["id"])
        Gateway(runtime.caspen, workspace, "a receptionist").delete("clients", client)
        yield Later(*both, tried(*DIARY))


@pytest.mark.parametrize("kind", CHILDREN)
@pytest.mark.parametrize("files", ["with_diary", "without_diary"])
def test_a_row_of_a_client_whom_only_the_workspace_has_is_unchanged(later: Later, files: str, kind: str) -> None:
    result: Tried = getattr(later, files)
    assert {name: result.kind(kind)[name] for name in ("unchanged", "created", "updated", "held")} == {
        "unchanged": 1,
        "created": 0,
        "updated": 0,
        "held": 0,
    }


@pytest.mark.parametrize("files", ["with_diary", "without_diary"])
def test_no_row_is_an_orphan_and_the_client_is_reported_as_gone(later: Later, files: str) -> None:
    result: Tried = getattr(later, files)
    assert result.answer["balanced"]
    assert "many_orphans" not in result.codes
    assert "practitioner_placeholder_created" not in result.codes
    assert [p["source_id"] for p in result.problems("gone_from_export", "patients")] == [ROWS["patients"]["id"]]


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_row_of_a_client_whom_a_person_deleted_waits(later: Later, kind: str) -> None:
    assert later.after_deletion.kind(kind)["held"] == 1
