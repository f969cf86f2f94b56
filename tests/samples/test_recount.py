"""The expectation equals what a reader counts in the files."""

import re
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise

import pytest

from app.sources.cliniko.sample import DialectName, SizeName
from tests.samples.exports import Cells, Sample, sample, unguarded

NATIVE: tuple[SizeName, ...] = ("tiny", "small")
LONG_ID = re.compile(r"\d{18,19}")


def of_one_client(result: Sample) -> list[Cells]:
    """The rows of visits, without classes and times off in the same file."""
    return [row for row in result.rows("appointments") if row["Maximum Number of Patients"] == "1"]


@pytest.mark.parametrize("size", NATIVE)
def test_clients_with_one_name_or_none(size: SizeName) -> None:
    made, rows = sample("native", size), sample("native", size).rows("patients")
    missing = Counter(bool(row["First Name"]) + bool(row["Last Name"]) for row in rows)
    assert missing[0] == made.expected.count_of("patient_name_missing", "patients")
    assert missing[1] == made.expected.count_of("patient_name_partial", "patients")


@pytest.mark.parametrize("size", NATIVE)
def test_clients_of_one_name_are_those_planted(size: SizeName) -> None:
    made = sample("native", size)
    lost = made.expected.ids["patients"]["twice"] + made.expected.ids["patients"]["conflict"]
    people = {unguarded(r["Patient ID"]): r for r in made.rows("patients") if unguarded(r["Patient ID"]) not in lost}
    births = defaultdict(list)
    for row in people.values():
        if row["First Name"] or row["Last Name"]:
            births[row["First Name"], row["Last Name"]].append(row["Date of Birth"])
    shared = [result for result in births.values() if len(result) > 1]
    twins = sum(len(result) for result in shared if len(set(result)) == 1)
    namesakes = sum(len(result) for result in shared if len(set(result)) > 1)
    assert twins == made.expected.count_of("possible_duplicate_patient", "patients")
    assert namesakes == made.expected.count_of("same_name", "patients")


@pytest.mark.parametrize("kind", ["patients", "appointments", "treatment_notes"])
@pytest.mark.parametrize("dialect", ["native", "api", "mixed"])
def test_rows_that_share_an_id_are_duplicates_or_conflicts(kind: str, dialect: DialectName) -> None:
    made = sample(dialect, "small")
    by_id: defaultdict[str, list[str]] = defaultdict(list)
    for row in made.rows(kind):
        by_id[unguarded(next(iter(row.values())))].append(repr(sorted((k, repr(v)) for k, v in row.items())))
    copies = sum(len(rows) - len(set(rows)) for rows in by_id.values())
    conflicts = sum(len(set(rows)) - 1 for rows in by_id.values())
    assert copies == made.expected.count_of("duplicate_row", kind) > 0
    assert conflicts == made.expected.count_of("id_conflict_newest_used", kind) > 0


def test_appointments_without_a_client_and_those_of_a_client_who_is_held() -> None:
    made = sample("native", "small")
    known = {unguarded(row["Patient ID"]): row for row in made.rows("patients")}
    nameless = {key for key, row in known.items() if not row["First Name"] and not row["Last Name"]}
    patient_ids = [unguarded(row["PatientID(s)"]) for row in of_one_client(made)]
    in_classes = len(made.expected.ids["appointments"].get("unknown_member", ()))
    lost = made.expected.count_of("appointment_without_patient", "appointments") - in_classes
    assert sum(key not in known for key in patient_ids) == lost > 0
    assert sum(key in nameless for key in patient_ids) == made.expected.count_of("parent_not_imported", "appointments")
    noted = [unguarded(row["Patient ID"]) for row in made.rows("treatment_notes")]
    on_pages = len(made.expected.ids["treatment_notes"].get("page_of_nobody", ()))
    lost = made.expected.count_of("note_without_patient", "treatment_notes") - on_pages
    assert sum(key not in known for key in noted) == lost > 0
    assert sum(key in nameless for key in noted) == made.expected.count_of("parent_not_imported", "treatment_notes")


def test_notes_without_a_booking_and_bookings_without_a_mark() -> None:
    made = sample("native", "small")
    booked = {unguarded(row["Appointment ID"]) for row in made.rows("appointments")}
    lost = [row for row in made.rows("treatment_notes") if row["Appointment ID"]]
    expected = made.expected
    assert sum(unguarded(row["Appointment ID"]) not in booked for row in lost) == expected.count_of(
        "note_without_appointment", "treatment_notes"
    )
    unmarked = [
        row
        for row in made.rows("appointments")
        if row["Patient Arrived"] == row["Did Not Arrive"] == "false"
        and row["Cancellation Time"] in ("", "n/a")
        and str(row["Start Time"]) < "2026-11-20"
    ]
    assert len(unmarked) == expected.count_of("past_appointment_unmarked", "appointments") > 0


def test_long_notes_and_unknown_types_of_visit() -> None:
    made = sample("native", "small")
    types = {row["Name"] for row in made.rows("appointment_types")}
    rows = of_one_client(made)
    long = sum(len(str(row["Appointment Notes"])) > 255 for row in rows)
    assert long == made.expected.count_of("appointment_note_truncated", "appointments")
    logged = made.expected.kinds["communications"].created
    assert long == made.expected.records["communications"] - logged
    unknown = [row["Appointment Type"] for row in rows if row["Appointment Type"] not in types]
    assert (
        len(unknown)
        == len(set(unknown))
        == made.expected.count_of("appointment_type_created_from_name", "appointments")
    )


def test_nobody_treats_two_clients_at_once() -> None:
    made = sample("native", "small")
    odd = set(made.expected.ids["appointments"]["ends_before_start"] + made.expected.ids["appointments"]["no_start"])
    days: defaultdict[str, dict[str, tuple[datetime, datetime]]] = defaultdict(dict)
    for row in made.rows("appointments"):
        key = unguarded(row["Appointment ID"])
        if key not in odd:
            times = (_time(row["Start Time"]), _time(row["End Time"]))
            days[unguarded(row["Practitioner ID"])][key] = times
    for visits in days.values():
        ordered = sorted(visits.values())
        assert all(before[1] <= after[0] for before, after in pairwise(ordered))


def test_local_times_carry_the_offset_of_their_season() -> None:
    offsets = {
        str(row["Start Time"])[5:7]: str(row["Start Time"])[-5:] for row in sample("native").rows("appointments")
    }
    assert offsets["01"] == "+1100"
    assert offsets["07"] == "+1000"


def test_long_ids_are_guarded_in_native_files_and_nowhere_else() -> None:
    ids = [str(row["Patient ID"]) for row in sample("native").rows("patients")]
    guarded = [key for key in ids if key.startswith('="')]
    assert 0 < len(guarded) < len(ids)
    assert all(LONG_ID.fullmatch(unguarded(key)) for key in guarded)
    assert all(7 <= len(key) <= 9 for key in ids if key not in guarded)
    assert not any('="' in text for name, text in sample("api").texts() if "/appointments" in name)


def test_no_long_id_looks_as_if_a_spreadsheet_had_rounded_it() -> None:
    for name, text in sample("native", "small").texts():
        assert not [key for key in LONG_ID.findall(text) if key[15:].strip("0") == ""], name


def _time(cell: object) -> datetime:
    return datetime.strptime(str(cell), "%Y-%m-%d %H:%M:%S %z")
