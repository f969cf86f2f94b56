"""Users: practitioners and other staff."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.invented_names import mobile
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    *texts("title", "first_name", "last_name", "email", "role"),
    SampleColumn("active", CellForm.BOOL),
    SampleColumn("phone_numbers", CellForm.JSON),
    SampleColumn("time_zone_identifier", key="time_zone"),
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each user."""
    for index, person in enumerate(world.people):
        phone = mobile(index + 900)
        yield SampleRow(
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
