"""A file is recognised by its header under any name; a missing key is named."""

from itertools import combinations
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.reading.naming import name_of
from app.reading.recognise import Header, known_headers, recognise_by_header
from tests.reading.story import HEADER, SOURCE, Desk, native

FILLED = [(kind, placed.name) for kind in SOURCE.kinds for placed in kind.columns if placed.column.set_by_reading]
BOOKING = "Start Time,End Time,PatientID(s),Practitioner,Appointment Type"
WHEN = "2026-04-05 10:00:00 +1000,2026-04-05 11:00:00 +1000"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Business ID,Business Name,City", "businesses"),
        ("id,email,role,first_name", "users"),
        ("Practitioner ID,User ID,Display Name,Active", "practitioners"),
        ("Reference Number ID,Practitioner ID,Business ID,Reference Number", "practitioner_reference_numbers"),
        ("id,practitioner_id,business_id,day_of_week", "practitioner_availability"),
        ("Appointment Type ID,Name,Duration In Minutes", "appointment_types"),
        ("field_token,field_name,field_type", "custom_fields"),
        ("patient_id,field_token,value", "custom_field_values"),
        ("Contact ID,First Name,Company Name", "contacts"),
        (HEADER, "patients"),
        ("id,patient_id,max_sessions,issue_date", "patient_cases"),
        (f"Appointment ID,{BOOKING}", "appointments"),
        ("id,booking_id,patient_id,arrived", "attendees"),
        ("id,starts_at,ends_at,practitioner_id,notes,unavailable_block_id", "unavailable_blocks"),
        ("id,name,content,print_settings", "treatment_note_templates"),
        ("id,patient_id,content,draft", "treatment_notes"),
        ("id,name,content,restricted_to_practitioner", "patient_form_templates"),
        ("id,patient_id,content,completed_at", "patient_forms"),
        ("id,patient_id,direction_code,type_code", "communications"),
        ("id,patient_id,filename,size", "patient_files"),
        ("Issue Date,Invoice Amount,Patient ID", "invoices"),
    ],
)
def test_every_kind_is_recognised_by_its_header(desk: Desk, header: str, kind: str) -> None:
    result = desk.csv(header + "\n", "export.csv")
    assert (result.only_file.kind, result.only_file.refused) == (kind, None)


def test_order_of_columns_does_not_matter(desk: Desk) -> None:
    assert desk.csv(",".join(reversed(HEADER.split(","))) + "\n", "export.csv").only_file.kind == "patients"


def test_dialects(desk: Desk) -> None:
    dialects = {
        "native": HEADER,
        "api": "id,first_name,last_name,date_of_birth",
        "mixed": "Patient ID,first_name,Last Name,dob",
    }
    assert {d: desk.csv(h + "\n").only_file.dialect for d, h in dialects.items()} == {d: d for d in dialects}


def test_a_missing_key_is_reported_with_the_files_headers(desk: Desk) -> None:
    problem = desk.csv("First Name,Surname,DOB\nAnn,Lee,\n", "people.csv").problem("missing_key_column")
    assert (problem.kind, problem.column) == ("patients", "Patient ID")
    assert "Patient ID or id" in problem.todo
    assert "First Name, Surname, DOB" in problem.todo


def test_appointments_without_an_id_get_a_stable_id(desk: Desk) -> None:
    text = f"{BOOKING}\n{WHEN},7,Sam Lee,First\n{WHEN},8,Sam Lee,First\n"
    result = desk.csv(text, native("Appointments"))
    keys = [row[0] for row in result.index.connection.execute("SELECT source_id FROM rows ORDER BY line")]
    assert (result.only_file.rows, len(set(keys)), None in keys) == (2, 2, False)
    assert result.problem("synthetic_key_used").count == 1
    again = desk.csv(text, native("Appointments"))
    assert keys == [row[0] for row in again.index.connection.execute("SELECT source_id FROM rows ORDER BY line")]


def test_a_file_name_of_another_kind_is_reported(desk: Desk) -> None:
    result = desk.csv(HEADER + "\n", native("Appointments"))
    assert (result.only_file.kind, "file_name_mismatch" in result.codes) == ("patients", True)


KEYED = [k for k in SOURCE.kinds if k.imported and any(p.column.is_key and p.column.native for p in k.columns)]
PRICE = "Price"  # with an item beside it a price list is known, whatever it is called


@pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)
def test_a_file_named_after_its_kind_is_that_kind_by_its_key_and_any_two_more_columns(kind: Kind[Any]) -> None:
    headed = [p.column for p in kind.columns if p.column.native and not p.column.prefix and not p.column.set_by_reading]
    keys = [column.native for column in headed if column.is_key]
    name = name_of(f"{kind.recognition.file_names[0]}.csv", SOURCE)
    pairs = [two for two in combinations([c.native for c in headed if not c.is_key], 2) if PRICE not in two]
    found = {two: recognise_by_header([*keys, *two], name, SOURCE) for two in pairs}
    assert len(pairs) > 10
    assert {two: header for two, header in found.items() if not isinstance(header, Header) or header.kind != kind} == {}


def test_a_file_of_patients_with_names_alone_is_read(desk: Desk) -> None:
    result = desk.csv("Patient ID,First Name,Last Name\n1,Ann,Lee\n", "Patients.csv")
    assert (result.only_file.kind, result.only_file.refused, result.only_file.rows) == ("patients", None, 1)


@pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)
def test_a_file_with_its_key_is_not_reported_as_keyless(desk: Desk, kind: Kind[Any]) -> None:
    key = next(p.column.native for p in kind.columns if p.column.is_key)
    result = desk.csv(f"{key},Aaa,Bbb\n1,x,y\n", f"{kind.recognition.file_names[0]}.csv")
    assert result.only_file.refused != "missing_key_column"


def test_a_repeated_column_takes_the_first_filled_cell(desk: Desk) -> None:
    result = desk.csv(f"{HEADER},Last Name\n1,Ann,,,Lee\n2,Bo,Oh,,No\n")
    assert [r.cells["last_name"] for r in result.rows()] == ["Lee", "Oh"]


def test_cells_are_trimmed_and_content_is_not(desk: Desk) -> None:
    result = desk.csv("id,patient_id,content,draft\n 1 ,\u00a07\u00a0,  {} ,true\n", "notes.csv")
    assert dict(result.rows()[0].cells) == {"id": "1", "patient_id": "7", "content": "  {} ", "draft": "true"}


def test_unknown_columns_stay_readable_in_the_part(desk: Desk) -> None:
    result = desk.csv(f"{HEADER},Favourite colour,\n1,Ann,Lee,,red,blue\n")
    head, rows = result.parts(result.only_file)[0]
    assert head.columns[-2:] == ("?Favourite colour", "?Column 6")
    assert (rows[0].cells["?Favourite colour"], rows[0].cells["?Column 6"]) == ("red", "blue")
    assert result.only_file.facts["unknown_columns"] == ["Favourite colour", "Column 6"]


def test_the_date_order_of_the_file_goes_with_its_parts(desk: Desk) -> None:
    result = desk.csv(f"{HEADER}\n1,A,B,02/13/1980\n")
    assert result.parts(result.only_file)[0][0].dates == "month_first"


def test_a_native_file_has_no_archived_state(desk: Desk) -> None:
    assert "archived_state_unknown" in desk.csv(HEADER + "\n").codes
    assert "archived_state_unknown" not in desk.csv(HEADER + ",Archived At\n").codes


def test_every_kind_of_the_source_has_names_of_files() -> None:
    assert all(k.recognition.file_names for k in SOURCE.kinds)


def test_letters_and_body_charts_are_counted_by_folder_with_what_to_do(desk: Desk) -> None:
    result = desk.read(
        {
            "Letters/1 - Lee, Ann/to her GP.pdf": b"%PDF-1.4",
            "Cliniko/Body charts/7.png": b"\x89PNG\r\n\x1a\n\x00",
            "Holiday/8.png": b"\x89PNG\r\n\x1a\n\x01",
        }
    )
    found = {file.path: (file.kind, file.rows, [problem.code for problem in file.problems]) for file in result.files}
    assert found == {
        "Letters/1 - Lee, Ann/to her GP.pdf": ("letters", 1, ["kind_not_imported"]),
        "Cliniko/Body charts/7.png": ("body_charts", 1, ["kind_not_imported"]),
        "Holiday/8.png": (None, 0, ["file_is_picture"]),
    }


@pytest.mark.parametrize(("kind", "attribute"), FILLED)
def test_no_header_of_a_file_is_a_column_that_reading_fills(kind: Kind[Any], attribute: str) -> None:
    assert attribute not in known_headers(kind).values()
