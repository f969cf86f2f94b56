"""How a patient becomes a client: nothing that the clinic typed is lost, nothing is agreed to in anybody's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.caspen.names import client_keys
from app.mapping.countries import country_code
from app.mapping.emails import read_email
from app.mapping.kind import Mention
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.phones import phone_runs
from app.mapping.rows import Joined, Json, Mapped, NotMapped, Outcome, Record, Result, Target, Value
from app.mapping.structured import words_in
from app.mapping.text import STRING, cut, one_line
from app.problems import Problem
from app.sources.cliniko.addresses import Address, address
from app.sources.cliniko.client_phones import KINDS, Phones, listed, phones, split
from app.sources.cliniko.compared import Said, of_patient
from app.sources.cliniko.decisions import name_key, named_id
from app.sources.cliniko.field_values import answered, own_records
from app.sources.cliniko.own_fields import own_values
from app.sources.cliniko.referral import referral

if TYPE_CHECKING:
    from app.sources.cliniko.patients import Patient

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


def _emergency(contact: str | None) -> dict[str, Value]:
    runs = phone_runs(contact or "")
    return {
        "emergency_contact_name": cut(contact),
        "emergency_contact_phone": runs[0] if len(runs) == 1 else None,
    }


def _alerts(row: Patient, lookups: Lookups) -> str | None:
    """What the patient's own row says, and after it what a file of alerts has that it does not."""
    own = alert(row.medical_alerts)
    listed = (one_line(a.name) for a in lookups.lists.get("medical_alerts", {}).get(row.id, ()) if not a.archived_at)
    more = [name for name in dict.fromkeys(listed) if name not in (own or "")]
    return "; ".join(piece for piece in (own, *more) if piece) or None


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


def referral_type(mention: Mention, lookups: Lookups) -> Record:
    """A referral type that the workspace does not have yet."""
    return Record("referral_types", "patients", mention.key, {"name": cut(mention.name)})
