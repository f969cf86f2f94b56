"""Csv files have the headers of real exports, in order; API files have snake case and UTC."""

import csv
import io
import re
import zipfile

import pytest

from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import HeadedColumn, SampleColumn
from tests.samples.exports import Sample, is_document, sample

PATIENTS = (
    "Patient ID,Title,First Name,Last Name,Preferred First Name,Date of "
    "Birth,Sex,Email,PhoneMobile,PhoneHome,PhoneWork,PhoneFax,PhoneOther,Address1,Address2,Address3,Time "
    "Zone,City,State,Post code,Country,Occupation,Emergency Contact,Medicare Number,Referral Type,Referral Type "
    "Subcategory,Referral Extra Information,Referring Doctor,Reference Number,Created At,Updated At,Next "
    "Appointment,Last Appointment,Birth Month,Last Practitioner Seen,Last Business Visited,Business Id,Unapplied "
    "Account Credit,Medical Alerts,Extra Information,Reminder Type,Invoice To,Invoice Email,Invoice Extra "
    "Info,Concession Type,Unsubscribed SMS marketing,First Appointment,First Practitioner Seen,Accepted Privacy "
    "Policy,Gender Identity,Pronouns,Gender (this field has been replaced),Appointment Notes,Medicare Reference "
    "Number,Accepts email marketing,Opening balance,Account Balance,Mobile Phones,Home Phones,Work Phones,Fax "
    "Phones,Other Phones,Receives Confirmation Emails,DVA card number,Follow-up Messages"
)


def headers(result: Sample, kind: str) -> list[str]:
    (text,) = (text for name, text in result.texts() if kind in name)
    return next(csv.reader(io.StringIO(text)))


def test_native_patients_have_the_65_columns_in_their_order() -> None:
    assert len(PATIENTS.split(",")) == 65
    result = headers(sample("native"), "/Patients-Cliniko-20261120.csv")
    assert result[:65] == PATIENTS.split(",")
    assert all(header.startswith("Custom: ") for header in result[65:])


def test_native_appointments_begin_as_real_ones_do() -> None:
    result = headers(sample("native"), "/Appointments-Cliniko-20261120.csv")
    assert result[:8] == [
        "Appointment ID",
        "Start Time",
        "End Time",
        "Practitioner",
        "Practitioner ID",
        "Business",
        "Business ID",
        "PatientID(s)",
    ]


def test_native_files_are_utf8_without_a_mark_and_with_plain_line_ends() -> None:
    with zipfile.ZipFile(sample("native").path) as archive:
        for name in filter(lambda path: not is_document(path), archive.namelist()):
            body = archive.read(name)
            assert not body.startswith(b"\xef\xbb\xbf")
            assert b"\r\n" not in body.split(b"\n")[0]
            body.decode("utf-8")


def test_api_headers_are_snake_case_and_times_end_in_z() -> None:
    for kind in ("/appointments.csv", "/users.csv", "/appointment_types.csv"):
        assert all(re.fullmatch(r"[a-z0-9_]+", header) for header in headers(sample("api"), kind))
    assert all(str(row["created_at"]).endswith("Z") for row in sample("api").rows("appointments"))


def test_relations_in_json_are_links() -> None:
    note = sample("api").rows("treatment_notes")[0]
    patient = note["patient"]
    assert isinstance(patient, dict)
    assert re.search(r"/patients/\d+$", patient["links"]["self"])
    assert "patient_id" not in note


def test_a_mixed_sample_nests_folders_and_mixes_dialects() -> None:
    paths = list(sample("mixed").expected.files)
    assert max(path.count("/") for path in paths) >= 3
    assert any("-Cliniko-20261120" in path for path in paths)
    assert any(path.endswith(".jsonl") for path in paths)


COLUMNS_AS_WRITTEN = {
    "the headers of the attribute": (SampleColumn("last_name"), HeadedColumn("last_name", "Last Name", "last_name")),
    "one dialect": (SampleColumn("city", only="native", key="suburb"), HeadedColumn("suburb", "City", None)),
    "no native header": (SampleColumn("merged_at"), HeadedColumn("merged_at", None, "merged_at")),
    "a further header": (
        SampleColumn("last_name", other_native_header="Surname"),
        HeadedColumn("last_name", "Surname", "last_name"),
    ),
}


def headed(column: SampleColumn) -> HeadedColumn:
    (result,) = SampleKind("patients", "Patients", (column,), lambda world: iter(())).headed_columns
    return result


@pytest.mark.parametrize("case", COLUMNS_AS_WRITTEN)
def test_a_column_of_a_sample_has_the_headers_of_its_attribute(case: str) -> None:
    column, expected = COLUMNS_AS_WRITTEN[case]
    assert headed(column) == expected


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (SampleColumn("nickname"), "nickname of the kind patients, which has no such column"),
        (SampleColumn("last_name", other_api_header="nickname"), "last_name of the kind patients .* header nickname"),
        (SampleColumn("custom", other_native_header="Own: Club"), "custom of the kind patients .* header Own: Club"),
    ],
    ids=["attribute", "header", "prefix"],
)
def test_a_column_that_the_kind_does_not_read_is_refused(column: SampleColumn, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        headed(column)
