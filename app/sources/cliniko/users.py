"""Users: the people who sign in to Cliniko. Each becomes a user who is not invited; no message is sent."""

from dataclasses import dataclass
from typing import Annotated

from app.json_values import JsonValue
from app.mapping.columns import Column
from app.mapping.decisions import decided
from app.mapping.emails import email_alone, read_email
from app.mapping.flags import boolean, spoken
from app.mapping.ids import key
from app.mapping.json_cells import json_or_text
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import cut, string
from app.mapping.traits import Identity, Names, Recognition, References
from app.problems import Problem
from app.sources.cliniko.client_phones import Phones, listed, phones
from app.sources.cliniko.compared_values import ComparedValues, compared_email, compared_phones
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None

_ROLES = {
    "administrator": "practice_manager",
    "practitioner": "practitioner",
    "powerreceptionist": "receptionist",
    "receptionist": "receptionist",
    "scheduler": "receptionist",
    "bookkeeper": "accountant",
}
"""Caspen's role by the `role` of a user in Cliniko's API. An administrator who is a practitioner gets another role."""


UPLOADER = ("files.uploaded_by",)


UPLOADER = ("files.uploaded_by",)


@dataclass(frozen=True, kw_only=True)
class UserRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("User ID")] = ""
    title: Annotated[Words, Column(string, "Title", destination="users.title")] = None
    first_name: Annotated[Words, Column(string, "First Name", destination="users.first_name", feeds=UPLOADER)] = None
    last_name: Annotated[
        Words, Column(string, "Last Name", ("Surname",), destination="users.last_name", feeds=UPLOADER)
    ] = None
    email: Annotated[Words, Column(email_alone, "Email", destination="users.email")] = None
    role: Annotated[Words, Column(string, "Role", destination="users.role")] = None
    active: Annotated[bool | None, Column(boolean, "Active", ("user_active",), destination="users.active")] = None
    phone_numbers: Annotated[JsonValue, Column(json_or_text, "Phone Numbers", destination="users.phone_numbers")] = None
    time_zone_identifier: Annotated[Words, Column(string, "Time Zone")] = None


def name_of(row: UserRow) -> str | None:
    """First and last name with a space between; None without both."""
    return " ".join(piece for piece in (row.first_name, row.last_name) if piece) or None


def email_of(row: UserRow) -> str | None:
    """The e-mail address in lower case; None where the cell holds none."""
    address = read_email(row.email).address if row.email else None
    return address.lower() if address else None


def to_records(row: UserRow, joined: Joined, lookups: Lookups) -> Result:
    """The user, unless the clinic matched the row with a user of the workspace. An unknown role: receptionist."""
    if (other := decided(KindRole.USER, row.id, lookups)) is not None:
        return other
    codes = []
    email = read_email(row.email or "")
    if row.email and email.is_bad:
        codes.append("bad_email")
    if email_of(row) is None:
        codes.append("user_email_missing")
    if name_of(row) is None:
        codes.append("name_missing")
    role = _ROLES.get(spoken(row.role or ""))
    if role is None:
        role = "receptionist"
        codes.append("role_unknown")
    elif role == "practice_manager" and joined.extra.get("practitioners"):
        role = "practitioner_admin"
    numbers = _phones(row, lookups.plan.country)
    values: dict[str, Value] = {
        "first_name": cut(row.first_name) or ("-" if row.last_name else "User"),
        "last_name": cut(row.last_name) or ("-" if row.first_name else row.id),
        "email": None if "user_email_duplicate" in joined.findings else email.address,
        "title": cut(row.title),
        "phone_numbers": [{**number} for number in numbers.numbers],
        "role": role,
        "invite_state": "not_invited",
        "active": row.active is not False and not row.archived_at,
        "source_created_at": row.created_at,
    }
    problems = tuple(Problem(code, "users", source_id=row.id) for code in (*codes, *numbers.codes))
    return Mapped((Record("users", "users", row.id, values),), problems)


def compared(row: UserRow, country: str) -> ComparedValues:
    """The values by which two rows of one user are compared. `country` is the clinic's, as ISO alpha-2."""
    return {"email": compared_email(row.email), "phone_numbers": compared_phones(_phones(row, country))}


def _phones(row: UserRow, country: str) -> Phones:
    return phones(listed(row.phone_numbers), country)


def looks_like_users(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's users."""
    return headers.all("email", "role", "firstname")


KIND = Kind(
    name="users",
    role=KindRole.USER,
    label="Users",
    source_label="Users",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_users),
        file_names=("users",),
        json_keys=("users",),
    ),
    row=UserRow,
    to_records=to_records,
    identity=Identity(compared_values=compared, not_compared=("time_zone_identifier",)),
    tables=("users",),
    names=Names(
        name_of=name_of,
        are_people=True,
        alias_of=email_of,
        shared_alias_code="user_email_duplicate",
    ),
    references=References(counted_referrers=(("practitioners", "user_id"),)),
)
