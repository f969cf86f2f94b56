"""Practitioner availability: a list of slots for each day (API), or a row for each slot (csv)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.children import DELETED, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("practitioner_id", CellForm.LINK),
    SampleColumn("business_id", CellForm.LINK),
    SampleColumn("day_of_week"),
    SampleColumn("availabilities", CellForm.JSON, only="api"),
    *texts("starts_at", "ends_at", only="native"),
    SampleColumn("time_zone_identifier", key="time_zone"),
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    Plant("sunday_0"),
    Plant("sunday_7"),
    Plant("named_day"),
    Plant("bad_weekday", ("bad_weekday",), "skipped"),
    Plant("bad_interval", ("bad_interval:skipped",), "skipped"),
    Plant("overlap", ("availability_overlap",), "skipped"),
    Plant("no_slot", ("empty_value",), "skipped"),
    Plant("of_leaver", ("availability_inactive_practitioner",), "skipped"),
    Plant("no_practitioner", ("availability_without_practitioner",), "held"),
    Plant("no_business", ("availability_without_location",), "held"),
    Plant("other_zone", ("timezone_differs",)),
    Plant("twice", extra_row=True),
    DELETED,
)
_KEY = "practitioner_availability"
_HOURS = (("08:00", "12:30"), ("13:00", "18:00"))
_DAYS = 5

Slots = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _AvailableDay:
    index: int
    person: int
    site: int
    weekday: SampleValue
    slots: Slots
    zone: str | None = None


def _ordinary(world: World) -> Iterator[tuple[int, int, int]]:
    for person in world.treating:
        if world.people[person].left is None:
            for day in range(1, _DAYS + 1):
                yield person, (day + person) % 2, day


def rows(world: World) -> Iterator[SampleRow]:
    """The rows of every practitioner's week, and the rows of plants."""
    by_api = world.is_api_file(False)
    ordinary = list(_ordinary(world))
    for index, (person, site, day) in enumerate(ordinary):
        yield from _rows_of(world, _AvailableDay(index, person, site, day, _HOURS), None, by_api)
    people = [person for person, _, day in ordinary if day == 1]
    plants = [plant for plant in PLANTS if by_api or not plant.by_api]
    for turn in range(world.size.few):
        for place, plant in enumerate(plants):
            number = turn * len(plants) + place
            slots = _slot_of(number // len(people))
            planted = Planted(plant, turn)
            day_of = _odd(world, planted, len(ordinary) + number, people[number % len(people)], slots)
            yield from _rows_of(world, day_of, planted, by_api)


def _slot_of(number: int) -> Slots:
    """A slot of nine minutes that no other plant has."""
    start = 7 * 60 + number * 10
    return ((f"{start // 60:02d}:{start % 60:02d}", f"{(start + 9) // 60:02d}:{(start + 9) % 60:02d}"),)


def _odd(world: World, planted: Planted, index: int, person: int, slots: Slots) -> _AvailableDay:
    name = planted.plant.name
    weekdays: dict[str, SampleValue] = {"sunday_0": 0, "sunday_7": 7, "named_day": "Saturday", "bad_weekday": 9}
    weekday = weekdays.get(name, 6)
    if name == "overlap":
        return _AvailableDay(index, person, (1 + person) % 2, 1, (("09:00", "10:00"),))
    if name == "bad_interval":
        slots = ((slots[0][1], slots[0][0]),)
    elif name == "no_slot":
        slots = ()
    elif name == "of_leaver":
        person = next(i for i in world.treating if world.people[i].left is not None)
    return _AvailableDay(index, person, 0, weekday, slots, "Australia/Perth" if name == "other_zone" else None)


def _rows_of(world: World, day: _AvailableDay, planted: Planted | None, by_api: bool) -> Iterator[SampleRow]:
    key = world.source_id(_KEY, day.index, world.size.few * len(PLANTS) + _DAYS * len(world.treating))
    name, turn = (planted.plant.name, planted.turn) if planted else ("", 0)
    values: dict[str, SampleValue] = {
        "id": key,
        "practitioner_id": str(999_720_001 + turn) if name == "no_practitioner" else world.practitioner_id(day.person),
        "business_id": str(999_730_001 + turn) if name == "no_business" else world.business_id(day.site),
        "day_of_week": day.weekday,
        "time_zone": day.zone or "Australia/Sydney",
        "created_at": datetime(2021, 3, 4, 1, 0, tzinfo=UTC),
        "updated_at": datetime(2024, 3, 4, 1, 0, tzinfo=UTC),
        "deleted_at": datetime(2025, 3, 4, 1, 0, tzinfo=UTC) if name == "deleted" else None,
    }
    if by_api:
        values["availabilities"] = [{"starts_at": start, "ends_at": end} for start, end in day.slots]
        yield from planted_rows(key, values, planted, records=("availability",) * len(day.slots))
        return
    for start, end in day.slots or ((None, None),):
        yield from planted_rows(key, values | {"starts_at": start, "ends_at": end}, planted, records=("availability",))


KIND = SampleKind(
    _KEY, "Practitioner availability", COLUMNS, rows, shape=Shape.ARRAY, folder="Set up/From the interface"
)
