"""Verification never fails harder than what it checks, and judges only files that were read as a kind that moves."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.mapping.plan import LEAVE_OUT
from app.migration.models import ProblemLine
from app.migration.plans import plan_of
from app.migration.states import State
from app.trial import verification
from app.trial.verification import column_verdicts, raw_rows, spot_check
from tests.harness.clinic import Clinic, clinic_files
from tests.reading.workbooks import workbook

CLIENT = {"Patient ID": "9", "First Name": "Ann", "Last Name": "Lee9", "Date of Birth": "1980-02-13"}
OTHERS: dict[str, tuple[str, dict[str, str]]] = {
    "a file without a known kind": (
        "Birthdays.csv",
        {"Patient ID": "9", "First Name": "Ann", "Email": "a@mail.example"},
    ),
    "recalls": (
        "Recalls.csv",
        {**CLIENT, "Recall At": "2026-12-01", "Recall Type": "Check", "Recall Date": "2026-12-01"},
    ),
    "a waiting list": ("Wait list.csv", {**CLIENT, "Wait List Entry ID": "4", "Notes": "mornings"}),
    "invoices": (
        "Invoices.csv",
        {**CLIENT, "Invoice Number": "1", "Invoice To": "Ann", "Issue Date": "2024-01-02", "Invoice Amount": "80.00"},
    ),
    "payments": ("Payments.csv", {**CLIENT, "Payment ID": "1", "Payment Date": "2024-01-02", "Amount": "80.00"}),
    "attendees": (
        "Attendees.csv",
        {
            "Attendee ID": "1",
            "Appointment ID": "20000",
            "Patient ID": "1000",
            "Arrived": "true",
            "Practitioner ID": "7",
        },
    ),
    "a refused file": ("Old clients.csv", {**CLIENT, "Patient ID": "1.55835E+18"}),
    "a file without the column of its ids": (
        "Contacts.csv",
        {"First Name": "Ann", "Company Name": "Rooms", "Type": "Doctor"},
    ),
}


def table(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def not_verified(clinic: Clinic) -> list[ProblemLine]:
    return [line for line in clinic.problems("trial:1") if line.code == "not_verified"]


def blamed(clinic: Clinic) -> set[str]:
    return clinic.codes("trial:1") & {"rows_miscounted", "cells_not_found", "file_bytes_altered"}


@pytest.mark.parametrize("what", OTHERS)
def test_a_file_that_does_not_move_leaves_the_trial_balanced(clinic: Clinic, what: str) -> None:
    name, row = OTHERS[what]
    clinic.tried({**clinic_files(), name: table(row)})
    assert blamed(clinic) == set()
    assert clinic.trial.balanced
    assert clinic.finalised().state() is State.FINALISED


def test_a_file_that_the_clinic_left_out_leaves_the_trial_balanced(clinic: Clinic) -> None:

    clinic.hand_over({**clinic_files(), "Old clients.csv": table(CLIENT)})
    with clinic.runtime.ledger.write() as session:
        migration = session.merge(clinic.migration)
        plan = plan_of(migration).model_copy(update={"file_kinds": {"Old clients.csv": LEAVE_OUT}})
        migration.plan = plan.model_dump(mode="json")
        session.add(migration)
    clinic.drain()
    clinic.start_trial()
    clinic.drain()
    assert "file_left_out" in clinic.codes("export:1")
    assert blamed(clinic) == set()
    assert clinic.trial.balanced


def broken(*_: object, **__: object) -> Any:
    raise RuntimeError("a fault in verification")


def broken_on_the_way(*_: object, **__: object) -> Iterator[Any]:
    yield 2, {"patientid": "1000"}
    broken()


PLACES: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "reading a file": (raw_rows, "plain_rows", broken),
    "the middle of a file": (raw_rows, "plain_rows", broken_on_the_way),
    "opening the export": (verification, "open_migration_export", broken),
    "comparing a file": (verification, "compare_sample", broken),
    "comparing a cell": (column_verdicts, "compare_cell", broken),
    "clients' own files": (verification, "verify_attached", broken),
    "a file that was passed over": (verification, "_recognised_kind", broken),
    "the names of files": (raw_rows, "note_pages", broken),
    "sums of files": (spot_check, "_sampled_entries", broken),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_in_verification_is_named_and_ends_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(*PLACES[place])
    files = {
        **clinic_files(),
        "Letter.csv": "some,words\n1,2\n",
        "Patient files/1000 - Lee0, Ann/scan.txt": "words",
        "Treatment notes/1000 - Lee0, Ann/2024-01-02 Note [5].html": "<p>Better</p>",
    }
    clinic.tried(files)
    assert not_verified(clinic)
    assert clinic.trial.balanced
    assert clinic.finalised().state() is State.FINALISED


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def objects(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


SHAPES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "utf-16": ("csv", lambda text: text.encode("utf-16")),
    "cp1252": ("csv", lambda text: text.replace("Ann", "Zoë").encode("cp1252")),
    "title lines": ("csv", lambda text: b"Our clinic\nexported,today\n" + text.encode()),
    "semicolons": ("csv", lambda text: text.replace(",", ";").encode()),
    "an array": ("json", lambda text: json.dumps(objects(text)).encode()),
    "lines": ("jsonl", lambda text: "\n".join(map(json.dumps, objects(text))).encode()),
    "a page": ("json", lambda text: json.dumps({"patients": objects(text), "total_entries": 20}).encode()),
    "a workbook": ("xlsx", lambda text: workbook({"Notes": [["x"]], "Clients": rows_of(text)})),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_table_is_verified(clinic: Clinic, shape: str) -> None:
    extension, written = SHAPES[shape]
    files: dict[str, str | bytes] = dict(clinic_files())
    text = str(files.pop("Patients.csv"))
    clinic.tried({**files, f"Patients.{extension}": written(text)})
    (proof,) = clinic.work(phase="reconcile")
    assert proof.result["looked_at"]["files"] == 5
    assert proof.result["looked_at"]["rows"] == 43
    assert (not_verified(clinic), blamed(clinic)) == ([], set())
    assert clinic.trial.balanced


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fault_of_mapping_is_caught_in_every_shape(
    clinic: Clinic, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sources import SOURCES
    from tests.world.spoiled import column, source

    monkeypatch.setitem(SOURCES, source().name, source())
    column("patients", "clients", "last_name", "another's")()
    extension, written = SHAPES[shape]
    files: dict[str, str | bytes] = dict(clinic_files())
    text = str(files.pop("Patients.csv"))
    clinic.tried({**files, f"Patients.{extension}": written(text)})
    lines = [line for line in clinic.problems("trial:1") if line.code == "cells_not_found"]
    assert [(line.kind, line.column) for line in lines] == [("patients", "Last Name")]
    assert not clinic.trial.balanced
