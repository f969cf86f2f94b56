"""Practitioner reference numbers: the numbers by which insurers identify a practitioner at a business."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Delivered, FormerRecord, Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import code, cut, numbered, string
from app.mapping.traits import Exclusion, FormerRecords, Identity, Names, Naming, Recognition
from app.problems import Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None
UNNAMED = "Provider number"


@dataclass(frozen=True, kw_only=True)
class ReferenceNumberRow(Row):
    """One row: one number of one practitioner, at one business, or everywhere where the row names no business."""

    id: Annotated[str, key("Reference Number ID")] = ""
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            required=True,
            orphan_code="reference_number_without_practitioner",
            destination="provider_numbers.practitioner_id",
        ),
    ] = None
    business_id: Annotated[
        Link | None,
        link(
            "businesses",
            "Business ID",
            "Location ID",
            left_out_with_target=True,
            orphan_code="location_unknown",
            destination="provider_numbers.location_id",
        ),
    ] = None
    name: Annotated[Words, Column(string, "Name", destination="provider_numbers.label")] = None
    reference_number: Annotated[Words, Column(code, "Reference Number", destination="provider_numbers.number")] = None


def reason_not_moved(row: ReferenceNumberRow) -> Problem | None:
    """The problem of a row without a number or without a practitioner; None for a row with both."""
    if row.reference_number is None:
        return Problem("empty_value")
    return Problem("reference_number_without_practitioner") if row.practitioner_id is None else None


def to_records(row: ReferenceNumberRow, joined: Joined, lookups: Lookups) -> Result:
    """The number as written. Without a business, the number counts at every location.

    Of a practitioner's different numbers of one label at one location, each but the first has its place in the label.
    """
    who, where = joined.targets.get("practitioner_id"), joined.targets.get("business_id")
    if who is None:
        code = "reference_number_without_practitioner"
        return NotMapped(Outcome.HELD, Problem(code, "practitioner_reference_numbers", source_id=row.id))
    values: dict[str, Value] = {
        "practitioner_id": who.id,
        "location_id": where.id if where else None,
        "label": numbered(row.name or UNNAMED, joined.extra.get("same_name")),
        "number": cut(row.reference_number),
        "source_created_at": row.created_at,
    }
    return Mapped((Record("provider_numbers", "practitioner_reference_numbers", row.id, values),))


def compared_number(row: ReferenceNumberRow) -> Iterator[tuple[str, str]]:
    """The number, under the name of the link to its practitioner."""
    yield "practitioner_id", row.reference_number or ""


def former_number(
    row: ReferenceNumberRow, joined: Joined, lookups: Lookups, delivered: Delivered
) -> Iterator[FormerRecord]:
    """The number that the row had."""
    yield FormerRecord("provider_numbers", "practitioner_reference_numbers", row.id)


def looks_like_reference_numbers(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the practitioner reference numbers of Cliniko's API."""
    return headers.all("practitionerid", "referencenumber")


KIND = Kind(
    name="practitioner_reference_numbers",
    label="Provider numbers",
    source_label="Practitioner reference numbers",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_reference_numbers),
        file_names=("practitioner reference numbers", "practitioner_reference_numbers"),
        json_keys=("practitioner_reference_numbers",),
    ),
    row=ReferenceNumberRow,
    to_records=to_records,
    tables=("provider_numbers",),
    exclusion=Exclusion(reason=reason_not_moved),
    former=FormerRecords(records=former_number, emptied_code="empty_value"),
    identity=Identity(target_values=compared_number),
    names=Names(
        name_of=lambda row: row.name or UNNAMED,
        unique_within=("practitioner_id", "business_id"),
    ),
    naming=Naming(named_things_exist=False),
)
