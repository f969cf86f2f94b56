"""Practitioner availability: the weekly hours of each practitioner at each business, as the clinic is used to them."""

import json
from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Json, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.structured import json_cell
from app.mapping.text import string
from app.mapping.zones import zone_name
from app.problems import Level, Problem
from app.sources.cliniko.headers import ENDS, STARTS, Headers, fingerprint
from app.sources.cliniko.row import Row
from app.sources.cliniko.week import DAY, UNREADABLE, Span, clock, span, stretches, time_cell, united, weekday

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
            orphan="availability_without_practitioner",
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
            orphan="availability_without_location",
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
    called="Practitioner availability",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_availability),
    row=Availability,
    to_records=to_records,
    tables=("availability",),
    file_names=("practitioner availability", "practitioner_availability", "daily_availabilities"),
    json_keys=("daily_availabilities", "practitioner_availability", "availabilities"),
    key_beside=beside,
    spans_of=spans_of,
    stays_because=stays_because,
    vouches=False,
)
