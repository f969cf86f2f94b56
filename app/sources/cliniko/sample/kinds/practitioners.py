"""The people who treat, with those who have left and whose history still stands under their name."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.columns import CREATED, UPDATED, Column, Form
from app.sources.cliniko.sample.kinds.kind import SampleKind
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("id", "Practitioner ID", "id", Form.INTEGER),
    Column("user_id", "User ID", "user_id", Form.LINK, to="users"),
    Column("title", "Title", "title"),
    Column("first_name", "First Name", "first_name"),
    Column("last_name", "Last Name", "last_name"),
    Column("label", "Display Name", "label"),
    Column("designation", "Designation", "designation"),
    Column("description", "Description", "description"),
    Column("active", "Active", "active", Form.BOOL),
    Column(
        "default_appointment_type_id",
        "Default Appointment Type ID",
        "default_appointment_type_id",
        Form.LINK,
        to="appointment_types",
    ),
    Column("show_in_online_bookings", "Show In Online Bookings", "show_in_online_bookings", Form.BOOL),
    Column("parking_bay", "Parking Bay", "parking_bay"),
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[Row]:
    for index in world.treating:
        person = world.people[index]
        yield Row(
            source_id=world.practitioner_id(index),
            values={
                "id": world.practitioner_id(index),
                "user_id": world.user_id(index),
                "title": person.title,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "label": person.name,
                "designation": person.designation,
                "description": f"Sees clients as {person.designation.lower()}.",
                "active": person.left is None,
                "default_appointment_type_id": world.type_id(1),
                "show_in_online_bookings": person.left is None,
                "parking_bay": f"B{index + 1}",
                "created_at": datetime(2015, 3, 2, 0, 20, index, tzinfo=UTC),
                "updated_at": datetime(2026, 8, 3, 5, 30, index, tzinfo=UTC),
            },
            records=("practitioners",),
            marks=("archived",) if person.left else (),
        )


KIND = SampleKind(
    "practitioners", "Practitioners", COLUMNS, rows, shape=Shape.ARRAY, folder="Set up/From the interface"
)
