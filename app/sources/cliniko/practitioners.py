"""Practitioners: the people who treat. Appointments and notes refer to practitioners, never to their users."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.decisions import decided
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import cut, string, text
from app.mapping.traits import Identity, Mention, Names, Naming, Recognition
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class PractitionerRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("Practitioner ID", "Provider ID")] = ""
    user_id: Annotated[
        Link | None,
        link("users", "User ID", "user", orphan_code="practitioner_without_user", destination="practitioners.user_id"),
    ] = None
    title: Annotated[Words, Column(string, "Title", destination="practitioners.display_name")] = None
    first_name: Annotated[Words, Column(string, "First Name", destination="practitioners.display_name")] = None
    last_name: Annotated[Words, Column(string, "Last Name", ("Surname",), destination="practitioners.display_name")] = (
        None
    )
    display_name: Annotated[
        Words, Column(string, "Display Name", ("label",), destination="practitioners.display_name")
    ] = None
    designation: Annotated[Words, Column(string, "Designation", destination="practitioners.professional_title")] = None
    description: Annotated[Words, Column(text, "Description", destination="practitioners.description")] = None
    active: Annotated[bool | None, Column(boolean, "Active", destination="practitioners.active")] = None
    default_appointment_type_id: Annotated[Words, Column(string, "Default Appointment Type ID")] = None
    show_in_online_bookings: Annotated[bool | None, Column(boolean, "Show In Online Bookings")] = None


def name_of(row: PractitionerRow) -> str | None:
    """The display name, else title, first and last name; None where all are empty."""
    return row.display_name or " ".join(n for n in (row.title, row.first_name, row.last_name) if n) or None


def to_records(row: PractitionerRow, joined: Joined, lookups: Lookups) -> Result:
    """The practitioner, unless the clinic matched or left out the row.

    A practitioner without a user gets a user who cannot sign in.
    """
    if (other := decided(KindRole.PRACTITIONER, row.id, lookups)) is not None:
        return other
    user = joined.targets.get("user_id")
    records = []
    if user is None:
        records.append(_user(f"{row.id}:user", row.first_name, row.last_name or name_of(row), row.title))
        user_id = lookups.ids.derive("users", "practitioners", f"{row.id}:user")
    else:
        user_id = user.id
    values: dict[str, Value] = {
        "user_id": user_id,
        "display_name": cut(name_of(row)) or f"Practitioner {row.id}",
        "professional_title": cut(row.designation),
        "description": row.description,
        "active": row.active is not False and not row.archived_at,
        "online_booking": False,
        "source_created_at": row.created_at,
    }
    return Mapped((*records, Record("practitioners", "practitioners", row.id, values)))


def _user(key_: str, first: str | None, last: str | None, title: str | None = None) -> Record:
    values: dict[str, Value] = {
        "first_name": cut(first) or "-",
        "last_name": cut(last) or "-",
        "title": cut(title),
        "role": "practitioner",
        "invite_state": "not_invited",
        "active": False,
    }
    return Record("users", "practitioners", key_, values)


def placeholder(mention: Mention, lookups: Lookups) -> Record:
    """The record of a practitioner whom rows name in an export without practitioners: inactive, without a seat."""
    values: dict[str, Value] = {
        "user_id": lookups.ids.derive("users", "practitioners", mention.key),
        "display_name": cut(mention.name),
        "active": False,
        "online_booking": False,
    }
    return Record("practitioners", "practitioners", mention.key, values)


def placeholder_user(mention: Mention, lookups: Lookups) -> Record:
    """The record of the user of such a practitioner."""
    first, _, last = mention.name.rpartition(" ")
    return _user(mention.key, first, last)


def looks_like_practitioners(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's practitioners."""
    named = headers.any("label", "lastname") or (headers.any("displayname") and headers.any("userid", "designation"))
    return (
        named and headers.any("userid", "designation", "active") and not headers.any("role", "starttime", "patientid")
    )


KIND = Kind(
    name="practitioners",
    role=KindRole.PRACTITIONER,
    label="Practitioners",
    source_label="Practitioners",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_practitioners),
        file_names=("practitioners",),
        json_keys=("practitioners",),
    ),
    row=PractitionerRow,
    to_records=to_records,
    identity=Identity(not_compared=("default_appointment_type_id", "show_in_online_bookings")),
    tables=("practitioners", "users"),
    names=Names(
        name_of=name_of,
        are_people=True,
    ),
    naming=Naming(
        unknown_label="Practitioner",
        placeholder_code="practitioner_placeholder_created",
        record_makers={"practitioners": placeholder, "users": placeholder_user},
    ),
)
