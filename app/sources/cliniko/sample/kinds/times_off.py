"""Busy times in a csv file of appointments: rows without patients and without places."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from app.sources.cliniko.sample.sample_columns import SYDNEY, SampleValue
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

_LAST_SUNDAY = date(2026, 11, 15)
REASONS = ("Lunch", "Team meeting\nBring the roster.", "Annual leave", None)
LONG = (
    "Course on knees in Newcastle, all day, back on Monday morning. Calls go to the desk, and Grace signs what can not "
    "wait. The key to the small gym hangs behind the door; the alarm is off until the electrician has been. Please ask "
    "anybody who turns up to ring again, and write their name on the list beside the telephone. "
)


def times_off(world: World) -> Iterator[SampleRow]:
    """One row for each busy time; nothing where appointments are from Cliniko's API."""
    if not world.appointments_native:
        return
    team = [person for person in world.treating if world.people[person].left is None]
    among = max(8, world.size.groups // 3) + world.size.few
    for index in range(among):
        long = index < world.size.few
        # Sundays have neither visits nor classes.
        day = _LAST_SUNDAY + timedelta(weeks=3) - timedelta(weeks=index // 5)
        starts = datetime.combine(day, time(9 + index % 5), SYDNEY)
        key = world.source_id("busy_visits", index, among)
        values: dict[str, SampleValue] = {
            "id": key,
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=50),
            "practitioner": world.people[team[index % len(team)]].name,
            "practitioner_id": world.practitioner_id(team[index % len(team)]),
            "business": world.sites[index % 2].label,
            "business_id": world.business_id(index % 2),
            "max_attendees": 0 if index % 2 else None,
            "notes": LONG if long else REASONS[index % len(REASONS)],
            "created_at": starts - timedelta(days=9),
            "updated_at": starts - timedelta(days=9),
        }
        problems = ("busy_time_note_truncated",) if long else ()
        marks = ("long_time_off",) if long else ("time_off",)
        yield SampleRow(key, values, problems=problems, records=("busy_times",), marks=marks, slice=1)
