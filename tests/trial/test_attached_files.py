"""Clients' own files are verified straight in the archive, and once more when they are live."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.golive.live_check import check_live
from app.migration.advance import GuardRefused
from app.migration.states import State
from app.reading import cut, read_export, reading_stage
from app.sources import SOURCES
from tests.harness.clinic import Clinic, clinic_files
from tests.world.altered import exchanged, flipped, kept_in, removed
from tests.world.spoiled import (
    Spoil,
    attachment_unseen,
    attachments_cut,
    column,
    columns_swapped,
    kind_dropped,
    source,
)

BODIES: dict[str, str | bytes] = {
    f"Patient files/{1000 + n}/{n} scan.pdf": b"%PDF-1.4 " + bytes([n]) * 2000 for n in range(6)
}


@pytest.fixture(autouse=True)
def honest_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test spoils is mended after it."""
    monkeypatch.setitem(vars(read_export), "store_attachment", vars(read_export)["store_attachment"])
    monkeypatch.setitem(vars(reading_stage), "store_attachments", read_export.store_attachments)
    monkeypatch.setattr(cut, "part_columns", cut.part_columns)
    monkeypatch.setitem(SOURCES, source().name, source())


def listed(*more: str) -> dict[str, str | bytes]:
    """An export whose list names each of the files by its path, its size and its sum."""
    rows = ["Attachment ID,Patient ID,File Name,Path,Size,SHA256"]
    for n, (path, body) in enumerate(BODIES.items()):
        assert isinstance(body, bytes)
        size_and_sum = f"{len(body)},{hashlib.sha256(body).hexdigest()}"
        rows.append(f"{80000 + n},{1000 + n},{n} scan.pdf,{path},{size_and_sum}")
    return {**clinic_files(20, 0), **BODIES, "patient_files.csv": "\n".join([*rows, *more]) + "\n"}


def unlisted() -> dict[str, str | bytes]:
    return {**clinic_files(20, 0), **BODIES}


def reported(clinic: Clinic) -> set[tuple[str, str | None, int]]:
    codes = ("cells_not_found", "rows_miscounted", "file_bytes_altered")
    return {(line.code, line.column, line.count) for line in clinic.problems("trial:1") if line.code in codes}


def test_files_that_came_as_they_lie_there_raise_no_alarm(clinic: Clinic) -> None:
    lost = "90000,1001,gone.pdf,Patient files/1001/gone.pdf,12,"
    again = "90001,1002,again.pdf,Patient files/1002/2 scan.pdf,,"
    stranger = "90002,9999,3 other.pdf,Patient files/9999/other.pdf,,"
    summed = f"90003,1004,4 odd.pdf,Patient files/1004/4 odd.pdf,,{'ab' * 32}"
    sized = "90004,1005,5 odd.pdf,Patient files/1005/5 odd.pdf,7,"
    whose = "90005,1001,6 odd.pdf,Patient files/1006/6 odd.pdf,,"
    odd: dict[str, str | bytes] = {f"Patient files/{1000 + n}/{n} odd.pdf": b"%PDF-1.4 odd" for n in (4, 5, 6)}
    more: dict[str, str | bytes] = {"Patient files/1003/empty.pdf": b"", "Patient files/9999/other.pdf": b"%PDF-1.4 x"}
    clinic.tried({**listed(lost, again, stranger, summed, sized, whose), **more, **odd})
    codes = clinic.codes("trial:1") | clinic.codes("export:1")
    assert codes >= {"file_missing", "file_zero_bytes", "file_without_patient", "file_patient_conflict"}
    assert codes >= {"file_checksum_mismatch", "file_size_mismatch"}
    assert reported(clinic) == set()
    assert clinic.trial.balanced


@pytest.mark.parametrize(
    ("lie", "files", "found"),
    [
        (attachment_unseen, unlisted, ("rows_miscounted", None, 1)),
        (attachment_unseen, listed, ("cells_not_found", "Path", 1)),
        (attachments_cut, unlisted, ("file_bytes_altered", None, 6)),
        (kind_dropped("patient_files"), unlisted, ("rows_miscounted", None, 6)),
        (columns_swapped("patient_files", 1), listed, ("cells_not_found", "Patient ID", 6)),
        (columns_swapped("patient_files", 4), listed, ("cells_not_found", "SHA256", 6)),
        (column("patient_files", "files", "content_type", "off"), unlisted, ("cells_not_found", "Content Type", 6)),
        (column("patient_files", "files", "name", "another's"), listed, ("cells_not_found", "File Name", 5)),
        (column("patient_files", "files", "client_id", "off"), listed, ("cells_not_found", "Patient ID", 6)),
    ],
)
def test_a_file_with_other_bytes_than_the_export_is_reported_and_prevents_the_approval(
    clinic: Clinic, lie: Spoil, files: Callable[[], dict[str, str | bytes]], found: tuple[str, str | None, int]
) -> None:
    lie()
    clinic.tried(files())
    assert found in reported(clinic)
    with pytest.raises(GuardRefused, match="trial_unbalanced"):
        clinic.approve()


@pytest.mark.parametrize("harm", [flipped, exchanged, removed])
def test_what_a_live_file_holds_is_looked_at_as_long_as_the_trial_is_kept(
    clinic: Clinic, harm: Callable[..., None]
) -> None:
    clinic.tried(listed())
    clinic.approve()
    clinic.drain()
    assert clinic.state() is State.FINALISED
    (whole,) = check_live(clinic.runtime)
    assert whole.holds

    paths: list[Path] = kept_in(clinic.runtime.settings.files_folder)
    harm(*paths[:2])
    (found,) = check_live(clinic.runtime)
    assert found.verification is not None
    assert not found.holds
    assert len(found.verification.contents) == (2 if harm is exchanged else 1)
    assert {(one.table, one.source_kind) for one in found.verification.contents} == {("files", "patient_files")}
    assert not found.verification.altered
