"""Appointment types, one of which is archived."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.kinds.treatment_note_templates import note_template_of
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, UPDATED, CellForm, SampleColumn, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    *texts("name", "description", "category", "color", "duration_in_minutes", "max_attendees"),
    *texts("price", "item_code", "tax", only="native"),
    SampleColumn("treatment_note_template_id", CellForm.ID, key="template_id"),
    SampleColumn("telehealth_enabled", CellForm.BOOL),
    SampleColumn("show_in_online_bookings", CellForm.BOOL),
    SampleColumn("practitioner_ids"),
    ARCHIVED,
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each appointment type."""
    has_price = world.dialect != "api"
    treating = ", ".join(world.practitioner_id(i) for i in world.treating if world.people[i].left is None)
    for index, kind in enumerate(world.types):
        closed = datetime(kind.closed.year, kind.closed.month, kind.closed.day, 3, tzinfo=UTC) if kind.closed else None
        problems = () if has_price else ("price_unknown",)
        yield SampleRow(
            source_id=world.type_id(index),
            values={
                "id": world.type_id(index),
                "name": kind.name,
                "description": f"{kind.name}, {kind.minutes} minutes." if kind.minutes else "Stop by at the desk.",
                "category": kind.category,
                "color": kind.color,
                "duration_in_minutes": kind.minutes,
                "max_attendees": kind.capacity,
                "price": kind.price,
                "item_code": f"HSP{index + 1:02d}",
                "telehealth_enabled": kind.name.startswith("Telehealth"),
                "show_in_online_bookings": closed is None,
                "template_id": note_template_of(world, index) if index % 2 else None,
                "practitioner_ids": treating,
                "archived_at": closed,
                "created_at": datetime(2015, 3, 2, 0, 30, index, tzinfo=UTC),
                "updated_at": datetime(2025, 8, 3, 5, 30, index, tzinfo=UTC),
            },
            problems=problems if kind.minutes else (*problems, "duration_defaulted"),
            records=("services",),
            shared_records={"categories": (kind.category or "Imported from Cliniko",), "taxes": ("none",)},
            marks=(("archived",) if closed else ()) + (() if kind.minutes else ("no_duration",)),
        )


KIND = SampleKind("appointment_types", "Appointment types", COLUMNS, rows, mixed_native=True, folder="Set up")
