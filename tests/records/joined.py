"""An export with rows for every join of mapping: values of a file that rows of another file decide."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.records.client import details
from app.records.kinds import BY_NAME
from app.records.names_of_ids import RecordNames
from app.records.origin import RecordOrigin, origin_of
from app.records.query import find, get
from app.records.record_kind import NOTHING
from app.sources import source
from tests.kinds.story import CONTENT
from tests.register.attachments import PDF
from tests.register.story import Files, Tried

SOURCE = source("cliniko")
WHEN = "2026-01-01T09:00:00Z"
START, END = "2026-04-01T00:00:00Z", "2026-04-01T00:45:00Z"
FOLDER = "Patient files/11 - Lee, Ann"
Table = list[dict[str, str]]


def visit(number: str, **cells: str) -> dict[str, str]:
    usual = {"id": number, "starts_at": START, "ends_at": END, "practitioner_id": "7", "appointment_type_id": "9"}
    return usual | {"patient_ids": "11", "max_attendees": ""} | cells


def place(number: str, of: str, patient: str = "11", **cells: str) -> dict[str, str]:
    return {"id": number, "booking_id": of, "patient_id": patient, "arrived": ""} | cells


TABLES: Mapping[str, Table] = {
    "businesses": [{"id": "3", "business_name": "Harbour Street", "time_zone_identifier": "Australia/Perth"}],
    "users": [
        {"id": "5", "first_name": "Sam", "last_name": "Lee", "email": "sam@clinic.example", "role": "receptionist"},
        {"id": "6", "first_name": "Kim", "last_name": "Roe", "email": "kim@clinic.example", "role": "administrator"},
    ],
    "practitioners": [{"id": "7", "user_id": "6", "display_name": "Dr Kim Roe", "active": "true"}],
    "billable_items": [{"id": "70", "item_code": "PHY1", "name": "Consult", "price": "95.50"}],
    "appointment_types": [
        {"id": "9", "name": "Initial", "duration_in_minutes": "50", "price": "", "billable_item_id": "70"},
    ],
    "concession_types": [{"id": "5", "name": "Pensioner"}, {"id": "6", "name": "Student"}],
    "custom_fields": [
        {"field_token": "f1", "field_name": "Sport", "field_type": "text", "option_token": "", "option_name": ""},
        {"field_token": "f2", "field_name": "Level", "field_type": "radiobuttons", "option_token": "o1"}
        | {"option_name": "Low"},
        {"field_token": "f2", "field_name": "Level", "field_type": "radiobuttons", "option_token": "o2"}
        | {"option_name": "High"},
    ],
    "patients": [
        {"id": "11", "first_name": "Ann", "last_name": "Lee", "concession_type_id": "5", "medical_alerts": "Pacemaker"},
        {"id": "12", "first_name": "Bea", "last_name": "Ito"},
        {"id": "13", "first_name": "Cai", "last_name": "Moe"},
        {"id": "10", "first_name": "Ann", "last_name": "Leigh", "merged_at": WHEN, "merged_with_patient_id": "11"},
        {"id": "14", "first_name": "Cay", "last_name": "Moe", "merged_at": WHEN, "merged_with_patient_id": "13"},
    ],
    "patients_archived": [{"id": "15", "first_name": "Old", "last_name": "Friend", "date_of_birth": "1950-01-01"}],
    "medical_alerts": [
        {"id": "1", "patient_id": "11", "name": "Latex allergy", "archived_at": ""},
        {"id": "2", "patient_id": "11", "name": "Penicillin", "archived_at": WHEN},
        {"id": "3", "patient_id": "10", "name": "Epilepsy", "archived_at": ""},
        {"id": "4", "patient_id": "12", "name": "Asthma", "archived_at": ""},
    ],
    "custom_field_values": [
        {"patient_id": "11", "field_token": "f1", "field_name": "Sport", "value": "Rowing", "option_tokens": ""},
        {"patient_id": "12", "field_token": "f2", "field_name": "Level", "value": "", "option_tokens": "o2"},
        {"patient_id": "13", "field_token": "f1", "field_name": "Sport", "value": "Golf", "option_tokens": ""},
    ],
    "contacts": [{"id": "41", "type": "Doctor", "first_name": "Ada", "last_name": "Hall"}],
    "patient_cases": [{"id": "51", "patient_id": "11", "name": "Knee plan", "attendee_ids": "501"}],
    "appointments": [
        visit("77", did_not_arrive="true"),
        visit("78", patient_ids="", max_attendees="9"),
        visit("79", ends_at="", patient_ids="12", notes="Own note"),
        visit("80", patient_ids="12"),
        visit("81", patient_ids="12", patient_arrived="true", patient_case_id="51"),
        visit("82", patient_ids="13"),
    ],
    "attendees": [
        place("501", "77", arrived="true", notes="Came by taxi"),
        place("502", "78", "11", arrived="true", notes="n" * 900),
        place("503", "78", "12", arrived="false"),
        place("504", "78", "14", cancelled_at=WHEN, cancellation_reason="Sick", cancellation_note="Flu"),
        place("505", "80", "12", cancelled_at=WHEN, cancellation_reason="Away", cancellation_note="In Rome"),
        place("506", "82", "13"),
    ],
    "practitioner_availability": [
        {"id": "31", "practitioner_id": "7", "business_id": "3", "day_of_week": "1", "starts_at": "09:00"}
        | {"ends_at": "12:00"},
        {"id": "32", "practitioner_id": "7", "business_id": "3", "day_of_week": "1", "starts_at": "11:00"}
        | {"ends_at": "15:00"},
    ],
    "practitioner_reference_numbers": [
        {"id": "21", "practitioner_id": "7", "business_id": "3", "name": "Provider #", "reference_number": "0012345A"}
    ],
    "unavailable_blocks": [{"id": "61", "practitioner_id": "7", "starts_at": START, "ends_at": END, "notes": "Lunch"}],
    "treatment_note_templates": [{"id": "21", "name": "Review", "content": CONTENT}],
    "patient_form_templates": [{"id": "31", "name": "Intake", "content": CONTENT}],
    "treatment_notes": [
        {"id": "88", "patient_id": "11", "practitioner_id": "7", "booking_id": "77", "content": CONTENT}
        | {"created_at": WHEN, "attendee_id": ""},
        {"id": "89", "patient_id": "12", "practitioner_id": "7", "booking_id": "", "content": CONTENT}
        | {"created_at": WHEN, "attendee_id": "503"},
    ],
    "patient_forms": [
        {"id": "91", "patient_id": "11", "name": "Intake", "content": CONTENT, "completed_at": WHEN, "created_at": WHEN}
    ],
    "communications": [
        {"id": "45", "patient_id": "11", "type_code": "1", "category_code": "7", "direction_code": "1"}
        | {"content": "See you", "booking_id": "77"},
    ],
    "patient_files": [
        {"id": "5", "patient_id": "11", "filename": "scan.pdf", "path": f"{FOLDER}/scan.pdf", "user_id": "5"},
        {"id": "6", "patient_id": "", "filename": "plan.pdf", "path": f"{FOLDER}/plan.pdf", "user_id": ""},
    ],
}
DOCUMENTS = {f"{FOLDER}/scan.pdf": PDF, f"{FOLDER}/plan.pdf": PDF + b"3", f"{FOLDER}/Old/letter.pdf": PDF + b"2"}


def files_of(tables: Mapping[str, Table]) -> Files:
    return {**{f"{name}.csv": _written(rows) for name, rows in tables.items()}, **DOCUMENTS}


def _written(rows: Table) -> str:
    header = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def changed(change: Callable[[str, str, str], str]) -> Files:
    """The export with other cells: `change` gets a table, a column and a filled cell."""
    tables = {
        name: [{column: change(name, column, cell) if cell else "" for column, cell in row.items()} for row in rows]
        for name, rows in TABLES.items()
    }
    return files_of(tables)


def pages(tried: Tried) -> Iterator[tuple[Any, tuple[Any, ...], Callable[[], RecordOrigin]]]:
    """Every record of a trial that has a row, with the fields of its page, and its evidence."""
    clinic = tried.clinic
    runtime, move = clinic.runtime, clinic.migration
    store = runtime.caspen.trial(move.id, move.trial_number)
    for kind in BY_NAME.values():
        names = RecordNames(runtime.caspen, store, move.workspace_id, "Australia/Perth")
        for listed in find(store, move.workspace_id, kind, size=200).records:
            record = get(store, move.workspace_id, kind, listed.id)
            if record is None or not record.part:
                continue
            names.meet([record])
            short = details(store, names, record) if kind.name == "clients" else kind.fields(record, names)
            fields = (*short, *kind.long(record, names))

            def origin(kind: Any = kind, record: Any = record, fields: Any = fields) -> RecordOrigin:
                return origin_of(runtime, move, SOURCE, clinic.trial, kind, record, fields, NOTHING)

            yield record, fields, origin
