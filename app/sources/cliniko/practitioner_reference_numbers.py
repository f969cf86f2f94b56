"""Practitioner reference numbers: the numbers by which insurers know who treated. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.text import string
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class ReferenceNumber(Row):
    """One row: one number of one practitioner at one business or at all."""

    id: Annotated[str, key("Reference Number ID")] = ""
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            required=True,
            orphan="reference_number_without_practitioner",
            destination="provider_numbers.practitioner_id",
        ),
    ] = None
    business_id: Annotated[
        Link | None,
        link(
            "businesses",
            "Business ID",
            "Location ID",
            orphan="location_unknown",
            destination="provider_numbers.location_id",
        ),
    ] = None
    name: Annotated[Words, Column(string, "Name", destination="provider_numbers.label")] = None
    reference_number: Annotated[Words, Column(string, "Reference Number", destination="provider_numbers.number")] = None


def looks_like_reference_numbers(headers: Headers) -> bool:
    return headers.all("practitionerid", "referencenumber")


KIND = Kind(
    name="practitioner_reference_numbers",
    label="Provider numbers",
    called="Practitioner reference numbers",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_reference_numbers),
    row=ReferenceNumber,
    tables=("provider_numbers",),
    file_names=(
        "practitioner reference numbers",
        "practitioner_reference_numbers",
    ),
    json_keys=("practitioner_reference_numbers",),
)
