"""Practitioner availability: the weekly hours of each practitioner at each business."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from app.json_values import JsonObject, JsonValue
from app.mapping.cells import plain
from app.mapping.columns import Column, Link, Report
from app.mapping.context import Context
from app.mapping.flags import spoken
from app.mapping.ids import key, link
from app.mapping.json_cells import json_where
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import clock_time
from app.mapping.numbers import whole
from app.mapping.rows import Delivered, FormerRecord, Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import string
from app.mapping.time_zones import zone_name
from app.mapping.traits import Exclusion, FormerRecords, Identity, Naming, Recognition, Schedule
from app.problems import Level, Problem
from app.sources.cliniko.headers import ENDS, STARTS, HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

# Weekly hours in the resource `daily_availabilities` of Cliniko's API: a day as number or name, slots as JSON.

DAY = 24 * 60
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = {name: number for number, name in enumerate(_DAYS, start=1)}

UNREADABLE = ""
"""The value of a cell for a time that holds anything else."""
_FRACTION = re.compile(r"0?\.[0-9]{1,17}")  # of a day
_UNPARTED = re.compile(r"([0-2][0-9])([0-5][0-9])")
_DOTTED = re.compile(r"([0-9]{1,2})\.(00|15|30|45)")  # 9.25 and 9.5 may be hours and parts of them

Span = tuple[int, int]
"""Start and end in minutes since Monday 00:00; the end is later than the start, and on the same day."""


def weekday(cell: str, context: Context, report: Report) -> int | None:
    """Read a weekday: 1 for Monday to 7 for Sunday, which Cliniko's API writes as 0. None for an invalid weekday."""
    number = whole(cell, context, lambda code: None if code == "bad_number" else report(code))
    if number is not None:
        return (number or 7) if 0 <= number <= 7 else None
    word = spoken(cell)
    return next((n for name, n in _NAMES.items() if len(word) >= 3 and name.startswith(word)), None)


def time_cell(cell: str, context: Context, report: Report) -> str | None:
    """Read a time of day as `HH:MM`; UNREADABLE for a cell that holds anything else."""
    return _time_in(plain(cell)) or UNREADABLE


def _time_in(text: str) -> str | None:
    """A time as `HH:MM`, from `9:00`, `0900`, `9.30` or a spreadsheet's fraction of a day (`0.375`); else None."""
    if _FRACTION.fullmatch(text):
        minutes = float(text) * DAY
        return clock(round(minutes)) if abs(minutes - round(minutes)) < 0.01 and round(minutes) < DAY else None
    dotted = _UNPARTED.fullmatch(text) or _DOTTED.fullmatch(text)
    return clock_time(f"{dotted[1]}:{dotted[2]}" if dotted else text)


def are_slots(value: JsonValue) -> bool:
    """Whether a value is a list of slots, or one slot without a list. The slots are not checked."""
    return isinstance(value, list | dict)


def times_of(slots: JsonValue) -> tuple[tuple[str, str] | None, ...]:
    """Start and end of each slot, as `HH:MM`; None for a slot without two valid times. One slot is a list of one."""
    times_of_slots: list[tuple[str, str] | None] = []
    for slot in slots if isinstance(slots, list) else [slots]:
        times = [_time(slot, name) for name in ("starts_at", "ends_at")] if isinstance(slot, dict) else []
        times_of_slots.append((times[0], times[1]) if len(times) == 2 and times[0] and times[1] else None)
    return tuple(times_of_slots)


def _time(slot: JsonObject, name: str) -> str | None:
    text = slot.get(name)
    return _time_in(text.strip()) if isinstance(text, str) else None


def span(day: int, starts: str, ends: str) -> Span | None:
    """A slot of weekday `day` in minutes since Monday 00:00; None for a slot that ends before it starts."""
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (starts, ends))
    return ((day - 1) * DAY + first, (day - 1) * DAY + last) if first < last else None


def clock(minutes: int) -> str:
    """A minute of the week as a time of day, `HH:MM`."""
    return f"{minutes % DAY // 60:02}:{minutes % 60:02}"


def united(spans: list[Span]) -> tuple[Span, ...]:
    """The same hours without overlaps, in order. Spans that only touch are not joined."""
    disjoint: list[Span] = []
    for starts, ends in sorted(spans):
        if disjoint and starts < disjoint[-1][1]:
            disjoint[-1] = (disjoint[-1][0], max(disjoint[-1][1], ends))
        else:
            disjoint.append((starts, ends))
    return tuple(disjoint)


Words = str | None
NAME = "practitioner_availability"


@dataclass(frozen=True, kw_only=True)
class AvailabilityRow(Row):
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
    availabilities: Annotated[JsonValue | None, Column(json_where(are_slots), "Availabilities")] = None
    starts_at: Annotated[Words, Column(time_cell, "Starts At", STARTS, destination="availability.starts_at")] = None
    ends_at: Annotated[Words, Column(time_cell, "Ends At", ENDS, destination="availability.ends_at")] = None
    time_zone_identifier: Annotated[Words, Column(string, "Time Zone")] = None

    @property
    def slots(self) -> tuple[tuple[str, str] | None, ...]:
        """Start and end of each slot, as `HH:MM`; None for a slot that cannot be read."""
        if self.availabilities:
            return times_of(self.availabilities)
        if self.starts_at is None and self.ends_at is None:
            return ()
        return ((self.starts_at, self.ends_at) if self.starts_at and self.ends_at else None,)

    @property
    def spans(self) -> tuple[Span | None, ...]:
        """The slots in minutes since Monday 00:00; None for a slot that is invalid."""
        day = self.day_of_week
        return tuple(span(day, *slot) if day and slot else None for slot in self.slots)


def slot_key(row: AvailabilityRow) -> str | None:
    """The start of the row's slot, which tells rows with one id apart; None for a row with a list of slots."""
    return None if row.availabilities else row.starts_at


def spans_of(row: AvailabilityRow) -> tuple[Span, ...]:
    """The valid slots of a row without overlaps, in minutes since Monday 00:00."""
    return united([valid for valid in row.spans if valid])


def reason_not_moved(row: AvailabilityRow) -> Problem | None:
    """The problem for which a row cannot move, as far as the row alone can say; None for a row that can."""
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


def to_records(row: AvailabilityRow, joined: Joined, lookups: Lookups) -> Result:
    """One availability for each span of the day, in the location's local time."""
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
    problems = (Problem(c, NAME, source_id=row.id, level=Level.WARNING) for c, applies in codes.items() if applies)
    return Mapped(records, tuple(problems))


def former_hours(
    row: AvailabilityRow, joined: Joined, lookups: Lookups, delivered: Delivered
) -> Iterator[FormerRecord]:
    """All hours of a row with a list of slots, or without any hours. A row with one slot has its start in its key, and
    makes no other."""
    if row.availabilities or not row.starts_at:
        yield FormerRecord("availability", NAME, f"{row.id}/", is_family=True)


def _values(row: AvailabilityRow, who: str, where: str, starts: int, ends: int) -> dict[str, Value]:
    return {
        "practitioner_id": who,
        "location_id": where,
        "weekday": starts // DAY + 1,
        "starts_at": clock(starts),
        "ends_at": clock(ends),
        "repeat": "weekly",
        "source_created_at": row.created_at,
    }


def looks_like_availability(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the daily availabilities of Cliniko's API."""
    return headers.all("practitionerid", "dayofweek")


KIND = Kind(
    name=NAME,
    label="Availability",
    source_label="Practitioner availability",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_availability),
        file_names=("practitioner availability", "practitioner_availability", "daily_availabilities"),
        json_keys=("daily_availabilities", "practitioner_availability", "availabilities"),
    ),
    row=AvailabilityRow,
    to_records=to_records,
    tables=("availability",),
    identity=Identity(key_suffix_of=slot_key),
    schedule=Schedule(spans_of=spans_of),
    exclusion=Exclusion(reason=reason_not_moved),
    former=FormerRecords(records=former_hours, emptied_code="empty_value"),
    naming=Naming(named_things_exist=False),
)
