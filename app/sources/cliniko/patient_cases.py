"""Patient cases: agreed courses of treatment, with a limit of sessions or of an amount.

How much of a limit is used depends on invoices, which do not move: `case_balance_check` reports each case with a limit.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from app.mapping.columns import Column, Link, Reader, Report
from app.mapping.context import Context
from app.mapping.flags import boolean
from app.mapping.ids import key, link, links
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.moments import day
from app.mapping.numbers import money, whole
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import STRING, cut, string, text
from app.mapping.traits import CaseList, Exclusion, Recognition
from app.problems import Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None
_ENDLESS = 1_000_000  # a number of sessions that means no limit
_MOST_SESSIONS = 200


def _or_words(read: Reader) -> Reader:
    """A reader of a limit that returns the text of a cell for which `read` reports `bad_number`."""

    def either(cell: str, context: Context, report: Report) -> object:
        codes: list[str] = []
        limit = read(cell, context, codes.append)
        if "bad_number" in codes:
            return text(cell, context, report)
        for code in codes:
            report(code)
        return limit

    return either


@dataclass(frozen=True, kw_only=True)
class CaseRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("Case ID")] = ""
    patient_id: Annotated[
        Link | None,
        link(
            "patients", "Patient ID", required=True, orphan_code="case_without_patient", destination="cases.client_id"
        ),
    ] = None
    name: Annotated[Words, Column(string, "Name", destination="cases.name")] = None
    notes: Annotated[Words, Column(text, "Notes", raw=True, destination="cases.notes")] = None
    issue_date: Annotated[date | None, Column(day, "Issue Date", destination="cases.issue_date")] = None
    expiry_date: Annotated[date | None, Column(day, "Expiry Date", destination="cases.expiry_date")] = None
    max_sessions: Annotated[
        int | str | None,
        Column(_or_words(whole), "Max Sessions", destination="cases.limit_sessions", feeds=("cases.limit_kind",)),
    ] = None
    max_invoiceable_amount: Annotated[
        Decimal | str | None,
        Column(
            _or_words(money), "Max Invoiceable Amount", destination="cases.limit_amount", feeds=("cases.limit_kind",)
        ),
    ] = None
    closed: Annotated[bool | None, Column(boolean, "Closed", destination="cases.status")] = None
    referral: Annotated[bool | None, Column(boolean, "Referral", destination="cases.referral")] = None
    referral_type: Annotated[Words, Column(string, "Referral Type", destination="cases.referral_type")] = None
    contact_id: Annotated[
        Link | None, link("contacts", "Contact ID", orphan_code="case_contact_unknown", destination="cases.contact_id")
    ] = None
    include_cancelled_attendees: Annotated[
        bool | None, Column(boolean, "Include Cancelled", destination="cases.count_cancelled")
    ] = None
    include_dna_attendees: Annotated[bool | None, Column(boolean, "Include DNA", destination="cases.count_missed")] = (
        None
    )
    attendee_ids: Annotated[
        Link | None, links("attendees", "Attendee IDs", other_client_code="appointment_case_unknown")
    ] = None

    @property
    def sessions(self) -> int | None:
        """The limit of sessions; None without a limit, for words, and for numbers of a million or more."""
        most = self.max_sessions
        return most if isinstance(most, int) and 0 < most < _ENDLESS else None

    @property
    def unclear_limits(self) -> dict[str, str]:
        """By column label, the limits that are words, negative, or more than 200 sessions; also no sessions at all,
        unless the other limit has a number."""
        return {
            label: str(most)
            for label, most in (
                ("Max sessions", self.max_sessions),
                ("Max invoiceable amount", self.max_invoiceable_amount),
            )
            if isinstance(most, str)
            or (most is not None and most < 0)
            or (
                isinstance(most, int) and (most > _MOST_SESSIONS or (most == 0 and self.max_invoiceable_amount is None))
            )
        }

    @property
    def has_unread_limit(self) -> bool:
        """Whether a limit is unclear, or its cell holds a spreadsheet's error text."""
        return bool(self.unclear_limits) or not {"max_sessions", "max_invoiceable_amount"}.isdisjoint(self.unread)

    @property
    def amount(self) -> Decimal | None:
        """The limit of the amount, in the clinic's currency; None without a limit."""
        most = self.max_invoiceable_amount
        return most if isinstance(most, Decimal) and most > 0 else None


def reason_not_moved(row: CaseRow) -> Problem | None:
    """`case_without_patient` for a row without a patient, else None."""
    return Problem("case_without_patient") if row.patient_id is None else None


def to_records(row: CaseRow, joined: Joined, lookups: Lookups) -> Result:
    """The case. With two limits, sessions are the limit; the amount is kept with it. No patient: the row is held."""
    client, contact = joined.targets.get("patient_id"), joined.targets.get("contact_id")
    if client is None:
        return NotMapped(Outcome.HELD, Problem("case_without_patient", "patient_cases", source_id=row.id))
    limit = "sessions" if row.sessions else "amount" if row.amount else "unlimited"
    codes = {
        "name_missing": row.name is None,
        "case_dates_reversed": bool(row.issue_date and row.expiry_date and row.expiry_date < row.issue_date),
        "case_two_limits": bool(row.sessions and row.amount),
        "case_limit_unclear": row.has_unread_limit,
        "case_balance_check": limit != "unlimited" or row.has_unread_limit,
    }
    values: dict[str, Value] = {
        "client_id": client.id,
        "name": cut(row.name) or f"Case {row.id}",
        "status": "closed" if row.closed or row.archived_at else "open",
        "contact_id": contact.id if contact else None,
        "issue_date": row.issue_date,
        "expiry_date": row.expiry_date,
        "limit_kind": limit,
        "limit_sessions": row.sessions,
        "limit_amount": row.amount,
        "count_missed": bool(row.include_dna_attendees),
        "count_cancelled": bool(row.include_cancelled_attendees),
        "referral": row.referral,
        "referral_type": cut(row.referral_type),
        "notes": _notes(row),
        "balance_to_check": True,
        "source_created_at": row.created_at,
    }
    problems = tuple(Problem(code, "patient_cases", source_id=row.id) for code, applies in codes.items() if applies)
    return Mapped((Record("cases", "patient_cases", row.id, values),), problems)


def _notes(row: CaseRow) -> str | None:
    """The notes, then lines for a name that is too long and for unclear limits."""
    extra = ({"Name": row.name} if row.name and len(row.name) > STRING else {}) | row.unclear_limits
    lines = "\n".join(f"{label}: {words}" for label, words in extra.items())
    return "\n\n".join(part for part in (row.notes or "", lines) if part.strip()) or None


def looks_like_cases(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's patient cases, and not those of invoices."""
    if headers.any("invoiceamount", "invoiceto", "totalamount", "netamount", "taxamount", "outstanding"):
        return False
    if headers.any("invoicenumber", "number") and headers.any("status", "statuscode", "statusdescription"):
        return False
    return headers.all("patientid") and headers.any("maxsessions", "expirydate", "issuedate")


KIND = Kind(
    name="patient_cases",
    role=KindRole.CASE,
    case_list=CaseList(
        attendance_link="attendee_ids",
        client_link="patient_id",
        visit_link="booking_id",
        clients_link="patient_ids",
        case_link="patient_case_id",
        unknown_code="appointment_case_unknown",
    ),
    label="Cases",
    source_label="Patient cases",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_cases),
        file_names=("patient cases", "patient_cases", "cases"),
        json_keys=("patient_cases",),
    ),
    row=CaseRow,
    to_records=to_records,
    tables=("cases",),
    exclusion=Exclusion(reason=reason_not_moved),
)
