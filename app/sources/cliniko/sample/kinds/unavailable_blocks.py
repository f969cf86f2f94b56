"""Unavailable blocks: meetings, leave, a course."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from app.sources.cliniko.sample.children import CONFLICT, DELETED, TWICE, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.kinds.times_off import LONG, REASONS
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, SYDNEY, UPDATED, CellForm, SampleColumn, SampleValue
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("practitioner_id", CellForm.LINK),
    SampleColumn("business_id", CellForm.LINK),
    SampleColumn("starts_at", CellForm.TIME),
    SampleColumn("ends_at", CellForm.TIME),
    SampleColumn("notes"),
    SampleColumn("repeat_rule", CellForm.JSON),
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    Plant("no_practitioner", ("busy_time_without_practitioner",), "held"),
    Plant("no_business", ("appointment_location_defaulted",)),
    Plant("long_note", ("busy_time_note_truncated",)),
    Plant("ends_before_start", ("bad_interval",), "held"),
    Plant("repeated"),
    TWICE,
    CONFLICT,
    DELETED,
)
_KEY = "unavailable_blocks"
_FIRST = date(2026, 12, 13)
"""The Sunday of the first blocks; further blocks are on the Sundays before."""


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each block, and the second rows of plants."""
    among = 6 + world.size.groups + world.size.few * len(PLANTS)
    plants = world.planted(_KEY, PLANTS, among, by_api=world.is_api_file(False))
    for index in range(among):
        planted = plants.get(index)
        starts = datetime.combine(_FIRST - timedelta(weeks=index // 4), time(14 + index % 4), SYDNEY)
        key = world.source_id(_KEY, index, among)
        values: dict[str, SampleValue] = {
            "id": key,
            "practitioner_id": world.practitioner_id(world.treating[index % len(world.treating)]),
            "business_id": world.business_id(index % 2),
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=45),
            "notes": REASONS[index % len(REASONS)],
            "created_at": starts - timedelta(days=30),
            "updated_at": starts - timedelta(days=30),
        }
        older = values | {"notes": "To be confirmed", "updated_at": starts - timedelta(days=31)}
        if planted:
            _apply_plant(values, planted, starts)
        yield from planted_rows(key, values, planted, records=("busy_times",), older=older)


def _apply_plant(values: dict[str, SampleValue], planted: Planted, starts: datetime) -> None:
    name, turn = planted.plant.name, planted.turn
    if name == "no_practitioner":
        values["practitioner_id"] = str(999_800_001 + turn)
    elif name == "no_business":
        values["business_id"] = None
    elif name == "long_note":
        values["notes"] = LONG
    elif name == "ends_before_start":
        values["ends_at"] = starts - timedelta(minutes=5)
    elif name == "repeated":
        values["repeat_rule"] = {"repeat_type": "Weekly", "number_of_repeats": 4, "repeating_interval": 1}
    elif name == "deleted":
        values["deleted_at"] = datetime(2026, 1, 9, 23, 0, tzinfo=UTC)


KIND = SampleKind(_KEY, "Unavailable blocks", COLUMNS, rows, folder="Appointments/From the interface")
