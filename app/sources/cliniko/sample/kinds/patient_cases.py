"""Courses of treatment that clients are on, with or without a limit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from ..columns import CREATED, UPDATED, Column, Form
from ..row import Row
from ..world import World
from .kind import SampleKind

COLUMNS = (
    Column("id", "Case ID", "id", Form.ID),
    Column("patient_id", "Patient ID", "patient_id", Form.LINK, to="patients"),
    Column("name", "Name", "name"),
    Column("notes", "Notes", "notes"),
    Column("issue_date", "Issue Date", "issue_date"),
    Column("expiry_date", "Expiry Date", "expiry_date"),
    Column("max_sessions", "Max Sessions", "max_sessions"),
    Column("max_invoiceable_amount", "Max Invoiceable Amount", "max_invoiceable_amount"),
    Column("closed", "Closed", "closed", Form.BOOL),
    Column("referral", "Referral", "referral", Form.BOOL),
    Column("referral_type", "Referral Type", "referral_type"),
    Column("contact_id", "Contact ID", "contact_id", Form.LINK, to="contacts"),
    Column("include_cancelled", "Include Cancelled", "include_cancelled_attendees", Form.BOOL),
    Column("include_dna", "Include DNA", "include_dna_attendees", Form.BOOL),
    Column("attendee_ids", "Attendee IDs", "attendee_ids"),
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[Row]:
    for index in range(world.size.cases):
        key = world.source_id("patient_cases", index, world.size.cases)
        issued = date(2022, 1, 10) + timedelta(days=index * 1600 // world.size.cases)
        created = datetime(issued.year, issued.month, issued.day, 1, tzinfo=UTC)
        yield Row(
            source_id=key,
            values={
                "id": key,
                "patient_id": world.patient_id(world.patient_near(index * 3 % world.size.patients)),
                "name": f"Shared care plan {issued.year}",
                "notes": "Five visits, reviewed by the practice." if index % 4 == 0 else None,
                "issue_date": issued.isoformat(),
                "expiry_date": (issued + timedelta(days=365)).isoformat(),
                "max_sessions": 5 if index % 3 == 0 else None,
                "max_invoiceable_amount": "600.00" if index % 3 == 1 else None,
                "closed": index % 2 == 0,
                "referral": index % 3 == 0,
                "referral_type": "medicare" if index % 3 == 0 else None,
                "include_cancelled": False,
                "include_dna": index % 2 == 1,
                "created_at": created,
                "updated_at": created,
            },
            problems=() if index % 3 == 2 else ("case_balance_check",),
            records=("cases",),
        )


KIND = SampleKind("patient_cases", "Patient cases", COLUMNS, rows, folder="People")
