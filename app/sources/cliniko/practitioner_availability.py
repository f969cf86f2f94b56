"""Practitioner availability: the weekly hours of each practitioner at each business, as the clinic is used to them."""

import json
import re
from dataclasses import dataclass
from typing import Annotated

from app.mapping.cells import plain
from app.mapping.columns import Column, Link, Report
from app.mapping.context import Context
from app.mapping.flags import spoken
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import clock_time
from app.mapping.numbers import whole
from app.mapping.rows import Joined, Json, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.structured import json_cell
from app.mapping.text import string
from app.mapping.traits import Exclusion, Identity, Naming, Recognition, Schedule
from app.mapping.zones import zone_name
from app.problems import Level, Problem
from app.sources.cliniko.headers import ENDS, STARTS, Headers, fingerprint
from app.sources.cliniko.row import Row

# The hours of a week as Cliniko writes them: a number or a name for the day, and stretches of the day in JSON.

DAY = 24 * 60
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = {name: number for number, name in enumerate(_DAYS, start=1)}

UNREADABLE = ""
_FRACTION = re.compile(r"0?\.[0-9]{1,17}")  # of a day
_UNPARTED = re.compile(r"([0-2][0-9])([0-5][0-9])")
_DOTTED = re.compile(r"([0-9]{1,2})\.(00|15|30|45)")  # 9.25 and 9.5 may be hours and parts of them

Span = tuple[int, int]
"""Minutes since the week began on Monday; the end is later than the beginning, and on the same day."""


def weekday(cell: str, context: Context, report: Report) -> int | None:
    """1 for Monday to 7 for Sunday, which Cliniko calls 0 or 7. A day that is none says nothing."""
    number = whole(cell, context, lambda code: None if code == "bad_number" else report(code))
    if number is not None:
        return (number or 7) if 0 <= number <= 7 else None
    word = spoken(cell)
    return next((n for name, n in _NAMES.items() if len(word) >= 3 and name.startswith(word)), None)


def time_cell(cell: str, context: Context, report: Report) -> str | None:
    """A time of the day as `HH:MM`; UNREADABLE for a cell that holds anything else."""
    return _time_in(plain(cell)) or UNREADABLE


def _time_in(text: str) -> str | None:
    """A time, also as a spreadsheet shows one without a format (`0.375`), and as `0900` or `9.30`."""
    if _FRACTION.fullmatch(text):
        minutes = float(text) * DAY
        return clock(round(minutes)) if abs(minutes - round(minutes)) < 0.01 and round(minutes) < DAY else None
    dotted = _UNPARTED.fullmatch(text) or _DOTTED.fullmatch(text)
    return clock_time(f"{dotted[1]}:{dotted[2]}" if dotted else text)


def stretches(slots: Json) -> tuple[tuple[str, str] | None, ...]:
    """Beginning and end of each entry of a list, None for one that is no stretch of a day."""
    found: list[tuple[str, str] | None] = []
    for slot in slots if isinstance(slots, list) else ():
        times = [_time(slot, name) for name in ("starts_at", "ends_at")] if isinstance(slot, dict) else []
        found.append((times[0], times[1]) if len(times) == 2 and times[0] and times[1] else None)
    return tuple(found)


def _time(slot: dict[str, Json], name: str) -> str | None:
    text = slot.get(name)
    return _time_in(text.strip()) if isinstance(text, str) else None


def span(day: int, starts: str, ends: str) -> Span | None:
    """A stretch of a day as minutes of the week; None when it ends before it begins."""
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (starts, ends))
    return ((day - 1) * DAY + first, (day - 1) * DAY + last) if first < last else None


def clock(minutes: int) -> str:
    """A minute of the week as the time of its day: `09:30`."""
    return f"{minutes % DAY // 60:02}:{minutes % 60:02}"


def united(spans: list[Span]) -> tuple[Span, ...]:
    """The same hours without overlaps. Stretches that only touch stay apart."""
    found: list[Span] = []
    for starts, ends in sorted(spans):
        if found and starts < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((starts, ends))
    return tuple(found)


Words = str | None
NAME = "practitioner_availability"


@dataclass(frozen=True, kw_only=True)
class Availability(Row):
    """One row: a weekday with a list of slots, or one slot of it."""

    id: Annotated[str, key("Availability ID")] = ""
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            required=True,
            orphan_code="availability_without_practitioner",
            destination="availability.practitioner_id",
        ),
    ] = None
    business_id: Annotated[
        Link | None,
        link(
            "businesses",
            "Business ID",
            "Location ID",
            required=True,
            orphan_code="availability_without_location",
            destination="availability.location_id",
        ),
    ] = None
    day_of_week: Annotated[int | None, Column(weekday, "Day Of Week", destination="availability.weekday")] = None
    availabilities: Annotated[Json | None, Column(json_cell, "Availabilities")] = None
    starts_at: Annotated[Words, Column(time_cell, "Starts At", STARTS, destination="availability.starts_at")] = None
    ends_at: Annotated[Words, Column(time_cell, "Ends At", ENDS, destination="availability.ends_at")] = None
    time_zone_identifier: Annotated[Words, Column(string, "Time Zone")] = None

    @property
    def slots(self) -> tuple[tuple[str, str] | None, ...]:
        """Beginnings and ends, None for each that cannot be read."""
        if self.availabilities:
            return stretches(self.availabilities)
        if self.starts_at is None and self.ends_at is None:
            return ()
        return ((self.starts_at, self.ends_at) if self.starts_at and self.ends_at else None,)

    @property
    def spans(self) -> tuple[Span | None, ...]:
        """The slots in minutes of the week, None for each that is no stretch of a day."""
        day = self.day_of_week
        return tuple(span(day, *slot) if day and slot else None for slot in self.slots)


def beside(row: Availability) -> str | None:
    """With one row for each interval, the rows of a day may share its id."""
    return None if row.availabilities else row.starts_at


def spans_of(row: Availability) -> tuple[Span, ...]:
    return united([found for found in row.spans if found])


def stays_because(row: Availability) -> Problem | None:
    """What keeps a row from moving, whatever the other rows say."""
    if row.day_of_week is None:
        return Problem("bad_weekday")
    if not row.slots:
        return Problem("empty_value")
    if UNREADABLE in (row.starts_at, row.ends_at) and not row.availabilities:
        return Problem("hours_unreadable")
    if not any(row.spans):
        return Problem("bad_interval", level=Level.SKIPPED)
    if row.practitioner_id is None:
        return Problem("availability_without_practitioner")
    return Problem("availability_without_location") if row.business_id is None else None


def to_records(row: Availability, joined: Joined, lookups: Lookups) -> Result:
    """One availability for each stretch of the day. Times stay those on the location's wall."""
    who, where = joined.targets.get("practitioner_id"), joined.targets.get("business_id")
    if who is None or where is None:
        code = "availability_without_location" if who else "availability_without_practitioner"
        return NotMapped(Outcome.HELD, Problem(code, NAME, source_id=row.id))
    spans: list[Span] = [(a, b) for a, b in json.loads(joined.extra["spans"])] if "spans" in joined.extra else []
    records = tuple(
        Record("availability", NAME, f"{row.id}/{clock(starts)}", _values(row, who.id, where.id, starts, ends))
        for starts, ends in spans or spans_of(row)
    )
    named, zone = zone_name(row.time_zone_identifier or ""), lookups.zones.get(where.id)
    codes = {
        "bad_interval": None in row.spans,
        "timezone_differs": named is not None and zone is not None and named != zone,
    }
    problems = (Problem(c, NAME, source_id=row.id, level=Level.WARNING) for c, said in codes.items() if said)
    return Mapped(records, tuple(problems))


def _values(row: Availability, who: str, where: str, starts: int, ends: int) -> dict[str, Value]:
    return {
        "practitioner_id": who,
        "location_id": where,
        "weekday": starts // DAY + 1,
        "starts_at": clock(starts),
        "ends_at": clock(ends),
        "repeat": "weekly",
        "source_created_at": row.created_at,
    }


def looks_like_availability(headers: Headers) -> bool:
    return headers.all("practitionerid", "dayofweek")


KIND = Kind(
    name=NAME,
    label="Availability",
    source_label="Practitioner availability",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_availability),
        file_names=("practitioner availability", "practitioner_availability", "daily_availabilities"),
        json_keys=("daily_availabilities", "practitioner_availability", "availabilities"),
    ),
    row=Availability,
    to_records=to_records,
    tables=("availability",),
    identity=Identity(key_suffix_of=beside),
    schedule=Schedule(spans_of=spans_of),
    exclusion=Exclusion(reason=stays_because),
    naming=Naming(named_things_exist=False),
)
