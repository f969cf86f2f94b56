"""Further kinds that are counted and not imported: payments, body charts, letters, waiting lists, products, recalls."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import CellForm, HeadedColumn, SampleValue
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

Values = dict[str, SampleValue]

_NAMES = ("Foam roller", "Theraband", "Heel wedge", "Ice pack", "Massage ball")


def _day(index: int) -> str:
    return (date(2023, 1, 9) + timedelta(days=index * 3 % 1200)).isoformat()


def _payment(world: World, index: int) -> Values:
    return {"patient_id": world.patient_id(world.patient_for(index)), "date": _day(index), "amount": f"{60 + index}.00"}


def _chart(world: World, index: int) -> Values:
    return {"patient_id": world.patient_id(world.patient_for(index)), "name": f"Chart {index + 1}"}


def _letter(world: World, index: int) -> Values:
    return {"patient_id": world.patient_id(world.patient_for(index)), "name": "Thank you for the referral"}


def _waiting(world: World, index: int) -> Values:
    return {"patient_id": world.patient_id(world.patient_for(index)), "date": _day(index), "notes": "Mornings only"}


def _product(_world: World, index: int) -> Values:
    return {"name": f"{_NAMES[index % len(_NAMES)]} {index + 1}", "amount": f"{12 + index}.50", "stock": index % 9}


def _recall(world: World, index: int) -> Values:
    return {"patient_id": world.patient_id(world.patient_for(index)), "date": _day(index), "name": str(1 + index % 3)}


def _kind(
    name: str, native: str, make: Callable[[World, int], Values], *columns: HeadedColumn, share: int = 2
) -> SampleKind:
    def rows(world: World) -> Iterator[SampleRow]:
        for index in range(world.size.invoices // share):
            key = str(70_000_001 + index * 17)
            yield SampleRow(key, {"id": key} | make(world, index))

    return SampleKind(name, native, columns, rows, folder="Money and more")


_PATIENT = HeadedColumn("patient_id", "Patient ID", "patient_id", CellForm.ID)

KINDS = (
    _kind(
        "payments",
        "Payments",
        _payment,
        HeadedColumn("id", "Payment ID", "payment_id", CellForm.ID),
        _PATIENT,
        HeadedColumn("date", "Payment Date", "payment_date"),
        HeadedColumn("amount", "Amount", "amount"),
    ),
    _kind(
        "body_charts",
        "Body charts",
        _chart,
        HeadedColumn("id", "Body Chart ID", "body_chart_id", CellForm.ID),
        _PATIENT,
        HeadedColumn("name", "Name", "name"),
        share=5,
    ),
    _kind(
        "letters",
        "Letters",
        _letter,
        HeadedColumn("id", "Letter ID", "letter_id", CellForm.ID),
        _PATIENT,
        HeadedColumn("name", "Name", "name"),
        share=5,
    ),
    _kind(
        "waitlist",
        "Wait list",
        _waiting,
        HeadedColumn("id", "Waitlist ID", "waitlist_id", CellForm.ID),
        _PATIENT,
        HeadedColumn("date", "Added On", "added_on"),
        HeadedColumn("notes", "Notes", "notes"),
        share=10,
    ),
    _kind(
        "products",
        "Products",
        _product,
        HeadedColumn("id", "Product ID", "product_id", CellForm.ID),
        HeadedColumn("name", "Product Name", "product_name"),
        HeadedColumn("amount", "Cost Price", "cost_price"),
        HeadedColumn("stock", "Stock Level", "stock_level"),
        share=10,
    ),
    _kind(
        "recalls",
        "Recalls",
        _recall,
        HeadedColumn("id", "Recall ID", "recall_id", CellForm.ID),
        _PATIENT,
        HeadedColumn("date", "Recall Date", "recall_at"),
        HeadedColumn("name", "Recall Type", "recall_type_id"),
        share=10,
    ),
)
