"""Invoices, which are counted and not imported."""

from collections.abc import Iterator
from datetime import date, timedelta

from app.sources.cliniko.sample.invented_names import plain_name
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import CellForm, HeadedColumn, SampleColumn
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID, only="api"),
    HeadedColumn("number", "Invoice Number", "number"),
    HeadedColumn("issue_date", "Issue Date", "issue_date"),
    HeadedColumn("patient_id", "Patient ID", "patient_id", CellForm.ID),
    HeadedColumn("invoice_to", "Invoice To", "invoice_to"),
    HeadedColumn("extra", "Extra Information", "invoice_extra_information"),
    HeadedColumn("status_name", "Status", "status_description"),
    HeadedColumn("status", None, "status"),
    HeadedColumn("amount", "Invoice Amount", "total_amount"),
)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each invoice."""
    for index in range(world.size.invoices):
        key = world.source_id("invoices", index, world.size.invoices)
        patient = world.patient_for(index)
        yield SampleRow(
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
