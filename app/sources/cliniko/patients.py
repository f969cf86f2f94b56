"""Patients: the people whom a clinic treats. Each becomes a client; nothing of them is merged and nobody is written to.

The 65 native headers are confirmed (2025). What Caspen's clients have no place for goes to custom fields.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.emails import email_or_text
from app.mapping.flags import boolean
from app.mapping.ids import key, link, one_id
from app.mapping.kind import Kind
from app.mapping.moments import birth, timestamp
from app.mapping.money import money
from app.mapping.names import normalise_name
from app.mapping.rows import Json
from app.mapping.structured import json_cell, json_or_text, json_where
from app.mapping.text import code, string, text
from app.problems import Problem
from app.sources.cliniko.answers import Answer, in_columns, is_nested, nested
from app.sources.cliniko.client import compared, known_by, mentions, referral_type, to_records
from app.sources.cliniko.consent import privacy_consent, spoken_of
from app.sources.cliniko.custom_fields import from_name
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.own_fields import TURNED, own
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class Patient(Row):
    """One row. The order is that of the native file; columns that only the api has come last."""

    id: Annotated[str, key("Patient ID", mark="C")] = ""
    title: Annotated[Words, Column(string, "Title", mark="C", destination="clients.title")] = None
    first_name: Annotated[Words, Column(string, "First Name", mark="C", destination="clients.first_name")] = None
    last_name: Annotated[Words, Column(string, "Last Name", ("Surname",), "C", destination="clients.last_name")] = None
    preferred_first_name: Annotated[
        Words, Column(string, "Preferred First Name", mark="C", destination="clients.preferred_name")
    ] = None
    date_of_birth: Annotated[
        date | None,
        Column(birth, "Date of Birth", ("DOB", "Birth Date"), "C", destination="clients.date_of_birth"),
    ] = None
    sex: Annotated[Words, Column(string, "Sex", mark="C", destination="clients.sex")] = None
    email: Annotated[Words, Column(text, "Email", mark="C", destination="clients.email")] = None
    phone_mobile: Annotated[
        Words,
        Column(text, "PhoneMobile", ("Mobile", "Mobile Phone"), "C", destination="clients.phone_number"),
    ] = None
    phone_home: Annotated[Words, Column(text, "PhoneHome", mark="C", destination="clients.phone_numbers")] = None
    phone_work: Annotated[Words, Column(text, "PhoneWork", mark="C", destination="clients.phone_numbers")] = None
    phone_fax: Annotated[Words, Column(text, "PhoneFax", mark="C", destination="clients.phone_numbers")] = None
    phone_other: Annotated[Words, Column(text, "PhoneOther", mark="C", destination="clients.phone_numbers")] = None
    address_1: Annotated[Words, Column(string, "Address1", mark="C", destination="clients.address")] = None
    address_2: Annotated[Words, Column(string, "Address2", mark="C", destination="clients.address")] = None
    address_3: Annotated[Words, Column(string, "Address3", mark="C", destination="clients.address")] = None
    time_zone: Annotated[Words, Column(string, "Time Zone", mark="C")] = None
    city: Annotated[Words, Column(string, "City", mark="C", destination="clients.address")] = None
    state: Annotated[Words, Column(string, "State", mark="C", destination="clients.address")] = None
    post_code: Annotated[Words, Column(code, "Post code", mark="C", destination="clients.address")] = None
    country: Annotated[Words, Column(string, "Country", ("Country Code",), "C", destination="clients.address")] = None
    occupation: Annotated[Words, Column(string, "Occupation", mark="C", destination="clients.profession")] = None
    emergency_contact: Annotated[
        Words, Column(string, "Emergency Contact", mark="C", destination="clients.emergency_contact_name")
    ] = None
    medicare: Annotated[Words, own(code, "Medicare Number", "Medicare number")] = None
    referral_type: Annotated[
        Words,
        Column(string, "Referral Type", ("referral_source_type",), "C", destination="clients.referral_type_id"),
    ] = None
    referral_subcategory: Annotated[
        Words,
        Column(string, "Referral Type Subcategory", ("subcategory",), "C", destination="clients.referral_description"),
    ] = None
    referral_extra: Annotated[
        Words,
        Column(
            text,
            "Referral Extra Information",
            ("referral_notes",),
            "C",
            destination="clients.referral_description",
        ),
    ] = None
    referral_source: Annotated[Json, Column(json_or_text, mark="C", destination="clients.referral_description")] = None
    referring_doctor_id: Annotated[
        Link | None,
        link(
            "contacts",
            "Referring Doctor ID",
            orphan="referrer_not_found",
            several="referrer_ambiguous",
            destination="clients.referred_by_id",
            read=one_id,
        ),
    ] = None
    referring_doctor: Annotated[Words, Column(string, "Referring Doctor", mark="C", fills="referring_doctor_id")] = None
    old_reference_id: Annotated[Words, own(code, "Reference Number", "Previous reference number", "Ref Number")] = None
    next_appointment: Annotated[Words, Column(text, "Next Appointment", mark="C")] = None
    last_appointment: Annotated[Words, Column(text, "Last Appointment", ("latest_booking",), "C")] = None
    birth_month: Annotated[Words, Column(text, "Birth Month", mark="C")] = None
    last_practitioner_seen: Annotated[Words, Column(text, "Last Practitioner Seen", mark="C")] = None
    last_business_visited: Annotated[Words, Column(text, "Last Business Visited", mark="C")] = None
    business_id: Annotated[Words, Column(text, "Business Id", mark="C")] = None
    unapplied_account_credit: Annotated[Decimal | None, Column(money, "Unapplied Account Credit", mark="C")] = None
    medical_alerts: Annotated[Json, Column(json_or_text, "Medical Alerts", mark="C", destination="clients.alert")] = (
        None
    )
    notes: Annotated[Words, Column(text, "Extra Information", mark="C", raw=True, destination="clients.notes")] = None
    reminder_type: Annotated[Words, own(code, "Reminder Type", "Reminder preference")] = None
    invoice_default_to: Annotated[Words, own(code, "Invoice To", "Invoice to")] = None
    invoice_email: Annotated[Words, own(email_or_text, "Invoice Email", "Invoice email")] = None
    invoice_extra_information: Annotated[Words, own(text, "Invoice Extra Info", "Invoice extra information")] = None
    concession_type: Annotated[Words, own(code, "Concession Type", "Concession type", "concession_type_id")] = None
    unsubscribed_sms_marketing: Annotated[
        bool | None, own(boolean, "Unsubscribed SMS marketing", "SMS marketing consent", done=TURNED)
    ] = None
    first_appointment: Annotated[Words, Column(text, "First Appointment", mark="C")] = None
    first_practitioner_seen: Annotated[Words, Column(text, "First Practitioner Seen", mark="C")] = None
    accepted_privacy_policy: Annotated[
        Words,
        Column(privacy_consent, "Accepted Privacy Policy", mark="C", destination="clients.privacy_policy_consent"),
    ] = None
    gender_identity: Annotated[
        Words, Column(string, "Gender Identity", mark="C", destination="clients.gender_identity")
    ] = None
    pronouns: Annotated[
        Words, Column(spoken_of, "Pronouns", mark="C", is_object=True, destination="clients.pronouns")
    ] = None
    gender: Annotated[
        Words, Column(string, "Gender (this field has been replaced)", mark="C", destination="clients.sex")
    ] = None
    appointment_notes: Annotated[
        Words, Column(text, "Appointment Notes", mark="C", raw=True, destination="clients.notes")
    ] = None
    medicare_reference_number: Annotated[Words, own(code, "Medicare Reference Number", "Medicare reference number")] = (
        None
    )
    accepted_email_marketing: Annotated[
        bool | None, own(boolean, "Accepts email marketing", "Email marketing consent")
    ] = None
    opening_balance: Annotated[Decimal | None, Column(money, "Opening balance", mark="C")] = None
    account_balance: Annotated[Decimal | None, Column(money, "Account Balance", mark="C")] = None
    mobile_phones: Annotated[Words, Column(text, "Mobile Phones", mark="C", destination="clients.phone_numbers")] = None
    home_phones: Annotated[Words, Column(text, "Home Phones", mark="C", destination="clients.phone_numbers")] = None
    work_phones: Annotated[Words, Column(text, "Work Phones", mark="C", destination="clients.phone_numbers")] = None
    fax_phones: Annotated[Words, Column(text, "Fax Phones", mark="C", destination="clients.phone_numbers")] = None
    other_phones: Annotated[Words, Column(text, "Other Phones", mark="C", destination="clients.phone_numbers")] = None
    receives_confirmation_emails: Annotated[
        bool | None, own(boolean, "Receives Confirmation Emails", "Receives confirmation emails")
    ] = None
    dva_card_number: Annotated[Words, own(code, "DVA card number", "DVA card number")] = None
    follow_up_messages: Annotated[Words, own(code, "Follow-up Messages", "Follow-up messages")] = None
    patient_phone_numbers: Annotated[Json, Column(json_cell, mark="C", destination="clients.phone_numbers")] = None
    accepted_sms_marketing: Annotated[bool | None, own(boolean, "", "SMS marketing consent")] = None
    custom_fields: Annotated[Json, Column(json_where(is_nested), mark="C", destination="custom_field_values.text")] = (
        None
    )
    custom: Annotated[
        Mapping[str, str] | None, Column(text, prefix="Custom:", destination="custom_field_values.text")
    ] = None
    merged_at: Annotated[datetime | None, Column(timestamp, mark="C")] = None
    merged_with_patient_id: Annotated[
        Link | None, link("patients", "", "merged_with_patient", mark="C", orphan="merge_survivor_missing")
    ] = None

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What the patient answered to the clinic's own questions."""
        return (*in_columns(self.custom), *nested(self.custom_fields))

    @property
    def named_answers(self) -> Iterator[tuple[str, Answer]]:
        """The same under the names of the references to their questions."""
        for answer in self.answers:
            yield f"custom:{answer.token or normalise_name(answer.name or '')}", answer

    @property
    def sms_consent(self) -> bool | None:
        """Whether the patient agreed to SMS marketing. The native column says the opposite."""
        if self.accepted_sms_marketing is not None:
            return self.accepted_sms_marketing
        return None if self.unsubscribed_sms_marketing is None else not self.unsubscribed_sms_marketing


QUESTION = link("custom_fields", "", orphan="custom_field_undefined", several="custom_field_ambiguous")


def questions(row: Patient) -> Iterator[tuple[str, Link, Column]]:
    """The questions that a patient answered."""
    for name, answer in row.named_answers:
        yield name, answer.link, QUESTION


def said_of(row: Patient) -> Iterator[tuple[str, str]]:
    for name, answer in row.named_answers:
        yield name, answer.said


def asks(columns: frozenset[str]) -> frozenset[str]:
    """The columns of a part in which patients answer."""
    found = frozenset(c for c in columns if c == "custom_fields" or c.startswith("custom:"))
    return found | {"id"} if found else found


def full_name(row: Patient) -> str | None:
    """Both names as they are compared; None where one is missing."""
    if not row.first_name or not row.last_name:
        return None
    return normalise_name(f"{row.first_name}\n{row.last_name}")


def name_and_birth(row: Patient) -> str | None:
    name = full_name(row)
    return f"{name} {row.date_of_birth.isoformat()}" if name and row.date_of_birth else None


def stays_because(row: Patient) -> Problem | None:
    return None if row.first_name or row.last_name else Problem("patient_name_missing")


def looks_like_patients(headers: Headers) -> bool:
    return (
        headers.any("patientid", "id")
        and headers.all("firstname", "lastname")
        and headers.any("dateofbirth", "preferredfirstname")
        and not headers.any("starttime")
    )


KIND = Kind(
    name="patients",
    label="Clients",
    called="Patients",
    where="Settings > Data exports > Patients, from any time to any time",
    fingerprint=fingerprint(looks_like_patients),
    row=Patient,
    to_records=to_records,
    compared=compared,
    tables=("clients", "custom_field_values", "referral_types"),
    file_names=("patients", "clients"),
    json_keys=("patients",),
    archived_by="archived_at",
    twin_of=name_and_birth,
    namesake_of=full_name,
    known_by=known_by,
    merged_of=lambda row: row.merged_at is not None or row.merged_with_patient_id is not None,
    merge_field="merged_with_patient_id",
    stays_because=stays_because,
    mentions=mentions,
    made={"referral_types": referral_type, "custom_fields": from_name},
    links_beside=questions,
    said_of=said_of,
    asks=asks,
    native_headers="C",
)
