"""Referrers, payers and other people around the clinic's clients."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .. import people
from ..columns import CREATED, UPDATED, Column, Form
from ..row import Row
from ..world import World
from .kind import SampleKind

COLUMNS = (
    Column("id", "Contact ID", "id", Form.ID),
    Column("type", "Type", "type"),
    Column("type_code", None, "type_code"),
    Column("doctor_type", "Doctor Type", "doctor_type"),
    Column("title", "Title", "title"),
    Column("first_name", "First Name", "first_name"),
    Column("last_name", "Last Name", "last_name"),
    Column("preferred_name", "Preferred Name", "preferred_name"),
    Column("company_name", "Company Name", "company_name"),
    Column("occupation", "Occupation", "occupation"),
    Column("provider_number", "Provider Number", "provider_number"),
    Column("email", "Email", "email"),
    Column("phone_mobile", "PhoneMobile", None),
    Column("phone_home", "PhoneHome", None),
    Column("phone_work", "PhoneWork", None),
    Column("phone_fax", "PhoneFax", None),
    Column("phone_other", "PhoneOther", None),
    Column("phone_numbers", None, "phone_numbers", Form.JSON),
    Column("address_1", "Address1", "address_1"),
    Column("address_2", "Address2", "address_2"),
    Column("address_3", "Address3", "address_3"),
    Column("city", "City", "city"),
    Column("state", "State", "state"),
    Column("post_code", "Post code", "post_code"),
    Column("country", "Country", "country"),
    Column("country_code", None, "country_code"),
    Column("notes", "Notes", "notes"),
    Column("archived_at", "Archived At", "archived_at", Form.TIME),
    CREATED,
    UPDATED,
)
TYPES = (("Doctor", 1), ("Standard", 0), ("3rd Party Payer", 2))


def rows(world: World) -> Iterator[Row]:
    for index in range(world.size.contacts):
        key = world.source_id("contacts", index, world.size.contacts)
        first, last = people.plain_name(len(people.GIVEN) * 240 + index)
        kind, code = TYPES[index % len(TYPES)]
        suburb, post_code = people.SUBURBS[index % len(people.SUBURBS)]
        work = people.landline(5_000 + index)
        created = datetime(2018, 1, 8, 1, 0, tzinfo=UTC) + timedelta(days=index)
        yield Row(
            source_id=key,
            values={
                "id": key,
                "type": kind,
                "type_code": code,
                "doctor_type": "general_practitioner" if kind == "Doctor" else "",
                "title": "Dr" if kind == "Doctor" else "",
                "first_name": first,
                "last_name": last,
                "company_name": f"{last} Medical Centre" if kind != "Standard" else "",
                "email": f"rooms{index}@clinic.example",
                "phone_work": work,
                "phone_numbers": [{"number": work, "normalized_number": work, "phone_type": "Work"}],
                "address_1": f"{index + 1} {people.STREETS[index % len(people.STREETS)]}",
                "city": suburb,
                "state": "NSW",
                "post_code": post_code,
                "country": "Australia",
                "country_code": "AU",
                "created_at": created,
                "updated_at": created,
            },
            records=("contacts",),
        )


KIND = SampleKind("contacts", "Contacts", COLUMNS, rows, mixed_native=True, folder="People")
