"""A file is recognised by its headers, in both dialects and with every word for patient, whatever its name."""

import re

import pytest

from app.mapping.columns import normalise_header
from app.mapping.kind import Kind
from app.sources import SOURCES, source
from app.sources.cliniko.sample import NEVER

CLINIKO = source("cliniko")
ORDER = (
    "businesses", "users", "practitioners", "practitioner_reference_numbers", "practitioner_availability",
    "appointment_types", "custom_fields", "contacts", "patients", "medical_alerts", "custom_field_values",
    "patient_cases", "appointments", "attendees", "unavailable_blocks", "treatment_note_templates",
    "patient_form_templates", "treatment_notes", "patient_forms", "communications", "patient_files",
    "billable_items", "concession_types", "invoices", "payments", "body_charts", "letters", "waitlist", "products",
    "availability_blocks", "recalls",
)  # fmt: skip
ASIDE = ("availability_blocks", "billable_items", "concession_types")  # read for what they say, or only counted
FILES = {
    "businesses": ["Business ID,Business Name,City", "id,display_name,time_zone_identifier"],
    "users": ["User ID,First Name,Last Name,Email,Role", "id,first_name,email,role"],
    "practitioners": [
        "Practitioner ID,User ID,Last Name,Designation",
        "id,active,label",
        "id,user_id,label,display_name",
    ],
    "practitioner_reference_numbers": [
        "Reference Number ID,Practitioner ID,Reference Number",
        "id,practitioner_id,reference_number",
    ],
    "practitioner_availability": ["Availability ID,Practitioner ID,Day Of Week", "id,practitioner_id,day_of_week"],
    "appointment_types": ["Appointment Type ID,Name,Duration In Minutes", "id,name,duration_in_minutes"],
    "custom_fields": ["Field Token,Field Name,Field Type", "patient_custom_fields_definition"],
    "custom_field_values": ["Patient ID,Field Token,Value"],
    "contacts": ["Contact ID,First Name,Company Name", "id,first_name,type_code"],
    "patients": [
        "Patient ID,First Name,Last Name,Date of Birth",
        "id,first_name,surname,dob",
        "ClientID,First Name,Last Name,Preferred First Name",
    ],
    "patient_cases": ["Case ID,Patient ID,Name,Max Sessions", "id,patient_id,expiry_date"],
    "appointments": [
        "Start Time,End Time,PatientID(s)",
        "id,starts_at,ends_at,patient_id",
        "Start Time,End Time,Number of Clients",
        "Start,End,Maximun Number of Clients",
    ],
    "attendees": ["Attendee ID,Appointment ID,Patient ID,Arrived", "id,booking_id,patient_id,cancelled_at"],
    "unavailable_blocks": [
        "Unavailable Block ID,Practitioner ID,Start Time,End Time,Notes",
        "id,starts_at,ends_at,practitioner_id,notes",
    ],
    "treatment_note_templates": ["Template ID,Name,Content,Print Settings"],
    "treatment_notes": ["Treatment Note ID,Patient ID,Content,Draft", "id,patient_id,content,finalized_at"],
    "patient_form_templates": ["Form Template ID,Name,Content,Restricted To Practitioner"],
    "patient_forms": ["Patient Form ID,Patient ID,Name,Content,Completed At"],
    "communications": ["Communication ID,Patient ID,Direction,Type", "id,patient_id,direction_code,type_code"],
    "patient_files": ["Attachment ID,Patient ID,File Name,Size", "id,patient_id,filename,content_type"],
    "invoices": ["Invoice ID,Issue Date,Invoice Amount,Patient ID", "id,number,issue_date,status,patient_id"],
}
NOT = {
    "appointment_types": [],
    "practitioners": ["id,first_name,last_name,email,role,active"],
    "patients": ["id,first_name,last_name,date_of_birth,start_time"],
    "patient_cases": ["Invoice ID,Issue Date,Invoice Amount,Patient ID", "id,number,issue_date,status,patient_id"],
    "custom_field_values": ["patient_id,field_token,field_type"],
    "attendees": ["booking_id,patient_id,arrived,start_time"],
    "unavailable_blocks": ["starts_at,ends_at,practitioner_id", "starts_at,ends_at,practitioner_id,notes,patient_id"],
    "patient_form_templates": ["patient_id,name,content,restricted_to_practitioner"],
}


def known(kind: str, headers: str) -> bool:
    return CLINIKO.kind(kind).recognition.fingerprint(
        frozenset(CLINIKO.layout.normalise(header) for header in headers.split(","))
    )


@pytest.mark.parametrize(("kind", "headers"), [(kind, file) for kind, files in FILES.items() for file in files])
def test_a_file_is_known_by_its_headers(kind: str, headers: str) -> None:
    assert known(kind, headers)


@pytest.mark.parametrize(("kind", "headers"), [(kind, file) for kind, files in NOT.items() for file in files])
def test_a_file_of_another_kind_is_not(kind: str, headers: str) -> None:
    assert not known(kind, headers)


def test_11_clients_are_patients_in_every_header() -> None:
    normalise = CLINIKO.layout.normalise
    assert normalise("ClientID") == normalise("Patient ID") == "patientid"
    assert normalise("Client Arrived") == normalise("patient_arrived")
    assert normalise("PatientID(s)") == normalise("patient_ids")


@pytest.mark.parametrize("kind", CLINIKO.kinds, ids=lambda kind: kind.name)
def test_a_described_header_has_the_words_that_headers_of_files_are_given(kind: Kind[object]) -> None:
    described = {h for placed in kind.columns for h in (placed.name, placed.column.native, *placed.column.headers) if h}
    assert {CLINIKO.layout.normalise(header) for header in described} == {*map(normalise_header, described)}


def test_kinds_are_in_the_order_of_loading() -> None:
    assert tuple(kind.name for kind in CLINIKO.kinds) == ORDER
    assert SOURCES == {"cliniko": CLINIKO}


def test_imported_kinds_are_those_that_a_sample_expects() -> None:
    assert {kind.name for kind in CLINIKO.kinds if kind.imported} == set(ORDER) - {*NEVER, *ASIDE}


@pytest.mark.parametrize("kind", CLINIKO.kinds, ids=lambda kind: kind.name)
def test_a_header_means_one_column_of_its_kind(kind: Kind[object]) -> None:
    known: dict[str, str] = {}
    for placed in kind.columns:
        for header in placed.normalised_headers():
            assert known.setdefault(header, placed.name) == placed.name


@pytest.mark.parametrize("kind", CLINIKO.kinds, ids=lambda kind: kind.name)
def test_a_kind_names_its_place_in_the_source_and_what_to_do_when_it_does_not_move(kind: Kind[object]) -> None:
    assert kind.label
    assert kind.source_label
    assert kind.source_location
    assert kind.imported or kind.tables or kind.exclusion.workaround


def test_the_65_native_headers_of_patients_are_all_known() -> None:
    headers = """Patient ID|Title|First Name|Last Name|Preferred First Name|Date of Birth|Sex|Email|PhoneMobile
        |PhoneHome|PhoneWork|PhoneFax|PhoneOther|Address1|Address2|Address3|Time Zone|City|State|Post code|Country
        |Occupation|Emergency Contact|Medicare Number|Referral Type|Referral Type Subcategory|Referral Extra Information
        |Referring Doctor|Reference Number|Created At|Updated At|Next Appointment|Last Appointment|Birth Month
        |Last Practitioner Seen|Last Business Visited|Business Id|Unapplied Account Credit|Medical Alerts
        |Extra Information|Reminder Type|Invoice To|Invoice Email|Invoice Extra Info|Concession Type
        |Unsubscribed SMS marketing|First Appointment|First Practitioner Seen|Accepted Privacy Policy|Gender Identity
        |Pronouns|Gender (this field has been replaced)|Appointment Notes|Medicare Reference Number
        |Accepts email marketing|Opening balance|Account Balance|Mobile Phones|Home Phones|Work Phones|Fax Phones
        |Other Phones|Receives Confirmation Emails|DVA card number|Follow-up Messages"""
    listed = [normalise_header(re.sub(r"\s+", " ", header)) for header in headers.split("|")]
    known_headers = {name for placed in CLINIKO.kind("patients").columns for name in placed.normalised_headers()}
    assert len(listed) == 65
    assert set(listed) <= known_headers
