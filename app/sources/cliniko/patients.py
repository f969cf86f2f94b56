"""Patients: the people whom a clinic treats. Each row becomes a client.

No two patients are merged, and no message is sent. Columns without a place in Caspen's clients become custom fields.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.caspen.same_person import client_keys
from app.json_values import JsonValue
from app.mapping.columns import Column, Link
from app.mapping.countries import country_code
from app.mapping.decisions import name_key, named_id
from app.mapping.emails import read_email
from app.mapping.equality import LIKE_EMPTY
from app.mapping.ids import link
from app.mapping.json_cells import NotJsonError, parse_json, words_in
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.phones import phone_runs
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Target, Value
from app.mapping.text import STRING, cut, one_line
from app.mapping.traits import (
    Exclusion,
    FormerRecords,
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
from app.sources.cliniko.client_phones import KINDS, Phones, listed, phones, split
from app.sources.cliniko.compared_values import (
    ADDRESS_COLUMNS,
    PHONE_COLUMNS,
    ComparedValues,
    compared_address,
    compared_email,
    compared_phones,
)
from app.sources.cliniko.custom_fields import from_name
from app.sources.cliniko.field_values import answer_records, former_values, own_records
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.own_fields import own_values
from app.sources.cliniko.patient_row import PatientRow
from app.sources.cliniko.row import BY_PROGRAMS

_TEST_NAMES = frozenset({"test", "testing", "tester", "asdf", "asdfasdf", "asd", "qwerty"})
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

_REFERRAL_TYPES = ("referral_source_type", "referral_type", "type", "type_name", "name")
_REFERRAL_SUBCATEGORIES = ("subcategory", "referral_type_subcategory")
_REFERRAL_NOTES = ("notes", "referral_notes", "extra_information")
_COMPARED_WITH_OTHERS = dict.fromkeys(
    (
        *ADDRESS_COLUMNS,
        *PHONE_COLUMNS,
        *(f"{kind}_phones" for kind in KINDS),
        "patient_phone_numbers",
        "referral_type",
        "referral_subcategory",
        "referral_extra",
        "referral_source",
        "custom",
        "custom_fields",
    )
)
"""Columns whose content is compared under another name."""

QUESTION = link("custom_fields", "", orphan_code="custom_field_undefined", ambiguous_code="custom_field_ambiguous")
"""The column that problems of a reference to a question are reported for."""


def question_columns(columns: frozenset[str]) -> frozenset[str]:
    """The columns of a file in which patients answer questions, and `id`; empty where no column holds answers."""
    answers = frozenset(c for c in columns if c == "custom_fields" or c.startswith("custom:"))
    return answers | {"id"} if answers else answers


def looks_like_patients(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's csv export of patients, or of its API's patients."""
    return (
        headers.any("patientid", "id")
        and headers.all("firstname", "lastname")
        and headers.any("dateofbirth", "preferredfirstname")
        and not headers.any("starttime")
    )


def _emergency(contact: str | None) -> dict[str, Value]:
    runs = phone_runs(contact or "")
    return {
        "emergency_contact_name": cut(contact),
        "emergency_contact_phone": runs[0] if len(runs) == 1 else None,
    }


def alert(alerts: JsonValue) -> str | None:
    """Medical alerts as one text, parted by `; `; None without alerts.

    The csv export has one text, the API a list of objects with `name` and `archived_at`. Archived alerts are left out.
    """
    if isinstance(alerts, dict):
        alerts = [alerts]
    if not isinstance(alerts, list):
        return one_line(str(alerts)) if alerts else None
    active = (entry for entry in alerts if not (isinstance(entry, dict) and entry.get("archived_at")))
    names = [name for entry in active if (name := _alert_name(entry))]
    return "; ".join(one_line(name) for name in names) or None


def _alert_name(entry: JsonValue) -> str:
    """The `name` of an alert; for an alert without `name`, all its words."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return "; ".join(words_in(name, BY_PROGRAMS)) or "; ".join(words_in(entry, BY_PROGRAMS))


def referral_type(mention: Mention, lookups: Lookups) -> Record:
    """The record of a referral type that the workspace does not have yet."""
    return Record("referral_types", "patients", mention.key, {"name": cut(mention.name)})


@dataclass(frozen=True, slots=True)
class Referral:
    """How a patient came to the clinic: the name of the referral type, its subcategory, and all other words."""

    type: str | None
    subcategory: str | None = None
    extra: str | None = None


def referral(row: PatientRow) -> Referral:
    """The referral of a patient, complete.

    Cliniko's csv export has four columns, Cliniko's API one nested object. Filled columns have priority; the object
    fills the empty ones. Words that neither names a place for are kept in `extra`, one line each.
    """
    given = row.referral_source
    nested: Mapping[str, JsonValue] = given if isinstance(given, dict) else {}
    type_ = _referral_name(row.referral_type)
    inner = next((name for key in _REFERRAL_TYPES if (name := _referral_name(nested.get(key)))), None)
    subcategory = next((word for key in _REFERRAL_SUBCATEGORIES if (word := _word(nested.get(key)))), None)
    notes = [_word(nested.get(key)) for key in _REFERRAL_NOTES] if nested else list(words_in(given, BY_PROGRAMS))
    kept = [inner if type_ and inner != type_ else None, subcategory if row.referral_subcategory else None]
    texts = [row.referral_extra, *kept, *notes, *_other_members(nested)]
    words = dict.fromkeys(text for text in texts if text and text != row.referral_subcategory)
    return Referral(type_ or inner, row.referral_subcategory or subcategory, "\n".join(words) or None)


def _referral_name(value: JsonValue) -> str | None:
    """The name of a referral type: a text, an object with `name`, or such an object as JSON text."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = parse_json(value)
        except NotJsonError:
            return str(value)
    if isinstance(value, dict):
        return _word(value.get("name")) or "; ".join(words_in(value, BY_PROGRAMS)) or None
    return _word(value)


def _word(value: JsonValue) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _other_members(nested: Mapping[str, JsonValue]) -> Iterator[str]:
    """The members of a referral object that have no column, as lines `Name: words`."""
    known = {*_REFERRAL_TYPES, *_REFERRAL_SUBCATEGORIES, *_REFERRAL_NOTES, *BY_PROGRAMS}
    for key, value in nested.items():
        if key not in known and (words := "; ".join(words_in(value, BY_PROGRAMS))):
            yield f"{key.replace('_', ' ').capitalize()}: {words}"


def questions(row: PatientRow) -> Iterator[tuple[str, Link, Column]]:
    """The references to the questions that a patient answered, as `References.beside` of a kind."""
    for name, answer in row.named_answers:
        yield name, answer.link, QUESTION


def compared_answers(row: PatientRow) -> Iterator[tuple[str, str]]:
    """Each answer in comparable form, by the key of the reference to its question."""
    for name, answer in row.named_answers:
        yield name, answer.comparable


def full_name(row: PatientRow) -> str | None:
    """First and last name, normalised, parted by a line break; None where one of them is missing."""
    if not row.first_name or not row.last_name:
        return None
    return normalise_name(f"{row.first_name}\n{row.last_name}")


def name_and_birth(row: PatientRow) -> str | None:
    """The normalised full name and the ISO date of birth, which likely duplicates share; None without either."""
    name = full_name(row)
    return f"{name} {row.date_of_birth.isoformat()}" if name and row.date_of_birth else None


def reason_not_moved(row: PatientRow) -> Problem | None:
    """`patient_name_missing` for a row without first and last name, else None."""
    return None if row.first_name or row.last_name else Problem("patient_name_missing")


def to_records(row: PatientRow, joined: Joined, lookups: Lookups) -> Result:
    """The client, then custom field values for details and answers. A row without any name is held."""
    if not row.first_name and not row.last_name:
        return NotMapped(Outcome.HELD, Problem("patient_name_missing", "patients", source_id=row.id))
    home, numbers = _address_and_phones(row, lookups.plan.country)
    description = _referral_description(row, joined)
    codes = [*home.codes, *numbers.codes, *_codes(row)]
    values: dict[str, Value] = {
        **_names(row),
        "email": read_email(row.email).address if row.email else None,
        "phone_number": numbers.primary,
        "phone_numbers": [{**number} for number in numbers.numbers],
        "address": {**home.values} if home.values is not None else None,
        **_emergency(row.emergency_contact),
        "alert": _alerts(row, lookups),
        "notes": _notes(row, numbers, description),
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
    answers = tuple(answer_records(row, Target(client_id, row.id), joined, lookups))
    answer_codes = dict.fromkeys(code for made in answers for code in made.codes)
    problems += [Problem(code, "patients", source_id=row.id) for code in answer_codes]
    values_of_answers = (made.record for made in answers if made.record)
    return Mapped((client, *own_records(row, client_id, lookups), *values_of_answers), tuple(problems))


def _names(row: PatientRow) -> dict[str, Value]:
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


def _codes(row: PatientRow) -> list[str]:
    names = {normalise_name(name) for name in (row.first_name, row.last_name) if name}
    codes = {
        "patient_name_partial": not row.first_name or not row.last_name,
        "bad_email": bool(row.email) and read_email(row.email or "").is_bad,
        "legacy_gender_used": not row.sex and bool(row.gender),
        "test_record_suspected": not names.isdisjoint(_TEST_NAMES),
    }
    return [code for code, applies in codes.items() if applies]


def _phones(row: PatientRow, country: str) -> Phones:
    """The API's list of numbers; without it, for each kind of number the plural column, else the single column."""
    texts = list(listed(row.patient_phone_numbers))
    if not texts:
        for kind in KINDS:
            several, single = getattr(row, f"{kind}_phones"), getattr(row, f"phone_{kind}")
            texts += [(kind, text) for text in split(several) or split(single)]
    return phones(texts, country)


def _address_and_phones(row: PatientRow, country: str) -> tuple[Address, Phones]:
    """The address, and the telephone numbers. `country` is the clinic's, as ISO alpha-2."""
    lines = (row.address_1, row.address_2, row.address_3)
    home = address(*lines, row.city, row.state, row.post_code, row.country, country)
    return home, _phones(row, home.country or country)


def compared(row: PatientRow, country: str) -> ComparedValues:
    """The values by which two rows of one patient are compared. `country` is the clinic's, as ISO alpha-2."""
    home, numbers = _address_and_phones(row, country)
    details = referral(row)
    told_by = [details.type, details.subcategory, details.extra]
    return {
        **_COMPARED_WITH_OTHERS,
        "email": compared_email(row.email),
        "phones": compared_phones(numbers),
        "address": compared_address(home),
        **dict.fromkeys(("sex", "gender"), row.sex or row.gender),
        "medical_alerts": alert(row.medical_alerts),
        **dict.fromkeys(("accepted_sms_marketing", "unsubscribed_sms_marketing"), row.sms_consent),
        "accepted_privacy_policy": LIKE_EMPTY
        if row.accepted_privacy_policy in (None, "pending")
        else row.accepted_privacy_policy,
        "referral": told_by if any(told_by) else None,
        "answers": sorted(
            repr((normalise_name(a.name or "") or a.token, a.text, a.options, a.other, a.is_other)) for a in row.answers
        )
        if row.custom or row.custom_fields
        else None,
    }


def identity_texts(row: PatientRow, country: str) -> Iterator[str]:
    """Texts that an existing client of the workspace shares with this patient. `country` is the clinic's."""
    phone_numbers = _phones(row, country_code(row.country or "") or country)
    email = read_email(row.email).address if row.email else None
    numbers = (number["code"] + number["number"] for number in phone_numbers.numbers)
    yield from client_keys(row.first_name, row.last_name, row.date_of_birth, email, numbers)


def _alerts(row: PatientRow, lookups: Lookups) -> str | None:
    """The alerts of the patient's row, then those alerts of the file of medical alerts that the row lacks."""
    own = alert(row.medical_alerts)
    listed = (one_line(a.name) for a in lookups.lists.get("medical_alerts", {}).get(row.id, ()) if not a.archived_at)
    more = [name for name in dict.fromkeys(listed) if name not in (own or "")]
    return "; ".join(piece for piece in (own, *more) if piece) or None


def _notes(row: PatientRow, numbers: Phones, description: str | None) -> str | None:
    """The notes: both note columns, then lines for whatever does not fit its own place."""
    lines = [f"{label}: {text}" for label, name in _OVERLONG if len(text := getattr(row, name) or "") > STRING]
    if len(description or "") > STRING:
        lines.append(f"Referral: {description}")
    if row.email and (read_email(row.email).has_more):
        lines.append(f"Email: {row.email}")
    lines += numbers.unread
    parts = (
        row.notes or "",
        f"Appointment notes:\n{row.appointment_notes}" if row.appointment_notes else "",
        "\n".join(lines),
    )
    return "\n\n".join(part for part in parts if part.strip()) or None


def _referral(row: PatientRow, joined: Joined, lookups: Lookups) -> dict[str, Value]:
    """The ids of the referral type and of the referring contact; None where the row names none."""
    referrer, type_ = joined.targets.get("referring_doctor_id"), referral(row).type
    return {
        "referral_type_id": named_id("referral_types", "patients", type_, lookups) if type_ else None,
        "referred_by_id": referrer.id if referrer else None,
    }


def _referral_description(row: PatientRow, joined: Joined) -> str | None:
    """Subcategory and other words of the referral as one text, with the referrer's name where no contact has it."""
    details = referral(row)
    pieces = [": ".join(piece for piece in (details.subcategory, details.extra) if piece)]
    if "referring_doctor_id" not in joined.targets:
        unknown = row.referring_doctor_id.ids[0] if row.referring_doctor_id and row.referring_doctor_id.ids else None
        pieces.append(row.referring_doctor or unknown or "")
    return "; ".join(piece for piece in pieces if piece) or None


def mentions(row: PatientRow) -> tuple[Mention, ...]:
    """The referral type, and one custom field for each detail without a place in Caspen's clients."""
    fields = tuple(Mention("custom_fields", own.key, own.name) for own, _ in own_values(row))
    type_ = referral(row).type
    if not type_:
        return fields
    return (Mention("referral_types", name_key(type_), type_), *fields)


KIND = Kind(
    name="patients",
    role=KindRole.CLIENT,
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
    row=PatientRow,
    to_records=to_records,
    identity=Identity(
        compared_values=compared,
        compared_from={
            "address": ADDRESS_COLUMNS,
            "phones": (*PHONE_COLUMNS, *(f"{kind}_phones" for kind in KINDS), "patient_phone_numbers"),
            "referral": ("referral_type", "referral_subcategory", "referral_extra", "referral_source"),
        },
        not_compared=(  # calculated by Cliniko, or without a place in Caspen
            "time_zone",
            "next_appointment",
            "last_appointment",
            "birth_month",
            "last_practitioner_seen",
            "last_business_visited",
            "business_id",
            "first_appointment",
            "first_practitioner_seen",
            "account_balance",
            "opening_balance",
            "unapplied_account_credit",
        ),
        duplicate_key_of=name_and_birth,
        target_values=compared_answers,
    ),
    tables=("clients", "custom_field_values", "referral_types"),
    names=Names(
        namesake_key_of=full_name,
        identity_texts=identity_texts,
    ),
    merging=Merging(
        is_merged=lambda row: row.merged_at is not None or row.merged_with_patient_id is not None,
        survivor="merged_with_patient_id",
    ),
    exclusion=Exclusion(reason=reason_not_moved),
    former=FormerRecords(records=former_values),
    naming=Naming(
        mentions=mentions,
        record_makers={"referral_types": referral_type, "custom_fields": from_name},
    ),
    references=References(extra_links=questions),
    questions=QuestionColumns(columns=question_columns),
)
