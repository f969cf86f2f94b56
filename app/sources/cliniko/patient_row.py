"""The row of a patient: the columns of Cliniko's csv export of patients and of the `patients` resource of its API.

The 65 headers of the csv export are confirmed by files of 2025.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from app.json_values import JsonValue
from app.mapping.columns import Column, Link, Reader, Report
from app.mapping.context import Context
from app.mapping.emails import email_or_text
from app.mapping.flags import boolean, spoken
from app.mapping.ids import NOTHING, key, link, one_id
from app.mapping.json_cells import is_json, json_cell, json_or_text, json_where, words_in
from app.mapping.moments import birth, timestamp
from app.mapping.names import normalise_name
from app.mapping.numbers import money
from app.mapping.text import code, string, string_as_written, text
from app.sources.cliniko.question_answers import (
    QuestionAnswer,
    answers_in_columns,
    has_only_fields,
    is_nested,
    nested_answers,
)
from app.sources.cliniko.row import BY_PROGRAMS, Row

Words = str | None
BESIDE_PHONES = ("clients.notes", "clients.phone_number")
INVERTED = "Reversed: Caspen asks whether they agreed"
_PRIVACY = {"accepted": "accepted", "rejected": "rejected", "noresponse": "pending"}


def read_privacy_consent(cell: str, context: Context, report: Report) -> str | None:
    """Read the column "Accepted Privacy Policy" as `accepted`, `rejected` or `pending`; None for an empty cell.

    Cliniko's csv export writes words (`Accepted`, `Rejected`, `No response`), Cliniko's API writes true, false or
    null. Consent is never upgraded. Reports `bad_boolean` for any other text.
    """
    known = _PRIVACY.get(spoken(cell))
    if known is not None or cell.lower() in NOTHING:
        return known
    answer = boolean(cell, context, report)
    return {True: "accepted", False: "rejected", None: None}[answer]


def read_pronouns(cell: str, context: Context, report: Report) -> str | None:
    """Read pronouns as text such as `they/them`; None for an empty cell.

    Cliniko's csv export writes text. Cliniko's API writes an object with the members `nominative` and `accusative`.
    Reports `bad_json` for an object that is not valid JSON. Text in square brackets that is no JSON is text.
    """
    if not is_json(cell):
        words: str | None = string(cell, context, report)
        return words
    cases: JsonValue = json_cell(cell, context, report)
    if isinstance(cases, dict):
        known = [" ".join(words_in(cases.get(name), BY_PROGRAMS)) for name in ("nominative", "accusative")]
        if any(known):
            return "/".join(filter(None, known))
    return "; ".join(words_in(cases, BY_PROGRAMS)) or None


def own_field_column(read: Reader, native: str, name: str, *headers: str, conversion: str = "") -> Column:
    """A confirmed column whose value becomes the custom field `name`; `conversion` explains how the value changes."""
    return Column(read, native, headers, "C", destination=f"custom_field_values.{name}", conversion=conversion)


@dataclass(frozen=True, kw_only=True)
class PatientRow(Row):
    """One row of Cliniko's csv export of patients, in the order of its columns; the API's own members come last."""

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
    email: Annotated[Words, Column(text, "Email", mark="C", destination="clients.email", feeds=("clients.notes",))] = (
        None
    )
    phone_mobile: Annotated[
        Words,
        Column(
            text,
            "PhoneMobile",
            ("Mobile", "Mobile Phone"),
            "C",
            destination="clients.phone_number",
            feeds=("clients.notes", "clients.phone_numbers"),
        ),
    ] = None
    phone_home: Annotated[
        Words,
        Column(text, "PhoneHome", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    phone_work: Annotated[
        Words,
        Column(text, "PhoneWork", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    phone_fax: Annotated[
        Words,
        Column(text, "PhoneFax", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    phone_other: Annotated[
        Words,
        Column(text, "PhoneOther", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
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
        Words,
        Column(
            code,
            "Emergency Contact",
            mark="C",
            destination="clients.emergency_contact_name",
            feeds=("clients.emergency_contact_phone",),
        ),
    ] = None
    medicare: Annotated[Words, own_field_column(code, "Medicare Number", "Medicare number")] = None
    referral_type: Annotated[
        Words,
        Column(
            string_as_written, "Referral Type", ("referral_source_type",), "C", destination="clients.referral_type_id"
        ),
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
    referral_source: Annotated[
        JsonValue, Column(json_or_text, mark="C", destination="clients.referral_description")
    ] = None
    referring_doctor_id: Annotated[
        Link | None,
        link(
            "contacts",
            "Referring Doctor ID",
            orphan_code="referrer_not_found",
            ambiguous_code="referrer_ambiguous",
            destination="clients.referred_by_id",
            read=one_id,
            feeds=("clients.referral_description",),
        ),
    ] = None
    referring_doctor: Annotated[
        Words,
        Column(
            string,
            "Referring Doctor",
            mark="C",
            name_for="referring_doctor_id",
            feeds=("clients.referral_description",),
        ),
    ] = None
    old_reference_id: Annotated[
        Words,
        own_field_column(code, "Reference Number", "Previous reference number", "Ref Number"),
    ] = None
    next_appointment: Annotated[Words, Column(text, "Next Appointment", mark="C")] = None
    last_appointment: Annotated[Words, Column(text, "Last Appointment", ("latest_booking",), "C")] = None
    birth_month: Annotated[Words, Column(text, "Birth Month", mark="C")] = None
    last_practitioner_seen: Annotated[Words, Column(text, "Last Practitioner Seen", mark="C")] = None
    last_business_visited: Annotated[Words, Column(text, "Last Business Visited", mark="C")] = None
    business_id: Annotated[Words, Column(text, "Business Id", mark="C")] = None
    unapplied_account_credit: Annotated[Decimal | None, Column(money, "Unapplied Account Credit", mark="C")] = None
    medical_alerts: Annotated[
        JsonValue, Column(json_or_text, "Medical Alerts", mark="C", destination="clients.alert")
    ] = None
    notes: Annotated[Words, Column(text, "Extra Information", mark="C", raw=True, destination="clients.notes")] = None
    reminder_type: Annotated[Words, own_field_column(code, "Reminder Type", "Reminder preference")] = None
    invoice_default_to: Annotated[Words, own_field_column(code, "Invoice To", "Invoice to")] = None
    invoice_email: Annotated[Words, own_field_column(email_or_text, "Invoice Email", "Invoice email")] = None
    invoice_extra_information: Annotated[
        Words, own_field_column(text, "Invoice Extra Info", "Invoice extra information")
    ] = None
    concession_type: Annotated[
        Words, own_field_column(code, "Concession Type", "Concession type", "concession_type_id")
    ] = None
    unsubscribed_sms_marketing: Annotated[
        bool | None,
        own_field_column(boolean, "Unsubscribed SMS marketing", "SMS marketing consent", conversion=INVERTED),
    ] = None
    first_appointment: Annotated[Words, Column(text, "First Appointment", mark="C")] = None
    first_practitioner_seen: Annotated[Words, Column(text, "First Practitioner Seen", mark="C")] = None
    accepted_privacy_policy: Annotated[
        Words,
        Column(read_privacy_consent, "Accepted Privacy Policy", mark="C", destination="clients.privacy_policy_consent"),
    ] = None
    gender_identity: Annotated[
        Words, Column(string, "Gender Identity", mark="C", destination="clients.gender_identity")
    ] = None
    pronouns: Annotated[
        Words, Column(read_pronouns, "Pronouns", mark="C", is_object=True, destination="clients.pronouns")
    ] = None
    gender: Annotated[
        Words, Column(string, "Gender (this field has been replaced)", mark="C", destination="clients.sex")
    ] = None
    appointment_notes: Annotated[
        Words, Column(text, "Appointment Notes", mark="C", raw=True, destination="clients.notes")
    ] = None
    medicare_reference_number: Annotated[
        Words, own_field_column(code, "Medicare Reference Number", "Medicare reference number")
    ] = None
    accepted_email_marketing: Annotated[
        bool | None, own_field_column(boolean, "Accepts email marketing", "Email marketing consent")
    ] = None
    opening_balance: Annotated[Decimal | None, Column(money, "Opening balance", mark="C")] = None
    account_balance: Annotated[Decimal | None, Column(money, "Account Balance", mark="C")] = None
    mobile_phones: Annotated[
        Words,
        Column(text, "Mobile Phones", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    home_phones: Annotated[
        Words,
        Column(text, "Home Phones", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    work_phones: Annotated[
        Words,
        Column(text, "Work Phones", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    fax_phones: Annotated[
        Words,
        Column(text, "Fax Phones", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    other_phones: Annotated[
        Words,
        Column(text, "Other Phones", mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    receives_confirmation_emails: Annotated[
        bool | None, own_field_column(boolean, "Receives Confirmation Emails", "Receives confirmation emails")
    ] = None
    dva_card_number: Annotated[Words, own_field_column(code, "DVA card number", "DVA card number")] = None
    follow_up_messages: Annotated[Words, own_field_column(code, "Follow-up Messages", "Follow-up messages")] = None
    patient_phone_numbers: Annotated[
        JsonValue,
        Column(json_cell, mark="C", destination="clients.phone_numbers", feeds=BESIDE_PHONES),
    ] = None
    accepted_sms_marketing: Annotated[bool | None, own_field_column(boolean, "", "SMS marketing consent")] = None
    custom_fields: Annotated[
        JsonValue, Column(json_where(is_nested, has_only_fields), mark="C", destination="custom_field_values.text")
    ] = None
    custom: Annotated[
        Mapping[str, str] | None, Column(text, prefix="Custom:", destination="custom_field_values.text")
    ] = None
    merged_at: Annotated[datetime | None, Column(timestamp, mark="C")] = None
    merged_with_patient_id: Annotated[
        Link | None, link("patients", "", "merged_with_patient", mark="C", orphan_code="merge_survivor_missing")
    ] = None

    @property
    def answers(self) -> tuple[QuestionAnswer, ...]:
        """The answers to the clinic's own questions, from the csv columns `Custom: NAME` and from `custom_fields`."""
        return (*answers_in_columns(self.custom), *nested_answers(self.custom_fields))

    @property
    def named_answers(self) -> Iterator[tuple[str, QuestionAnswer]]:
        """Each answer with the key of the reference to its question: `custom:TOKEN` or `custom:NAME`."""
        for answer in self.answers:
            yield f"custom:{answer.token or normalise_name(answer.name or '')}", answer

    @property
    def sms_consent(self) -> bool | None:
        """Whether the patient agreed to SMS marketing; None where the row has no answer.

        The column "Unsubscribed SMS marketing" of the csv export holds the opposite.
        """
        if self.accepted_sms_marketing is not None:
            return self.accepted_sms_marketing
        return None if self.unsubscribed_sms_marketing is None else not self.unsubscribed_sms_marketing
