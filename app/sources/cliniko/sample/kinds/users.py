"""Everyone who signed in to the old system: those who treat and those who help."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.columns import CREATED, UPDATED, Column, Form
from app.sources.cliniko.sample.kinds.kind import SampleKind
from app.sources.cliniko.sample.people import mobile
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("id", "User ID", "id", Form.ID),
    Column("title", "Title", "title"),
    Column("first_name", "First Name", "first_name"),
    Column("last_name", "Last Name", "last_name"),
    Column("email", "Email", "email"),
    Column("role", "Role", "role"),
    Column("active", "Active", "active", Form.BOOL),
    Column("phone_numbers", "Phone Numbers", "phone_numbers", Form.JSON),
    Column("time_zone", "Time Zone", "time_zone_identifier"),
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[Row]:
    for index, person in enumerate(world.people):
        phone = mobile(index + 900)
        yield Row(
            source_id=world.user_id(index),
            values={
                "id": world.user_id(index),
                "title": person.title,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "email": person.email,
                "role": person.role,
                "active": person.left is None,
                "phone_numbers": [{"number": phone, "phone_type": "Mobile"}] if index % 2 == 0 else None,
                "time_zone": "Australia/Sydney",
                "created_at": datetime(2015, 3, 2, 0, 10, index, tzinfo=UTC),
                "updated_at": datetime(2026, 8, 3, 5, 0, index, tzinfo=UTC),
            },
            problems=() if person.email else ("user_email_missing",),
            records=("users",),
            marks=() if person.email else ("no_email",),
        )


KIND = SampleKind("users", "Users", COLUMNS, rows, folder="Set up/From the interface")
