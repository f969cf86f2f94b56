"""A whole sample, counted from its files: rows of clients, classes and attachments."""

import hashlib
from collections import Counter

import pytest

from app.sources.cliniko.sample import ALL, NEVER, DialectName
from tests.samples.exports import DIALECTS, Cells, is_document, sample, unguarded

HANGING = {
    "patient_cases": "case_without_patient",
    "patient_forms": "form_without_patient",
    "communications": "communication_without_patient",
    "custom_field_values": "custom_value_without_patient",
    "treatment_notes": "note_without_patient",
}


def client(row: Cells) -> str:
    link = row.get("patient")
    if isinstance(link, dict):
        return str(link["links"]["self"]).rpartition("/")[2]
    return unguarded(row.get("Patient ID") or row.get("patient_id"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_kind_is_in_a_sample_and_only_excluded_kinds_are_not_imported(dialect: DialectName) -> None:
    expected = sample(dialect).expected
    absent = {"attendees"} if dialect == "native" else set()
    assert set(expected.kinds) == set(ALL) - absent | set(NEVER)
    assert {p.kind for p in expected.problems if p.code == "kind_not_imported"} == set(NEVER)
    assert {p.kind for p in expected.problems if p.code == "kind_absent"} == absent


@pytest.mark.parametrize("kind", HANGING)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_rows_of_unknown_clients_are_those_expected(dialect: DialectName, kind: str) -> None:
    made = sample(dialect)
    known = {unguarded(row.get("Patient ID") or row.get("id")) for row in made.rows("patients")}
    lost = sum(client(row) not in known for row in made.rows(kind))
    pages = len(made.expected.ids[kind].get("page_of_nobody", ()))
    assert lost == made.expected.count_of(HANGING[kind], kind) - pages > 0


def test_a_native_class_names_its_clients_in_one_cell() -> None:
    made = sample()
    several = [row for row in made.rows("appointments") if "," in str(row["PatientID(s)"])]
    assert several
    assert all(int(str(row["Maximum Number of Patients"])) > 1 for row in several)
    wrong = sum(len(str(r["PatientID(s)"]).split(",")) != int(str(r["Number of Patients"])) for r in several)
    assert wrong == made.expected.count_of("group_count_mismatch", "appointments")
    assert made.expected.records["appointment_groups"] == len(several)


def test_times_off_have_no_patients_and_no_capacity() -> None:
    made = sample()
    off = [row for row in made.rows("appointments") if row["Maximum Number of Patients"] in ("", "0")]
    assert off
    assert not any(row["PatientID(s)"] for row in off)
    long = sum(len(str(row["Appointment Notes"])) > 255 for row in off)
    assert long == made.expected.count_of("busy_time_note_truncated", "appointments") > 0


def test_with_attendees_each_attendee_is_an_appointment() -> None:
    made = sample("api")
    ids = made.expected.ids
    members = Counter(str(row["booking_id"]) for row in made.rows("attendees"))
    classes = {str(row["id"]) for row in made.rows("appointments") if int(str(row["max_attendees"])) > 1}
    assert sum(booking in members for booking in classes) == made.expected.records["appointment_groups"]
    assert not set(ids["appointments"]["empty_class"]) & set(members)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_files_have_the_path_size_and_checksum_of_the_index(dialect: DialectName) -> None:
    made = sample(dialect)
    lying = {path.partition("/")[2]: body for path, body in made.documents().items() if not path.endswith(".html")}
    marks = made.expected.ids["patient_files"]
    odd = {key for name in ("no_file", "unprocessed", "other_size", "other_sum", "decomposed") for key in marks[name]}
    rows = [{key.lower().replace(" ", "_"): cell for key, cell in row.items()} for row in made.rows("patient_files")]
    for row in rows:
        if unguarded(row["attachment_id"] if "attachment_id" in row else row["id"]) in odd:
            continue
        body = lying[str(row["path"]).replace("\\", "/")]
        assert len(body) == int(str(row["size"]))
        assert hashlib.sha256(body).hexdigest() == row["sha256"]
    assert sum(not body for body in lying.values()) == made.expected.count_of("file_zero_bytes", "patient_files") == 1


def test_pictures_and_letters_have_the_signature_of_their_type() -> None:
    bodies = {path: body for path, body in sample().documents().items() if body}
    assert all(body.startswith(b"\x89PNG\r\n") for path, body in bodies.items() if path.endswith(".png"))
    assert all(body.startswith(b"%PDF-1.4") for path, body in bodies.items() if path.endswith(".pdf"))
    pages = [body for path, body in bodies.items() if path.endswith(".html")]
    assert pages
    assert all(b"<h1>" in body and b'name="author"' in body for body in pages)


def test_a_file_that_an_index_names_counts_once() -> None:
    made = sample()
    paths = [path for path in made.expected.files if is_document(path) and not path.endswith(".html")]
    unlisted = ("file_not_in_index", "note_as_document", "form_as_document")
    counted = sum(made.expected.count_of(code, "patient_files") for code in unlisted)
    assert sum(made.expected.files[path] for path in paths) == counted


def test_answers_in_columns_of_the_clients_file_become_values() -> None:
    made = sample()
    cells = [header for header in made.rows("patients")[0] if header.startswith("Custom: ")]
    assert len(cells) == 3
    assert any(row[cells[0]] for row in made.rows("patients"))
    time_zones = sum(bool(row["Time Zone"]) for row in made.rows("patients"))
    assert 0 < made.expected.count_of("field_without_destination", "patients") <= time_zones


def test_every_category_is_in_a_sample_and_messages_about_the_account_are_not_imported() -> None:
    made = sample("api", "small")
    codes = [int(str(row["category_code"])) for row in made.rows("communications")]
    assert set(range(1, 46)) < set(codes)
    system = sum(code == 11 or 21 <= code <= 45 for code in codes)
    assert system == made.expected.count_of("system_communication_skipped", "communications")


def test_a_forms_signature_is_a_picture_of_its_own() -> None:
    rows = sample("api").rows("patient_forms")
    signed = [signatures[0] for row in rows if isinstance(signatures := row["signatures"], list)]
    assert all(str(signature["image"]).startswith("data:image/png;base64,iVBOR") for signature in signed)
    without = sum(row["completed_at"] is not None and row["signatures"] is None for row in rows)
    assert without == sample("api").expected.count_of("signature_missing", "patient_forms") == 1
