"""Practitioner availability: the weekly hours of each practitioner at each business. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.moments import time_of_day
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import string
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


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
    day_of_week: Annotated[Words, Column(string, "Day Of Week", destination="availability.weekday")] = None
    availabilities: Annotated[Json | None, Column(json_cell, "Availabilities")] = None
    starts_at: Annotated[Words, Column(time_of_day, "Starts At")] = None
    ends_at: Annotated[Words, Column(time_of_day, "Ends At")] = None
    time_zone_identifier: Annotated[Words, Column(string, "Time Zone")] = None


def looks_like_availability(headers: Headers) -> bool:
    return headers.all("practitionerid", "dayofweek")


KIND = Kind(
    name="practitioner_availability",
    label="Availability",
    called="Practitioner availability",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_availability),
    row=Availability,
    tables=("availability",),
    file_names=(
        "practitioner availability",
        "practitioner_availability",
        "daily_availabilities",
    ),
    json_keys=(
        "daily_availabilities",
        "practitioner_availability",
        "availabilities",
    ),
)
