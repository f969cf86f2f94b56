"""Users: everyone who signs in at the clinic. Each becomes a user who is not invited; nobody gets a message."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.emails import email_alone, read_email
from app.mapping.flags import boolean, spoken
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Json, Mapped, Record, Result, Value
from app.mapping.structured import json_or_text
from app.mapping.text import cut, string
from app.mapping.traits import Identity, Names, Recognition, References
from app.problems import Problem
from app.sources.cliniko.client_phones import Phones, listed, phones
from app.sources.cliniko.compared import Said, of_user
from app.sources.cliniko.decisions import decided
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None

# Cliniko's roles (confirmed). What an administrator becomes depends on whether they also treat.
_ROLES = {
    "administrator": "practice_manager",
    "practitioner": "practitioner",
    "powerreceptionist": "receptionist",
    "receptionist": "receptionist",
    "scheduler": "receptionist",
    "bookkeeper": "accountant",
}


@dataclass(frozen=True, kw_only=True)
class User(Row):
    """One row. Native headers are assumed, api names confirmed."""

    id: Annotated[str, key("User ID")] = ""
    title: Annotated[Words, Column(string, "Title", destination="users.title")] = None
    first_name: Annotated[Words, Column(string, "First Name", destination="users.first_name")] = None
    last_name: Annotated[Words, Column(string, "Last Name", ("Surname",), destination="users.last_name")] = None
    email: Annotated[Words, Column(email_alone, "Email", destination="users.email")] = None
    role: Annotated[Words, Column(string, "Role", destination="users.role")] = None
    active: Annotated[bool | None, Column(boolean, "Active", ("user_active",), destination="users.active")] = None
    phone_numbers: Annotated[Json, Column(json_or_text, "Phone Numbers", destination="users.phone_numbers")] = None
    time_zone_identifier: Annotated[Words, Column(string, "Time Zone")] = None


def name_of(row: User) -> str | None:
    return " ".join(piece for piece in (row.first_name, row.last_name) if piece) or None


def email_of(row: User) -> str | None:
    address = read_email(row.email).address if row.email else None
    return address.lower() if address else None


def to_records(row: User, joined: Joined, lookups: Lookups) -> Result:
    """The user, unless the clinic said who of the workspace it is. Rights never exceed those of the same role here."""
    if (other := decided("users", row.id, lookups)) is not None:
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
    found = _phones(row, lookups.plan.country)
    values: dict[str, Value] = {
        "first_name": cut(row.first_name) or ("-" if row.last_name else "User"),
        "last_name": cut(row.last_name) or ("-" if row.first_name else row.id),
        "email": None if "user_email_duplicate" in joined.findings else email.address,
        "title": cut(row.title),
        "phone_numbers": list(found.numbers),
        "role": role,
        "invite_state": "not_invited",
        "active": row.active is not False and not row.archived_at,
        "source_created_at": row.created_at,
    }
    problems = tuple(Problem(code, "users", source_id=row.id) for code in (*codes, *found.codes))
    return Mapped((Record("users", "users", row.id, values),), problems)


def compared(row: User, country: str) -> Said:
    """What is compared of two rows of one user."""
    return of_user(row, _phones(row, country))


def _phones(row: User, country: str) -> Phones:
    return phones(listed(row.phone_numbers), country)


def looks_like_users(headers: Headers) -> bool:
    return headers.all("email", "role", "firstname")


KIND = Kind(
    name="users",
    label="Users",
    source_label="Users",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_users),
        file_names=("users",),
        json_keys=("users",),
    ),
    row=User,
    to_records=to_records,
    identity=Identity(compared_values=compared),
    tables=("users",),
    names=Names(
        name_of=name_of,
        are_people=True,
        alias_of=email_of,
        shared_alias_code="user_email_duplicate",
    ),
    references=References(counted_referrers=(("practitioners", "user_id"),)),
)
