"""Contacts: referring doctors, those who pay for others, and further people around a clinic's patients."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.flags import spoken
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import code, string, text
from app.sources.cliniko.contact import compared, to_records
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None
_CODES = {"0": "other", "1": "referrer", "2": "payer"}
_TYPES = {"standard": "other", "doctor": "referrer", "3rdpartypayer": "payer", **_CODES}


@dataclass(frozen=True, kw_only=True)
class Contact(Row):
    """One row. Native headers are assumed, api names confirmed."""

    id: Annotated[str, key("Contact ID")] = ""
    type: Annotated[Words, Column(code, "Type", destination="contacts.type")] = None
    type_code: Annotated[Words, Column(code, mark="C", destination="contacts.type")] = None
    doctor_type: Annotated[Words, Column(string, "Doctor Type", destination="contacts.notes")] = None
    title: Annotated[Words, Column(string, "Title", destination="contacts.title")] = None
    first_name: Annotated[Words, Column(string, "First Name", destination="contacts.first_name")] = None
    last_name: Annotated[Words, Column(string, "Last Name", ("Surname",), destination="contacts.last_name")] = None
    preferred_name: Annotated[Words, Column(string, "Preferred Name", destination="contacts.preferred_name")] = None
    company_name: Annotated[Words, Column(string, "Company Name", destination="contacts.company")] = None
    occupation: Annotated[Words, Column(string, "Occupation", destination="contacts.profession")] = None
    provider_number: Annotated[Words, Column(code, "Provider Number", destination="contacts.notes")] = None
    email: Annotated[Words, Column(string, "Email", destination="contacts.email")] = None
    phone_mobile: Annotated[
        Words, Column(text, "PhoneMobile", ("Mobile", "Mobile Phone"), destination="contacts.phone_numbers")
    ] = None
    phone_home: Annotated[Words, Column(text, "PhoneHome", destination="contacts.phone_numbers")] = None
    phone_work: Annotated[Words, Column(text, "PhoneWork", destination="contacts.phone_numbers")] = None
    phone_fax: Annotated[Words, Column(text, "PhoneFax", destination="contacts.phone_numbers")] = None
    phone_other: Annotated[Words, Column(text, "PhoneOther", destination="contacts.phone_numbers")] = None
    phone_numbers: Annotated[Json | None, Column(json_cell, destination="contacts.phone_numbers")] = None
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
        """What the words and the code say that somebody is; None for what says nothing that is known."""
        return _TYPES.get(spoken(self.type or "")), _TYPES.get(spoken(self.type_code or ""))


def name_of(row: Contact) -> str | None:
    """Patients name their referring doctor; nobody else among the contacts is meant by such a name."""
    if next(filter(None, row.types), None) != "referrer":
        return None
    return " ".join(name for name in (row.first_name, row.last_name) if name) or row.company_name


def looks_like_contacts(headers: Headers) -> bool:
    if headers.all("contactid") and headers.any("firstname", "companyname"):
        return True
    return headers.all("id", "firstname") and headers.any("typecode", "doctortype", "companyname")


KIND = Kind(
    name="contacts",
    label="Contacts",
    called="Contacts",
    where="Settings > Data exports > Contacts, where your account offers it",
    fingerprint=fingerprint(looks_like_contacts),
    row=Contact,
    to_records=to_records,
    compared=compared,
    tables=("contacts",),
    file_names=("contacts",),
    json_keys=("contacts",),
    name_of=name_of,
    people=True,
)
