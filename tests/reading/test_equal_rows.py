"""Rows with the same key are compared by their imported values, never by their spelling."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.mapping.columns import RowColumn
from app.mapping.emails import email_alone, email_or_text
from app.mapping.flags import boolean
from app.mapping.ids import one_id
from app.mapping.kind import Kind
from app.mapping.moments import birth, day, local_timestamp, timestamp, visit_time
from app.mapping.numbers import whole
from app.mapping.parse import parse_row
from app.mapping.text import string, text
from app.resolving.rows_again import row_digests
from tests.reading.story import CONTEXT, SOURCE, Desk
from tests.reading.workbooks import workbook
from tests.shapes.export import KINDS as ROWS

KINDS = [kind for kind in SOURCE.kinds if kind.imported and any(placed.column.is_key for placed in kind.columns)]
KEYS = ("{0}", '="{0}"', "'{0}", "{0}.0", " {0} ", "'{0}'", '"{0}"', "\u200e{0}")
PHONES = (
    *("61400111222", "0400 111 222", "+61 400 111 222", "(0400) 111-222", "61400111222.0", "6.1400111222E+10"),
    "\uff16\uff11\uff14\uff10\uff10\uff11\uff11\uff11\uff12\uff12\uff12",
)
EMAILS = ("e@x.example", "mailto:e@x.example", " e@x.example ", "<e@x.example>", "'e@x.example")
COUNTRIES = ("Australia", "AU", "au", "AUS")
SPELLINGS: Mapping[str, Sequence[str]] = {
    "boolean": ("true", "TRUE", "1", "yes", "Y", "t"),
    "instant": ("2024-03-04 09:00:00 +1100", "2024-03-03T22:00:00Z", "2024-03-04 06:00:00 +0800"),
    "date": ("1980-01-02", "02/01/1980", "29222"),
    "number": ("5", "5.0", " 5 "),
    "reference": ("1001", '="1001"', "'1001", "1001.0", "https://api.example.com/v1/things/1001"),
    "text": ("Zo\u00eb", "Zoe\u0308", " Zo\u00eb ", "Zo\u00eb\u00a0", "\u200eZo\u00eb"),
    "phone": PHONES,
    "email": EMAILS,
    "country": COUNTRIES,
}
READERS: dict[object, str] = {
    boolean: "boolean",
    whole: "number",
    one_id: "reference",
    birth: "date",
    day: "date",
    **dict.fromkeys((timestamp, local_timestamp, visit_time), "instant"),
    **dict.fromkeys((string, text), "text"),
    **dict.fromkeys((email_alone, email_or_text), "email"),
}
TYPES_BY_NAME = {
    ("businesses", "contact_information"): "phone",
    ("users", "phone_numbers"): "phone",
    ("businesses", "email_reply_to"): "email",
    **dict.fromkeys((("patients", "email"), ("contacts", "email"), ("users", "email")), "email"),
    **{(kind, "country"): "country" for kind in ("patients", "contacts", "businesses")},
    **{
        (kind, f"phone_{which}"): "phone"
        for kind in ("patients", "contacts")
        for which in ("mobile", "home", "work", "fax", "other")
    },
    **{("patients", f"{which}_phones"): "phone" for which in ("mobile", "home", "work", "fax", "other")},
}


def type_of(kind: Kind[Any], placed: RowColumn) -> str | None:
    if placed.column.is_key or placed.column.prefix or placed.column.set_by_reading:
        return None
    return TYPES_BY_NAME.get((kind.name, placed.name), READERS.get(placed.column.read))


CELLS = sorted({(kind.name, found) for kind in KINDS for placed in kind.columns if (found := type_of(kind, placed))})


def header_of(placed: RowColumn) -> str:
    return placed.column.native or placed.name


def key_header(kind: Kind[Any]) -> str:
    return header_of(next(placed for placed in kind.columns if placed.column.is_key))


def like(kind: Kind[Any], **cells: str) -> dict[str, str]:
    """Returns a row of a kind from the small export, with some cells replaced."""
    row = dict(ROWS[kind.name][0]) if kind.name in ROWS else {}
    return {**row, **cells}


def table(rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO()
    head = list(dict.fromkeys(header for row in rows for header in row))
    writer = csv.DictWriter(out, head)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def contents(desk: Desk, kind: Kind[Any], files: Mapping[str, str | bytes]) -> dict[str, list[int]]:
    """Returns, by id, the number of rows and the number of different contents."""
    desk.file_kinds = dict.fromkeys(files, kind.name)
    result = desk.read(files)
    assert {file.refused for file in result.files} == {None}
    found: dict[str, list[bytes]] = {}
    for file in result.files:
        for head, rows in result.parts(file):
            for row in rows:
                own = parse_row(kind, row.cells, head.within(CONTEXT), frozenset(head.columns)).source_id
                if own is not None:
                    found.setdefault(own, []).append(row_digests(kind, row, head, CONTEXT).exact)
    return {source_id: [len(digests), len(set(digests))] for source_id, digests in found.items()}


def in_cells(row: Mapping[str, str]) -> list[str | float]:
    return [float(cell) if cell.isdigit() and len(cell) < 15 and cell[0] != "0" else cell for cell in row.values()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_row_equals_its_copy_in_every_spelling_of_the_key(desk: Desk, kind: Kind[Any]) -> None:
    key = key_header(kind)
    files: dict[str, str | bytes] = {}
    for number, spelled in enumerate(KEYS):
        row = like(kind, **{key: spelled.format(8049)})
        files[f"{number}.csv"] = table([row, {**row, key: f"77{number}"}])
    as_text = like(kind, **{key: "8049"})
    files["text.xlsx"] = workbook({"S": [list(as_text), list(as_text.values())]})
    files["numbers.xlsx"] = workbook({"S": [list(as_text), in_cells(as_text)]})
    found = contents(desk, kind, files)
    of_key = [counted for id_, counted in found.items() if id_.split("/")[0] == "8049"]
    assert of_key == [[len(KEYS) + 2, 1]]


@pytest.mark.parametrize(("name", "type_"), CELLS)
def test_a_cell_has_the_same_digest_in_every_spelling(desk: Desk, name: str, type_: str) -> None:
    kind = SOURCE.kind(name)
    columns = [placed for placed in kind.columns if type_of(kind, placed) == type_]
    files: dict[str, str | bytes] = {}
    for number, spelled in enumerate(SPELLINGS[type_]):
        rows = [
            like(kind, **{key_header(kind): str(9000 + at), header_of(placed): spelled})
            for at, placed in enumerate(columns)
        ]
        files[f"{number}.csv"] = table([*rows, like(kind, **{key_header(kind): f"77{number}"})])
    found = contents(desk, kind, files)
    differ = [header_of(placed) for at, placed in enumerate(columns) if _distinct(found, str(9000 + at)) != 1]
    assert differ == []


def _distinct(found: Mapping[str, list[int]], key: str) -> int:
    return max(distinct for id_, (_, distinct) in found.items() if id_.split("/")[0] == key)


OTHERS = {
    "boolean": ("true", "false"),
    "instant": ("2024-03-04 09:00:00 +1100", "2024-03-04 09:00:00 +1000"),
    "date": ("1980-01-02", "1980-02-01"),
    "number": ("5", "50"),
    "reference": ("1001", "10010"),
    "text": ("Knee", "Hip"),
    "phone": ("0400111222", "0400111223"),
    "email": ("e@x.example", "f@x.example"),
    "country": ("AU", "NZ"),
}
# A zone that nobody knows gives way to the other column; options have keys of their own.
NOT_ALONE = {("businesses", "time_zone_identifier"), ("custom_fields", "option_name")}


@pytest.mark.parametrize(("name", "type_"), CELLS)
def test_imported_values_distinguish_two_rows(desk: Desk, name: str, type_: str) -> None:
    kind = SOURCE.kind(name)
    come = [placed for placed in kind.columns if placed.column.destination and (name, placed.name) not in NOT_ALONE]
    columns = [placed for placed in come if type_of(kind, placed) == type_]
    files: dict[str, str | bytes] = {}
    for number, said in enumerate(OTHERS[type_]):
        rows = [
            like(kind, **{key_header(kind): str(9000 + at), header_of(placed): said})
            for at, placed in enumerate(columns)
        ]
        files[f"{number}.csv"] = table([*rows, like(kind, **{key_header(kind): f"77{number}"})])
    found = contents(desk, kind, files)
    alike = [header_of(placed) for at, placed in enumerate(columns) if _distinct(found, str(9000 + at)) != 2]
    assert alike == []


NATIVE = {
    "Patient ID": "8049",
    "First Name": "Ann",
    "Last Name": "Lee",
    "Date of Birth": "1980-01-02",
    "Email": "e@x.example",
    "PhoneMobile": "61400111222",
    "Mobile Phones": "61400111222",
    "Country": "Australia",
    "Time Zone": "Australia/Sydney",
    "Next Appointment": "",
    "Birth Month": "January",
    "Extra Information": "note",
    "Medical Alerts": "Latex allergy",
    "Unsubscribed SMS marketing": "true",
    "Accepted Privacy Policy": "No response",
    "Accepts email marketing": "true",
    "Custom: Hobby": "chess",
    "Created At": "2026-01-05 09:00:00 +1100",
    "Updated At": "2026-02-05 09:00:00 +1100",
}
API = {
    "id": 8049,
    "first_name": "Ann",
    "last_name": "Lee",
    "date_of_birth": "1980-01-02",
    "email": "e@x.example",
    "patient_phone_numbers": [{"number": "0400 111 222", "normalized_number": "61400111222", "phone_type": "Mobile"}],
    "country": "AU",
    "notes": "note",
    "medical_alerts": [{"name": "Latex allergy"}],
    "accepted_sms_marketing": False,
    "accepted_privacy_policy": None,
    "accepted_email_marketing": True,
    "custom_fields": {
        "sections": [
            {
                "token": "s1",
                "name": "Social",
                "fields": [{"token": "f1", "name": "Hobby", "type": "text", "value": "chess"}],
            }
        ]
    },
    "created_at": "2026-01-04T22:00:00Z",
    "updated_at": "2026-02-04T22:00:00Z",
}


def test_a_native_row_equals_the_same_client_from_the_api(desk: Desk) -> None:
    files = {"patients.csv": table([NATIVE]), "patients.json": json.dumps([API])}
    assert contents(desk, SOURCE.kind("patients"), files) == {"8049": [2, 1]}


@pytest.mark.parametrize(
    "change",
    [
        {"country": "NZ"},
        {"accepted_sms_marketing": True},
        {"accepted_privacy_policy": False},
        {"medical_alerts": [{"name": "Latex allergy"}, {"name": "Penicillin"}]},
        {"patient_phone_numbers": []},
        {"custom_fields": {"sections": []}},
        {"notes": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_native_row_differs_from_another_client(desk: Desk, change: Mapping[str, object]) -> None:
    files = {"patients.csv": table([NATIVE]), "patients.json": json.dumps([{**API, **change}])}
    assert contents(desk, SOURCE.kind("patients"), files) == {"8049": [2, 2]}


def test_a_message_equals_itself_with_codes(desk: Desk) -> None:
    native = {
        "Communication ID": "151",
        "Patient ID": "1001",
        "Type": "Email",
        "Direction": "Sent",
        "Category": "Letter",
        "Content": "Dear Bob",
        "Created At": "2026-01-05 09:00:00 +1100",
    }
    api = {
        "id": "151",
        "patient": {"links": {"self": "https://api.example.com/v1/patients/1001"}},
        "type_code": 2,
        "direction_code": 1,
        "category_code": 5,
        "content": "Dear Bob",
        "created_at": "2026-01-04T22:00:00Z",
    }
    files = {"communications.csv": table([native]), "communications.json": json.dumps([api])}
    assert contents(desk, SOURCE.kind("communications"), files) == {"151": [2, 1]}


def test_a_cancelled_visit_equals_itself_with_codes(desk: Desk) -> None:
    native = {
        "Appointment ID": "81",
        "Start Time": "2024-03-04 09:00:00 +1100",
        "End Time": "2024-03-04 10:00:00 +1100",
        "Practitioner ID": "21",
        "Practitioner": "Ivy Nguyen",
        "Business ID": "1",
        "PatientID(s)": "1001",
        "Patient": "Ann Lee",
        "Appointment Type ID": "51",
        "Appointment Type": "First visit",
        "Cancellation Time": "2024-03-03 09:00:00 +1100",
        "Cancellation Reason": "Sick",
    }
    api: dict[str, object] = {
        "id": "81",
        "starts_at": "2024-03-03T22:00:00Z",
        "ends_at": "2024-03-03T23:00:00Z",
        "practitioner_id": 21,
        "business_id": 1,
        "patient_id": 1001,
        "appointment_type_id": 51,
        "cancelled_at": "2024-03-02T22:00:00Z",
        "cancellation_reason": 30,
    }
    files = {"appointments.csv": table([native]), "appointments.json": json.dumps([api])}
    assert contents(desk, SOURCE.kind("appointments"), files) == {"81": [2, 1]}
