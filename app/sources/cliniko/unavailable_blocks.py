"""Unavailable blocks: times at which a practitioner takes no bookings. They do not move yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.moments import local_timestamp
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import text
from app.sources.cliniko.headers import ENDS, STARTS, Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class UnavailableBlock(Row):
    """One row. The same shape without notes is an availability block, which means the opposite."""

    id: Annotated[str, key("Unavailable Block ID")] = ""
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            required=True,
            orphan="busy_time_without_practitioner",
            destination="busy_times.practitioner_id",
        ),
    ] = None
    business_id: Annotated[
        Link | None,
        link(
            "businesses",
            "Business ID",
            "Location ID",
            orphan="appointment_location_defaulted",
            destination="busy_times.location_id",
        ),
    ] = None
    starts_at: Annotated[
        datetime | None, Column(local_timestamp, STARTS[0], STARTS[1:], destination="busy_times.starts_at")
    ] = None
    ends_at: Annotated[
        datetime | None, Column(local_timestamp, ENDS[0], ENDS[1:], destination="busy_times.ends_at")
    ] = None
    notes: Annotated[Words, Column(text, "Notes", raw=True, destination="busy_times.note")] = None
    repeat_rule: Annotated[Json | None, Column(json_cell)] = None


def looks_like_blocks(headers: Headers) -> bool:
    return (
        headers.all("starttime", "endtime", "practitionerid")
        and headers.any("notes", "unavailableblockid")
        and not headers.any("dayofweek", *PATIENT_COLUMNS)
    )


PATIENT_COLUMNS = ("patientid", "patientids", "patient", "patientname", "numberofpatients", "maxattendees")


KIND = Kind(
    name="unavailable_blocks",
    label="Busy times",
    called="Unavailable blocks",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_blocks),
    row=UnavailableBlock,
    tables=("busy_times",),
    file_names=(
        "unavailable blocks",
        "unavailable_blocks",
    ),
    json_keys=("unavailable_blocks",),
)
