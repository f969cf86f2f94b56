"""Appliances: braces and insoles that were handed to a patient. A kind that no source has, in a file as all of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import day
from app.mapping.rows import Joined, Mapped, Record, Result
from app.mapping.text import string
from app.mapping.traits import Recognition
from app.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Appliance:
    """One row."""

    id: Annotated[str, key("Appliance ID")] = ""
    patient_id: Annotated[
        Link | None, link("patients", "Patient ID", required=True, orphan_code="communication_without_patient")
    ] = None
    name: Annotated[str | None, Column(string, "Appliance")] = None
    handed_over: Annotated[date | None, Column(day, "Handed Over")] = None


def to_records(row: Appliance, joined: Joined, lookups: Lookups) -> Result:
    """A line of the client's history."""
    problems = () if row.name else (Problem("name_missing", KIND.name, source_id=row.id),)
    at = datetime.combine(row.handed_over, time(), UTC) if row.handed_over else lookups.now
    values = {
        "client_id": joined.targets["patient_id"].id,
        "channel": "other",
        "direction": "sent",
        "category": "Appliance",
        "subject": row.name,
        "confidential": False,
        "occurred_at": at,
    }
    return Mapped((Record("communications", KIND.name, row.id, values),), problems)


KIND = Kind(
    name="appliances",
    label="Appliances",
    source_label="Appliances",
    source_location="Nowhere",
    recognition=Recognition(
        fingerprint=lambda headers: {"applianceid", "handedover"} <= headers,
        file_names=("appliances",),
        json_keys=("appliances",),
    ),
    row=Appliance,
    to_records=to_records,
    tables=("communications",),
)
