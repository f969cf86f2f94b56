"""Classes: rows of appointments with several clients, each with an attendance of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice

from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import SYDNEY, SampleValue
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.sizes import AS_OF
from app.sources.cliniko.sample.world import World

PLANTS = (
    Plant("empty_class", ("group_without_attendees",), "skipped"),
    Plant("empty_class_ahead", ("group_without_attendees:warning",)),
    Plant("called_off"),
)
NATIVE = (Plant("count_differs", ("group_count_mismatch",)),)
"""For csv exports, which alone count the clients of a row."""
ALONE = (
    Plant("some_cancelled", ("group_attendance_unknown",)),
    Plant("unknown_member", ("appointment_without_patient:warning",)),
    Plant("class_ahead"),
)
"""For exports without attendees."""
_LAST_SATURDAY = date(2026, 11, 14)
_AHEAD = AS_OF + timedelta(days=57)
_A_DAY = 6
_SMALLEST = 3


@dataclass(frozen=True)
class Class:
    """One class. Practitioner and members are indexes."""

    index: int
    id: str
    starts: datetime
    practitioner: int
    members: tuple[int, ...]
    planted: Planted | None

    @property
    def difficulty(self) -> str:
        """The name of the plant; empty for an ordinary class."""
        return self.planted.plant.name if self.planted else ""


def has_attendees(world: World) -> bool:
    """Whether the export has attendees, whose rows then make the appointments of classes."""
    return world.dialect != "native"


def classes(world: World) -> Iterator[Class]:
    """Every class, calculated again in each call."""
    plants = PLANTS + (NATIVE if world.appointments_native else ()) + (() if has_attendees(world) else ALONE)
    planted_at = world.planted("classes", plants, world.size.groups, by_api=True)
    team = [person for person in world.treating if world.people[person].left is None]
    people = world.plain_patients(world.size.patients // 3)
    for index in range(world.size.groups):
        planted = planted_at.get(index)
        name = planted.plant.name if planted else ""
        members = () if name.startswith("empty") else tuple(islice(people, _SMALLEST + index % 3))
        ahead = name.endswith("ahead")
        # Saturdays have no ordinary visits, so that classes do not overlap with them.
        day = _AHEAD if ahead else _LAST_SATURDAY - timedelta(weeks=index // _A_DAY)
        hour = index // len(team) % 12 + 7 if ahead else 8 + index % _A_DAY
        starts = datetime.combine(day, time(hour), SYDNEY)
        key = world.source_id("classes", index, world.size.groups)
        yield Class(index, key, starts, team[index % len(team)], members, planted)


def class_rows(world: World) -> Iterator[SampleRow]:
    """One row of appointments for each class."""
    yield from map(partial(_row, world), classes(world))


def _row(world: World, session: Class) -> SampleRow:
    name, site, kind = session.difficulty, world.sites[0], world.types[-1]
    ids = [world.patient_id(member) for member in session.members]
    if name == "unknown_member" and session.planted:
        ids.append(str(999_770_001 + session.planted.turn))
    ahead, ends = name.endswith("ahead"), session.starts + timedelta(minutes=kind.minutes)
    off = session.starts - timedelta(hours=5) if name == "called_off" else None
    values: dict[str, SampleValue] = {
        "id": session.id,
        "starts_at": session.starts,
        "ends_at": ends,
        "practitioner": world.people[session.practitioner].name,
        "practitioner_id": world.practitioner_id(session.practitioner),
        "business": site.label,
        "business_id": world.business_id(0),
        "patient_id": ", ".join(ids) if world.appointments_native else None,
        "type_name": kind.name,
        "type_id": world.type_id(len(world.types) - 1),
        "category": kind.category,
        "number": len(ids) + (2 if name == "count_differs" else 0),
        "max_attendees": kind.capacity,
        "cancellations": len(ids) if off else int(name == "some_cancelled"),
        "arrived": not ahead and not off,
        "missed": False,
        "cancelled_at": off,
        "cancelled_cell": off,
        "reason_name": "Sick" if off else "",
        "reason_code": 30 if off else "",
        "notes": "Mats are in the cupboard." if session.index % 2 else None,
        "created_at": session.starts - timedelta(days=20),
        "updated_at": session.starts - timedelta(days=1),
    }
    records: tuple[str, ...] = ("appointment_groups",)
    if not has_attendees(world):
        records += ("appointments",) * len(session.members)
    if name.startswith("empty"):
        records = ("busy_times",)
    plant = session.planted.plant if session.planted else Plant("class")
    return SampleRow(
        session.id,
        values,
        plant.outcome,
        plant.codes,
        records,
        {"cancellation_reasons": ("Sick",)} if off else {},
        marks=(plant.name,),
        slice=1,
        unmarked_until=ends if name == "class_ahead" else None,
    )
