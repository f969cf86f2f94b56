"""Practitioners, some of whom have left the clinic."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, HeadedColumn, SampleColumn, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS: tuple[SampleColumn | HeadedColumn, ...] = (
    SampleColumn("id", CellForm.INTEGER),
    SampleColumn("user_id", CellForm.LINK),
    *texts("title", "first_name", "last_name"),
    SampleColumn("display_name", key="label", other_api_header="label"),
    *texts("designation", "description"),
    SampleColumn("active", CellForm.BOOL),
    SampleColumn("default_appointment_type_id", CellForm.LINK, to="appointment_types"),
    SampleColumn("show_in_online_bookings", CellForm.BOOL),
    HeadedColumn("parking_bay", "Parking Bay", "parking_bay"),
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each practitioner."""
    for index in world.treating:
        person = world.people[index]
        yield SampleRow(
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
