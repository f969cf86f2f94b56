"""Invoices, which stay behind: they are counted so that the clinic sees they were there."""

from collections.abc import Iterator
from datetime import date, timedelta

from app.sources.cliniko.sample.columns import Column, Form
from app.sources.cliniko.sample.kinds.kind import SampleKind
from app.sources.cliniko.sample.people import plain_name
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("id", None, "id", Form.ID),
    Column("number", "Invoice Number", "number"),
    Column("issue_date", "Issue Date", "issue_date"),
    Column("patient_id", "Patient ID", "patient_id", Form.ID),
    Column("invoice_to", "Invoice To", "invoice_to"),
    Column("extra", "Extra Information", "invoice_extra_information"),
    Column("status_name", "Status", "status_description"),
    Column("status", None, "status"),
    Column("amount", "Invoice Amount", "total_amount"),
)


def rows(world: World) -> Iterator[Row]:
    for index in range(world.size.invoices):
        key = world.source_id("invoices", index, world.size.invoices)
        patient = world.patient_for(index)
        yield Row(
            source_id=key,
            values={
                "id": key,
                "number": str(1000 + index),
                "issue_date": (date(2022, 1, 10) + timedelta(days=index * 1700 // world.size.invoices)).isoformat(),
                "patient_id": world.patient_id(patient),
                "invoice_to": " ".join(plain_name(patient)),
                "extra": "Paid at the desk.\r\nThank you." if index % 5 == 0 else None,
                "status_name": "Paid" if index % 6 else "Open",
                "status": 20 if index % 6 else 10,
                "amount": f"{85 + index % 4 * 15}.00",
            },
        )


KIND = SampleKind("invoices", "Invoices", COLUMNS, rows, mixed_native=True, folder="Money")
