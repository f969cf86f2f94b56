"""Unavailable blocks: times without bookings of a practitioner. Each becomes a busy time, past blocks too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.json_values import JsonValue
from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.json_cells import json_cell
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import local_timestamp
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Result
from app.mapping.text import text
from app.mapping.traits import Exclusion, Identity, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.diary import busy_time, is_reversed, lasts_long, location_of, times_of
from app.sources.cliniko.headers import ENDS, STARTS, HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class UnavailableBlockRow(Row):
    """One row. In Cliniko's API, availability blocks have the same columns without `notes`, and mean the opposite."""

    id: Annotated[str, key("Unavailable Block ID")] = ""
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            required=True,
            orphan_code="busy_time_without_practitioner",
            destination="busy_times.practitioner_id",
        ),
    ] = None
    business_id: Annotated[
        Link | None,
        link(
            "businesses",
            "Business ID",
            "Location ID",
            left_out_with_target=True,
            orphan_code="appointment_location_defaulted",
            ambiguous_code="appointment_location_defaulted",
            destination="busy_times.location_id",
        ),
    ] = None
    starts_at: Annotated[
        datetime | None, Column(local_timestamp, STARTS[0], STARTS[1:], destination="busy_times.starts_at")
    ] = None
    ends_at: Annotated[
        datetime | None, Column(local_timestamp, ENDS[0], ENDS[1:], destination="busy_times.ends_at")
    ] = None
    notes: Annotated[
        Words, Column(text, "Notes", raw=True, destination="busy_times.note", feeds=("busy_times.name",))
    ] = None
    repeat_rule: Annotated[JsonValue | None, Column(json_cell)] = None


def reason_not_moved(row: UnavailableBlockRow) -> Problem | None:
    """The problem for which a row cannot move, as far as the row alone can say; None for a row that can."""
    if row.starts_at is None:
        return Problem("bad_appointment_time")
    if is_reversed(row.starts_at, row.ends_at):
        return Problem("bad_interval", level=Level.HELD)
    return Problem("busy_time_without_practitioner") if row.practitioner_id is None else None


def to_records(row: UnavailableBlockRow, joined: Joined, lookups: Lookups) -> Result:
    """The busy time. A repeated block has one row for each time in the export, so its repeat rule is ignored."""
    practitioner = joined.targets.get("practitioner_id")
    if row.starts_at is None:
        return _not_moved(row, Outcome.SKIPPED, "bad_appointment_time")
    if practitioner is None:
        return _not_moved(row, Outcome.HELD, "busy_time_without_practitioner")
    location, codes = location_of(None, joined.targets, lookups)
    if location is None:
        return _not_moved(row, Outcome.HELD, "location_unknown")
    starts, ends, time_codes = times_of(row.starts_at, row.ends_at, location, None, lookups)
    if ends <= starts:
        return _not_moved(row, Outcome.HELD, "bad_interval")
    record, more = busy_time(
        KIND.name, row.id, location=location, practitioner=practitioner.id, starts=starts, ends=ends,
        notes=row.notes, made_at=row.created_at,
    )  # fmt: skip
    codes = [*codes, *time_codes, *more, *(["long_appointment"] if lasts_long(starts, ends) else [])]
    problems = (Problem(code, KIND.name, source_id=row.id) for code in dict.fromkeys(codes))
    return Mapped((record,), tuple(problem for problem in problems if problem.code not in joined.findings))


def _not_moved(row: UnavailableBlockRow, outcome: Outcome, code: str) -> NotMapped:
    level = Level.HELD if outcome is Outcome.HELD else Level.SKIPPED
    return NotMapped(outcome, Problem(code, KIND.name, source_id=row.id, level=level))


def looks_like_blocks(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the unavailable blocks of Cliniko's API."""
    return (
        headers.all("starttime", "endtime", "practitionerid")
        and headers.any("notes", "unavailableblockid")
        and not headers.any("dayofweek", *PATIENT_COLUMNS)
    )


PATIENT_COLUMNS = ("patientid", "patientids", "patient", "patientname", "numberofpatients", "maxattendees")


KIND = Kind(
    name="unavailable_blocks",
    label="Busy times",
    source_label="Unavailable blocks",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_blocks),
        file_names=(
            "unavailable blocks",
            "unavailable_blocks",
            "unavailable",
        ),
        json_keys=("unavailable_blocks",),
    ),
    row=UnavailableBlockRow,
    to_records=to_records,
    exclusion=Exclusion(reason=reason_not_moved),
    identity=Identity(not_compared=("repeat_rule",)),
    tables=("busy_times",),
)
