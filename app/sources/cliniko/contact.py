"""How a contact comes across: doctors as those who refer, third parties as those who pay, nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.mapping.countries import country_code
from app.mapping.emails import read_email
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import STRING, cut
from app.problems import Problem
from app.sources.cliniko.addresses import Address, address
from app.sources.cliniko.client_phones import KINDS, Phones, listed, phones, split
from app.sources.cliniko.compared import Said, of_contact

if TYPE_CHECKING:
    from app.sources.cliniko.contacts import Contact

ARCHIVED = "Archived in Cliniko"
_OVERLONG = (
    ("Title", "title"),
    ("First name", "first_name"),
    ("Last name", "last_name"),
    ("Preferred name", "preferred_name"),
    ("Company", "company_name"),
    ("Occupation", "occupation"),
)


def to_records(row: Contact, joined: Joined, lookups: Lookups) -> Result:
    """The contact. Caspen's contacts know no archive, so an archived one bears a tag that says so."""
    home, found = _reached(row, lookups.plan.country)
    said, coded = row.types
    email = read_email(row.email or "")
    told = {
        "contact_name_defaulted": not row.first_name,
        "contact_type_conflict": said is not None and coded not in (None, said),
        "bad_email": bool(row.email) and email.is_bad,
    }
    values: dict[str, Value] = {
        "type": said or coded or "other",
        "first_name": cut(row.first_name or row.company_name or row.last_name) or "Unknown",
        "last_name": cut(row.last_name),
        "title": cut(row.title),
        "preferred_name": cut(row.preferred_name),
        "profession": cut(row.occupation),
        "company": cut(row.company_name),
        "email": email.address,
        "notes": _notes(row, found, has_more=email.has_more),
        "phone_numbers": list(found.numbers),
        "address": home.values,
        "tags": [ARCHIVED] if row.archived_at else [],
        "source_created_at": row.created_at,
    }
    codes = (*home.codes, *found.codes, *(code for code, so in told.items() if so))
    problems = tuple(Problem(code, "contacts", source_id=row.id) for code in codes)
    return Mapped((Record("contacts", "contacts", row.id, values),), problems)


def compared(row: Contact, country: str) -> Said:
    """What is compared of two rows of one contact."""
    return of_contact(row, *_reached(row, country))


def _reached(row: Contact, country: str) -> tuple[Address, Phones]:
    """Where the contact is, and the telephone numbers. `country` is the clinic's."""
    own = row.country_code if country_code(row.country_code or "") else row.country or row.country_code
    lines = (row.address_1, row.address_2, row.address_3)
    home = address(*lines, row.city, row.state, row.post_code, own, country)
    return home, _phones(row, home.country or country)


def _phones(row: Contact, country: str) -> Phones:
    texts = list(listed(row.phone_numbers))
    if not texts:
        texts = [(kind, text) for kind in KINDS for text in split(getattr(row, f"phone_{kind}"))]
    return phones(texts, country)


def _notes(row: Contact, found: Phones, *, has_more: bool) -> str | None:
    lines = [f"{label}: {text}" for label, name in _OVERLONG if len(text := getattr(row, name) or "") > STRING]
    if row.type and row.types[0] is None:
        lines.append(f"Type: {row.type}")
    if row.type_code and row.types[1] is None:
        lines.append(f"Type code: {row.type_code}")
    if row.doctor_type:
        lines.append(f"Doctor type: {row.doctor_type.replace('_', ' ')}")
    if row.provider_number:
        lines.append(f"Provider number: {row.provider_number}")
    if row.email and has_more:
        lines.append(f"Email: {row.email}")
    parts = (row.notes or "", "\n".join([*lines, *found.unread]))
    return "\n\n".join(part for part in parts if part.strip()) or None
