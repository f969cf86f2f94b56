"""Lines 19 to 35 of the catalogue: cells of patients, tried together in one export, each in a row of its own."""

import pytest

from tests.register.story import DIARY, Desk, Tried, export, table

HEADER = [
    "Patient ID",
    "First Name",
    "Last Name",
    "Date of Birth",
    "Email",
    "PhoneMobile",
    "Mobile Phones",
    "Unsubscribed SMS marketing",
    "Accepts email marketing",
    "Accepted Privacy Policy",
    "Created At",
]
PLAIN = {"First Name": "Ann", "Date of Birth": "1980-01-02"}
ROWS: dict[str, dict[str, str]] = {
    "19": {"Created At": "2026-04-05 02:30:00 +1000"},
    "191": {"Created At": "2026-04-05 02:30:00 +1100"},
    "21": {"Date of Birth": "13/02/1980"},
    "211": {"Date of Birth": "02/13/1980"},
    "212": {"Date of Birth": "03/04/1990"},
    "22": {"Date of Birth": "2091-01-01"},
    "23": {"Date of Birth": "29265"},
    "24": {"Unsubscribed SMS marketing": "true"},
    "25": {"Unsubscribed SMS marketing": "", "Accepts email marketing": ""},
    "26": {"Accepted Privacy Policy": "No response"},
    "27": {"Mobile Phones": "61400111222, 61400333444", "PhoneMobile": "61400999888"},
    "28": {"PhoneMobile": "ask mum"},
    "29": {"Email": "jo@@x"},
    "30": {"First Name": "Mia", "Email": "mum@family.example", "PhoneMobile": "61400555666"},
    "301": {"First Name": "Max", "Email": "mum@family.example", "PhoneMobile": "61400555666"},
    "31": {"First Name": ""},
    "32": {"First Name": "", "Last Name": ""},
}


@pytest.fixture(scope="module")
def tried(desk: Desk) -> Tried:
    filled = [{"Patient ID": key, "Last Name": f"Lee{key}"} | PLAIN | row for key, row in ROWS.items()]
    return desk.tried({"patients.csv": table(HEADER, *([row.get(name, "") for name in HEADER] for row in filled))})


def reported(tried: Tried, code: str) -> set[str]:
    """The ids of the rows for which a code is reported."""
    return {str(p.source_id) for p in tried.clinic.problems("trial:1") if p.code == code}


def consents(tried: Tried, patient: str) -> dict[str, str]:
    values = {v["source_id"]: v["text"] for v in tried.records("custom_field_values")}
    return {name: text for name, text in values.items() if name.startswith(f"{patient}:")}


def test_19_a_repeated_hour_is_distinguished_by_its_offset(tried: Tried) -> None:
    assert tried.record("clients", "19")["source_created_at"] == "2026-04-04T16:30:00Z"
    assert tried.record("clients", "191")["source_created_at"] == "2026-04-04T15:30:00Z"
    assert reported(tried, "dst_overlap") == set()


def test_20_a_time_without_an_offset_is_read_in_the_clinic_s_zone_and_reported(desk: Desk) -> None:
    tried = desk.tried({"patients.csv": table(HEADER, ["1", "Ann", "Lee", *[""] * 7, "05/04/2026 14:00"])})
    assert tried.record("clients", "1")["source_created_at"] == "2026-04-05T04:00:00Z"
    [problem] = tried.problems("timezone_assumed", "patients")
    assert (problem["level"], problem["count"], problem["line"]) == ("warning", 1, 2)


def test_21_days_that_can_be_read_in_two_ways_stay_empty(tried: Tried) -> None:
    births = [tried.record("clients", key)["date_of_birth"] for key in ("21", "211", "212")]
    assert births == ["1980-02-13", "1980-02-13", None]
    assert reported(tried, "date_ambiguous") == {"212"}


def test_22_a_birth_in_the_future_is_left_empty(tried: Tried) -> None:
    assert tried.record("clients", "22")["date_of_birth"] is None
    assert reported(tried, "bad_date_of_birth") == {"22"}


def test_23_a_spreadsheet_day_number_is_read_and_reported(tried: Tried) -> None:
    assert tried.record("clients", "23")["date_of_birth"] == "1980-02-14"
    assert reported(tried, "excel_serial_date") == {"23"}


def test_24_unsubscribed_means_no(tried: Tried) -> None:
    assert consents(tried, "24") == {"24:field:SMS marketing consent": "false"}


def test_25_a_blank_consent_is_left_empty(tried: Tried) -> None:
    assert consents(tried, "25") == {}


def test_26_no_response_to_the_privacy_policy_is_pending(tried: Tried) -> None:
    assert tried.record("clients", "26")["privacy_policy_consent"] == "pending"


def test_27_of_two_mobiles_the_first_is_the_primary_one(tried: Tried) -> None:
    client = tried.record("clients", "27")
    assert client["phone_number"] == "+61400111222"
    assert [(n["code"], n["number"]) for n in client["phone_numbers"]] == [("+61", "400111222"), ("+61", "400333444")]


def test_28_words_for_a_phone_go_to_the_notes(tried: Tried) -> None:
    client = tried.record("clients", "28")
    assert (client["phone_number"], client["phone_numbers"]) == (None, [])
    assert "ask mum" in client["notes"]
    assert reported(tried, "bad_phone") == {"28"}


def test_29_an_invalid_address_goes_to_the_notes(tried: Tried) -> None:
    client = tried.record("clients", "29")
    assert client["email"] is None
    assert "jo@@x" in client["notes"]
    assert reported(tried, "bad_email") == {"29"}


def test_30_siblings_share_a_mobile_and_an_address(tried: Tried) -> None:
    siblings = [tried.record("clients", key) for key in ("30", "301")]
    assert {s["email"] for s in siblings} == {"mum@family.example"}
    assert {s["phone_number"] for s in siblings} == {"+61400555666"}
    assert reported(tried, "possible_duplicate_patient") == set()


def test_31_a_missing_first_name_is_a_dash_and_reported(tried: Tried) -> None:
    client = tried.record("clients", "31")
    assert (client["first_name"], client["last_name"]) == ("-", "Lee31")
    assert reported(tried, "patient_name_partial") == {"31"}


def test_32_a_client_without_any_name_is_held(tried: Tried) -> None:
    assert tried.kind("patients")["held"] == 1
    assert reported(tried, "patient_name_missing") == {"32"}
    assert "32" not in {c["source_id"] for c in tried.records("clients")}


def test_33_what_belonged_to_a_merged_patient_belongs_to_the_other(desk: Desk) -> None:
    merged = {"id": "100", "merged_at": "2026-01-01T09:00:00Z", "merged_with_patient_id": "200"}
    tried = desk.tried(export(patients=[merged, {"id": "200"}], patient_cases=[{"patient_id": "100"}]))
    [problem] = tried.problems("merged_patient_redirected")
    assert (problem["level"], problem["source_id"]) == ("skipped", "100")
    assert tried.record("cases", "51")["client_id"] == tried.record("clients", "200")["id"]
    assert tried.answer["balanced"]


def test_34_two_patients_who_were_merged_into_each_other_are_held(desk: Desk) -> None:
    when = {"merged_at": "2026-01-01T09:00:00Z"}
    rows = [{"id": "1", "merged_with_patient_id": "2", **when}, {"id": "2", "merged_with_patient_id": "1", **when}]
    tried = desk.tried(export(patients=[*rows, {"id": "3"}]))
    [problem] = tried.problems("merge_cycle")
    assert (problem["level"], problem["count"], tried.kind("patients")["held"]) == ("held", 2, 2)


def test_35_a_deleted_patient_is_skipped_and_the_notes_wait(desk: Desk) -> None:
    gone = {"deleted_at": "2026-01-01T09:00:00Z"}
    tried = desk.tried(export(*DIARY, patients=[gone, {"id": "12"}], treatment_notes=[{"booking_id": None}]))
    assert [p["level"] for p in tried.problems("deleted_in_source", "patients")] == ["skipped"]
    assert [p["level"] for p in tried.problems("parent_not_imported", "treatment_notes")] == ["held"]
    assert (tried.kind("patients")["skipped"], tried.kind("treatment_notes")["held"]) == (1, 1)
