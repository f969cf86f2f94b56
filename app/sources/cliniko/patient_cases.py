"""Patient cases: courses of treatment with limits of sessions or of money. They do not move yet."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean, whole
from app.mapping.ids import key, link, links
from app.mapping.kind import Kind
from app.mapping.moments import day
from app.mapping.money import money
from app.mapping.text import string, text
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class Case(Row):
    """One row. Native headers are assumed, api names confirmed."""

    id: Annotated[str, key("Case ID")] = ""
    patient_id: Annotated[
        Link | None,
        link("patients", "Patient ID", required=True, orphan="case_without_patient", destination="cases.client_id"),
    ] = None
    name: Annotated[Words, Column(string, "Name", destination="cases.name")] = None
    notes: Annotated[Words, Column(text, "Notes", raw=True, destination="cases.notes")] = None
    issue_date: Annotated[date | None, Column(day, "Issue Date", destination="cases.issue_date")] = None
    expiry_date: Annotated[date | None, Column(day, "Expiry Date", destination="cases.expiry_date")] = None
    max_sessions: Annotated[int | None, Column(whole, "Max Sessions", destination="cases.limit_sessions")] = None
    max_invoiceable_amount: Annotated[
        Decimal | None, Column(money, "Max Invoiceable Amount", destination="cases.limit_amount")
    ] = None
    closed: Annotated[bool | None, Column(boolean, "Closed", destination="cases.status")] = None
    referral: Annotated[bool | None, Column(boolean, "Referral", destination="cases.referral")] = None
    referral_type: Annotated[Words, Column(string, "Referral Type", destination="cases.referral_type")] = None
    contact_id: Annotated[
        Link | None, link("contacts", "Contact ID", orphan="case_contact_unknown", destination="cases.contact_id")
    ] = None
    include_cancelled_attendees: Annotated[
        bool | None, Column(boolean, "Include Cancelled", destination="cases.count_cancelled")
    ] = None
    include_dna_attendees: Annotated[bool | None, Column(boolean, "Include DNA", destination="cases.count_missed")] = (
        None
    )
    attendee_ids: Annotated[Link | None, links("attendees", "Attendee IDs")] = None


def looks_like_cases(headers: Headers) -> bool:
    if headers.any("invoiceamount", "invoiceto", "totalamount", "netamount", "taxamount", "outstanding"):
        return False
    if headers.any("invoicenumber", "number") and headers.any("status", "statuscode", "statusdescription"):
        return False
    return headers.all("patientid") and headers.any("maxsessions", "expirydate", "issuedate")


KIND = Kind(
    name="patient_cases",
    label="Cases",
    called="Patient cases",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_cases),
    row=Case,
    tables=("cases",),
    file_names=(
        "patient cases",
        "patient_cases",
        "cases",
    ),
    json_keys=("patient_cases",),
    name_of=lambda row: row.name,
)
