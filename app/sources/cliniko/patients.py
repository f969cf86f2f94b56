"""Patients: the people whom a clinic treats. Each becomes a client; nothing of them is merged and nobody is written to.

The 65 native headers are confirmed (2025). What Caspen's clients have no place for goes to custom fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from app.caspen.name_keys import client_keys
from app.mapping.columns import Column, Link, Report
from app.mapping.context import Context
from app.mapping.countries import country_code
from app.mapping.emails import email_or_text, read_email
from app.mapping.flags import boolean, spoken
from app.mapping.ids import NOTHING, key, link, one_id
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import birth, timestamp
from app.mapping.names import normalise_name
from app.mapping.numbers import money
from app.mapping.phones import phone_runs
from app.mapping.rows import Joined, Json, Mapped, NotMapped, Outcome, Record, Result, Target, Value
from app.mapping.structured import json_cell, json_or_text, json_where, words_in
from app.mapping.text import STRING, code, cut, one_line, string, text
from app.mapping.traits import (
    Exclusion,
    Identity,
    Mention,
    Merging,
    Names,
    Naming,
    QuestionColumns,
    Recognition,
    References,
)
from app.problems import Problem
from app.sources.cliniko.addresses import Address, address
from app.sources.cliniko.answers import Answer, in_columns, is_nested, nested
from app.sources.cliniko.client_phones import KINDS, Phones, listed, phones, split
from app.sources.cliniko.compared import Said, of_patient
from app.sources.cliniko.custom_fields import from_name
from app.sources.cliniko.decisions import name_key, named_id
from app.sources.cliniko.field_values import answered, own_records
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.own_fields import TURNED, own, own_values
from app.sources.cliniko.referral import referral
from app.sources.cliniko.row import Row

# What a patient agreed to, in Cliniko's words. Consent is never upgraded: silence stays silence.

_PRIVACY = {"accepted": "accepted", "rejected": "rejected", "noresponse": "pending"}


def privacy_consent(cell: str, context: Context, report: Report) -> str | None:
    """`accepted`, `rejected` or `pending`: native files say it in words, api files as true, false or nothing."""
    known = _PRIVACY.get(spoken(cell))
    if known is not None or cell.lower() in NOTHING:
        return known
    answer = boolean(cell, context, report)
    return {True: "accepted", False: "rejected", None: None}[answer]


def spoken_of(cell: str, context: Context, report: Report) -> str | None:
    """Words, or the api's object of pronouns as `they/them`."""
    if cell[:1] != "{":
        words: str | None = string(cell, context, report)
        return words
    found: Json = json_cell(cell, context, report)
    if not isinstance(found, dict):
        return None
    known = "/".join(str(found[case]) for case in ("nominative", "accusative") if found.get(case))
    return known or "; ".join(words_in(found)) or None


Words = str | None


QUESTION = link("custom_fields", "", orphan_code="custom_field_undefined", ambiguous_code="custom_field_ambiguous")


def asks(columns: frozenset[str]) -> frozenset[str]:
    """The columns of a part in which patients answer."""
    found = frozenset(c for c in columns if c == "custom_fields" or c.startswith("custom:"))
    return found | {"id"} if found else found


def looks_like_patients(headers: Headers) -> bool:
    return (
        headers.any("patientid", "id")
        and headers.all("firstname", "lastname")
        and headers.any("dateofbirth", "preferredfirstname")
        and not headers.any("starttime")
    )


# How a patient becomes a client: nothing that the clinic typed is lost, nothing is agreed to in anybody's name.

_TRIALS = frozenset({"test", "testing", "tester", "asdf", "asdfasdf", "asd", "qwerty"})
_NOT_CARRIED = ("time_zone",)  # filled cells that have no place in Caspen
_OVERLONG = (
    ("Title", "title"),
    ("First name", "first_name"),
    ("Last name", "last_name"),
    ("Preferred name", "preferred_first_name"),
    ("Sex", "sex"),
    ("Occupation", "occupation"),
    ("Emergency contact", "emergency_contact"),
    ("Gender identity", "gender_identity"),
)


def _emergency(contact: str | None) -> dict[str, Value]:
    runs = phone_runs(contact or "")
    return {
        "emergency_contact_name": cut(contact),
        "emergency_contact_phone": runs[0] if len(runs) == 1 else None,
    }


def alert(alerts: Json) -> str | None:
    """Medical alerts as one text: the cell whole, or the names of an api list without the archived ones."""
    if isinstance(alerts, dict):
        alerts = [alerts]
    if not isinstance(alerts, list):
        return one_line(str(alerts)) if alerts else None
    active = (entry for entry in alerts if not (isinstance(entry, dict) and entry.get("archived_at")))
    names = [name for entry in active if (name := _alert_name(entry))]
    return "; ".join(one_line(name) for name in names) or None


def _alert_name(entry: Json) -> str:
    """The name of an entry, or every word of one that has no name."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return str(name or "; ".join(words_in(entry)))


def referral_type(mention: Mention, lookups: Lookups) -> Record:
    """A referral type that the workspace does not have yet."""
    return Record("referral_types", "patients", mention.key, {"name": cut(mention.name)})


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
            orphan_code="referrer_not_found",
            ambiguous_code="referrer_ambiguous",
            destination="clients.referred_by_id",
            read=one_id,
        ),
    ] = None
    referring_doctor: Annotated[Words, Column(string, "Referring Doctor", mark="C", name_for="referring_doctor_id")] = (
        None
    )
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
        bool | None, own(boolean, "Unsubscribed SMS marketing", "SMS marketing consent", conversion=TURNED)
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
        Link | None, link("patients", "", "merged_with_patient", mark="C", orphan_code="merge_survivor_missing")
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


def questions(row: Patient) -> Iterator[tuple[str, Link, Column]]:
    """The questions that a patient answered."""
    for name, answer in row.named_answers:
        yield name, answer.link, QUESTION


def said_of(row: Patient) -> Iterator[tuple[str, str]]:
    for name, answer in row.named_answers:
        yield name, answer.said


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


def to_records(row: Patient, joined: Joined, lookups: Lookups) -> Result:
    """The client, with what needs attention told."""
    if not row.first_name and not row.last_name:
        return NotMapped(Outcome.HELD, Problem("patient_name_missing", "patients", source_id=row.id))
    home, found = _reached(row, lookups.plan.country)
    description = _referral_description(row, joined)
    codes = [*home.codes, *found.codes, *_codes(row)]
    values: dict[str, Value] = {
        **_names(row),
        "email": read_email(row.email).address if row.email else None,
        "phone_number": found.primary,
        "phone_numbers": list(found.numbers),
        "address": home.values,
        **_emergency(row.emergency_contact),
        "alert": _alerts(row, lookups),
        "notes": _notes(row, found, description),
        "privacy_policy_consent": row.accepted_privacy_policy or "pending",
        **_referral(row, joined, lookups),
        "referral_description": cut(description),
        "status": "archived" if row.archived_at or row.merged_at else "active",
        "portal_access": False,
        "source_created_at": row.created_at,
    }
    problems = [Problem(code, "patients", source_id=row.id) for code in dict.fromkeys(codes)]
    problems += [
        Problem("field_without_destination", "patients", source_id=row.id, column=column)
        for column in _NOT_CARRIED
        if getattr(row, column) is not None
    ]
    client = Record("clients", "patients", row.id, values)
    client_id = lookups.ids.derive("clients", "patients", row.id)
    answers = tuple(answered(row, Target(client_id, row.id), joined, lookups))
    told = dict.fromkeys(code for made in answers for code in made.codes)
    problems += [Problem(code, "patients", source_id=row.id) for code in told]
    given = (made.record for made in answers if made.record)
    return Mapped((client, *own_records(row, client_id, lookups), *given), tuple(problems))


def _names(row: Patient) -> dict[str, Value]:
    return {
        "title": cut(row.title),
        "first_name": cut(row.first_name) or "-",
        "last_name": cut(row.last_name) or "-",
        "preferred_name": cut(row.preferred_first_name),
        "profession": cut(row.occupation),
        "date_of_birth": row.date_of_birth,
        "sex": cut(row.sex or row.gender),
        "gender_identity": cut(row.gender_identity),
        "pronouns": cut(row.pronouns),
    }


def _codes(row: Patient) -> list[str]:
    names = {normalise_name(name) for name in (row.first_name, row.last_name) if name}
    told = {
        "patient_name_partial": not row.first_name or not row.last_name,
        "bad_email": bool(row.email) and read_email(row.email or "").is_bad,
        "legacy_gender_used": not row.sex and bool(row.gender),
        "test_record_suspected": not names.isdisjoint(_TRIALS),
    }
    return [code for code, applies in told.items() if applies]


def _phones(row: Patient, country: str) -> Phones:
    """The lists of each kind are preferred over its single number, and the api's list over both where it is there."""
    texts = list(listed(row.patient_phone_numbers))
    if not texts:
        for kind in KINDS:
            several, single = getattr(row, f"{kind}_phones"), getattr(row, f"phone_{kind}")
            texts += [(kind, text) for text in split(several) or split(single)]
    return phones(texts, country)


def _reached(row: Patient, country: str) -> tuple[Address, Phones]:
    """Where the patient lives, and the telephone numbers."""
    lines = (row.address_1, row.address_2, row.address_3)
    home = address(*lines, row.city, row.state, row.post_code, row.country, country)
    return home, _phones(row, home.country or country)


def compared(row: Patient, country: str) -> Said:
    """What is compared of two rows of one patient."""
    return of_patient(row, *_reached(row, country), alert(row.medical_alerts))


def known_by(row: Patient, country: str) -> Iterator[str]:
    """By what somebody is known again whom the clinic has in Caspen already. `country` is the clinic's."""
    found = _phones(row, country_code(row.country or "") or country)
    email = read_email(row.email).address if row.email else None
    numbers = (number["code"] + number["number"] for number in found.numbers)
    yield from client_keys(row.first_name, row.last_name, row.date_of_birth, email, numbers)


def _alerts(row: Patient, lookups: Lookups) -> str | None:
    """What the patient's own row says, and after it what a file of alerts has that it does not."""
    own = alert(row.medical_alerts)
    listed = (one_line(a.name) for a in lookups.lists.get("medical_alerts", {}).get(row.id, ()) if not a.archived_at)
    more = [name for name in dict.fromkeys(listed) if name not in (own or "")]
    return "; ".join(piece for piece in (own, *more) if piece) or None


def _notes(row: Patient, found: Phones, description: str | None) -> str | None:
    lines = [f"{label}: {text}" for label, name in _OVERLONG if len(text := getattr(row, name) or "") > STRING]
    if len(description or "") > STRING:
        lines.append(f"Referral: {description}")
    if row.email and (read_email(row.email).has_more):
        lines.append(f"Email: {row.email}")
    lines += found.unread
    parts = (
        row.notes or "",
        f"Appointment notes:\n{row.appointment_notes}" if row.appointment_notes else "",
        "\n".join(lines),
    )
    return "\n\n".join(part for part in parts if part.strip()) or None


def _referral(row: Patient, joined: Joined, lookups: Lookups) -> dict[str, Value]:
    """Type by name, and who referred."""
    referrer, type_ = joined.targets.get("referring_doctor_id"), referral(row).type
    return {
        "referral_type_id": named_id("referral_types", "patients", type_, lookups) if type_ else None,
        "referred_by_id": referrer.id if referrer else None,
    }


def _referral_description(row: Patient, joined: Joined) -> str | None:
    """Everything else about the referral in one text, the referrer too if no contact is known."""
    details = referral(row)
    pieces = [": ".join(piece for piece in (details.subcategory, details.extra) if piece)]
    if "referring_doctor_id" not in joined.targets:
        unknown = row.referring_doctor_id.ids[0] if row.referring_doctor_id and row.referring_doctor_id.ids else None
        pieces.append(row.referring_doctor or unknown or "")
    return "; ".join(piece for piece in pieces if piece) or None


def mentions(row: Patient) -> tuple[Mention, ...]:
    """The referral type, which no row of its own describes, and the fields for what Caspen has no place for."""
    fields = tuple(Mention("custom_fields", own.key, own.name) for own, _ in own_values(row))
    type_ = referral(row).type
    if not type_:
        return fields
    return (Mention("referral_types", name_key(type_), type_), *fields)


KIND = Kind(
    name="patients",
    label="Clients",
    source_label="Patients",
    source_location="Settings > Data exports > Patients, from any time to any time",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_patients),
        file_names=("patients", "clients"),
        json_keys=("patients",),
        archived_column="archived_at",
        native_headers="C",
    ),
    row=Patient,
    to_records=to_records,
    identity=Identity(
        compared_values=compared,
        duplicate_key_of=name_and_birth,
        target_values=said_of,
    ),
    tables=("clients", "custom_field_values", "referral_types"),
    names=Names(
        namesake_key_of=full_name,
        identity_texts=known_by,
    ),
    merging=Merging(
        is_merged=lambda row: row.merged_at is not None or row.merged_with_patient_id is not None,
        survivor="merged_with_patient_id",
    ),
    exclusion=Exclusion(reason=stays_because),
    naming=Naming(
        mentions=mentions,
        record_makers={"referral_types": referral_type, "custom_fields": from_name},
    ),
    references=References(extra_links=questions),
    questions=QuestionColumns(columns=asks),
)
