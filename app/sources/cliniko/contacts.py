"""Contacts: referring doctors, payers, and other people around a clinic's patients. Each becomes a contact."""

from dataclasses import dataclass
from typing import Annotated

from app.json_values import JsonValue
from app.mapping.columns import Column
from app.mapping.countries import country_code
from app.mapping.emails import read_email
from app.mapping.equality import LIKE_EMPTY
from app.mapping.flags import spoken
from app.mapping.ids import key
from app.mapping.json_cells import json_cell
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import STRING, code, cut, string, text
from app.mapping.traits import Identity, Names, Recognition
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
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import Row

Words = str | None
_CODES = {"0": "other", "1": "referrer", "2": "payer"}
"""Caspen's type by the `type_code` of a contact in Cliniko's API."""
_TYPES = {"standard": "other", "doctor": "referrer", "3rdpartypayer": "payer", **_CODES}
_COMPARED_WITH_OTHERS = dict.fromkeys((*ADDRESS_COLUMNS, *PHONE_COLUMNS, "type_code"))


@dataclass(frozen=True, kw_only=True)
class ContactRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("Contact ID")] = ""
    type: Annotated[Words, Column(code, "Type", destination="contacts.type")] = None
    type_code: Annotated[Words, Column(code, mark="C", destination="contacts.type")] = None
    doctor_type: Annotated[Words, Column(string, "Doctor Type", destination="contacts.notes")] = None
    title: Annotated[Words, Column(string, "Title", destination="contacts.title")] = None
    first_name: Annotated[Words, Column(string, "First Name", destination="contacts.first_name")] = None
    last_name: Annotated[Words, Column(string, "Last Name", ("Surname",), destination="contacts.last_name")] = None
    preferred_name: Annotated[Words, Column(string, "Preferred Name", destination="contacts.preferred_name")] = None
    company_name: Annotated[
        Words, Column(string, "Company Name", destination="contacts.company", feeds=("contacts.first_name",))
    ] = None
    occupation: Annotated[Words, Column(string, "Occupation", destination="contacts.profession")] = None
    provider_number: Annotated[Words, Column(code, "Provider Number", destination="contacts.notes")] = None
    email: Annotated[Words, Column(string, "Email", destination="contacts.email", feeds=("contacts.notes",))] = None
    phone_mobile: Annotated[
        Words,
        Column(
            text,
            "PhoneMobile",
            ("Mobile", "Mobile Phone"),
            destination="contacts.phone_numbers",
            feeds=("contacts.notes",),
        ),
    ] = None
    phone_home: Annotated[
        Words, Column(text, "PhoneHome", destination="contacts.phone_numbers", feeds=("contacts.notes",))
    ] = None
    phone_work: Annotated[
        Words, Column(text, "PhoneWork", destination="contacts.phone_numbers", feeds=("contacts.notes",))
    ] = None
    phone_fax: Annotated[
        Words, Column(text, "PhoneFax", destination="contacts.phone_numbers", feeds=("contacts.notes",))
    ] = None
    phone_other: Annotated[
        Words, Column(text, "PhoneOther", destination="contacts.phone_numbers", feeds=("contacts.notes",))
    ] = None
    phone_numbers: Annotated[
        JsonValue | None, Column(json_cell, destination="contacts.phone_numbers", feeds=("contacts.notes",))
    ] = None
    address_1: Annotated[Words, Column(string, "Address1", destination="contacts.address")] = None
    address_2: Annotated[Words, Column(string, "Address2", destination="contacts.address")] = None
    address_3: Annotated[Words, Column(string, "Address3", destination="contacts.address")] = None
    city: Annotated[Words, Column(string, "City", destination="contacts.address")] = None
    state: Annotated[Words, Column(string, "State", destination="contacts.address")] = None
    post_code: Annotated[Words, Column(code, "Post code", destination="contacts.address")] = None
    country: Annotated[Words, Column(string, "Country", destination="contacts.address")] = None
    country_code: Annotated[Words, Column(string, "Country Code", destination="contacts.address")] = None
    notes: Annotated[Words, Column(text, "Notes", raw=True, destination="contacts.notes")] = None

    @property
    def types(self) -> tuple[str | None, str | None]:
        """Caspen's type by the contact's word and by its code; None for each that is empty or unknown."""
        return _TYPES.get(spoken(self.type or "")), _TYPES.get(spoken(self.type_code or ""))


def name_of(row: ContactRow) -> str | None:
    """The name by which patients refer to their referring doctor; None for any other contact."""
    if next(filter(None, row.types), None) != "referrer":
        return None
    return " ".join(name for name in (row.first_name, row.last_name) if name) or row.company_name


def looks_like_contacts(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's csv export of contacts, or of its API's contacts."""
    if headers.all("contactid") and headers.any("firstname", "companyname"):
        return True
    return headers.all("id", "firstname") and headers.any("typecode", "doctortype", "companyname")


ARCHIVED = "Archived in Cliniko"
_OVERLONG = (
    ("Title", "title"),
    ("First name", "first_name"),
    ("Last name", "last_name"),
    ("Preferred name", "preferred_name"),
    ("Company", "company_name"),
    ("Occupation", "occupation"),
)


def to_records(row: ContactRow, joined: Joined, lookups: Lookups) -> Result:
    """The contact. Caspen cannot archive contacts: an archived contact gets the tag `Archived in Cliniko`."""
    home, numbers = _address_and_phones(row, lookups.plan.country)
    by_word, by_code = row.types
    email = read_email(row.email or "")
    applies = {
        "contact_name_defaulted": not row.first_name,
        "contact_type_conflict": by_word is not None and by_code not in (None, by_word),
        "bad_email": bool(row.email) and email.is_bad,
    }
    values: dict[str, Value] = {
        "type": by_word or by_code or "other",
        "first_name": cut(row.first_name or row.company_name or row.last_name) or "Unknown",
        "last_name": cut(row.last_name),
        "title": cut(row.title),
        "preferred_name": cut(row.preferred_name),
        "profession": cut(row.occupation),
        "company": cut(row.company_name),
        "email": email.address,
        "notes": _notes(row, numbers, has_more=email.has_more),
        "phone_numbers": [{**number} for number in numbers.numbers],
        "address": {**home.values} if home.values is not None else None,
        "tags": [ARCHIVED] if row.archived_at else [],
        "source_created_at": row.created_at,
    }
    codes = (*home.codes, *numbers.codes, *(code for code, is_so in applies.items() if is_so))
    problems = tuple(Problem(code, "contacts", source_id=row.id) for code in codes)
    return Mapped((Record("contacts", "contacts", row.id, values),), problems)


def compared(row: ContactRow, country: str) -> ComparedValues:
    """The values by which two rows of one contact are compared. `country` is the clinic's, as ISO alpha-2."""
    home, numbers = _address_and_phones(row, country)
    by_word, by_code = row.types
    kind = [by_word or by_code or "other", None if by_word else row.type, None if by_code else row.type_code]
    return {
        **_COMPARED_WITH_OTHERS,
        "email": compared_email(row.email),
        "phones": compared_phones(numbers),
        "phone_numbers": None,
        "address": compared_address(home),
        "type": LIKE_EMPTY if kind == ["other", None, None] else kind,
    }


KIND = Kind(
    name="contacts",
    label="Contacts",
    source_label="Contacts",
    source_location="Settings > Data exports > Contacts, where your account offers it",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_contacts),
        file_names=("contacts",),
        json_keys=("contacts",),
    ),
    row=ContactRow,
    to_records=to_records,
    identity=Identity(
        compared_values=compared,
        compared_from={"address": ADDRESS_COLUMNS, "phones": (*PHONE_COLUMNS, "phone_numbers")},
    ),
    tables=("contacts",),
    names=Names(
        name_of=name_of,
        are_people=True,
    ),
)


def _address_and_phones(row: ContactRow, country: str) -> tuple[Address, Phones]:
    """The address, and the telephone numbers. `country` is the clinic's, as ISO alpha-2."""
    own = row.country_code if country_code(row.country_code or "") else row.country or row.country_code
    lines = (row.address_1, row.address_2, row.address_3)
    home = address(*lines, row.city, row.state, row.post_code, own, country)
    return home, _phones(row, home.country or country)


def _phones(row: ContactRow, country: str) -> Phones:
    texts = list(listed(row.phone_numbers))
    if not texts:
        texts = [(kind, text) for kind in KINDS for text in split(getattr(row, f"phone_{kind}"))]
    return phones(texts, country)


def _notes(row: ContactRow, numbers: Phones, *, has_more: bool) -> str | None:
    """The notes, then lines for whatever does not fit its own place."""
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
    parts = (row.notes or "", "\n".join([*lines, *numbers.unread]))
    return "\n\n".join(part for part in parts if part.strip()) or None
