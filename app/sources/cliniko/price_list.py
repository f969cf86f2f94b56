"""Billable items and concession types: lists that do not move, and that complete the rows which refer to them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.numbers import money
from app.mapping.text import code, string
from app.mapping.traits import Exclusion, Recognition, ShortList
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class BillableItemRow(Row):
    """One row: the price of an item."""

    id: Annotated[str, key("Billable Item ID")] = ""
    name: Annotated[Words, Column(string, "Name")] = None
    item_code: Annotated[Words, Column(code, "Item Code", feeds=("services.item_code",))] = None
    price: Annotated[Decimal | None, Column(money, "Price", feeds=("services.price",))] = None
    tax: Annotated[Words, Column(string, "Tax", ("tax_name",), feeds=("services.tax_id",))] = None


@dataclass(frozen=True, kw_only=True)
class ConcessionTypeRow(Row):
    """One row: the name of a concession type."""

    id: Annotated[str, key("Concession Type ID")] = ""
    name: Annotated[Words, Column(string, "Name", feeds=("custom_field_values.Concession type",))] = None


def looks_like_prices(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's billable items, and not those of products."""
    stock = headers.any("productid", "costprice", "serialnumber", "stocklevel", "supplierid", "productsupplierid")
    priced = headers.all("price") and headers.any("billableitemid", "itemcode", "itemtype")
    return priced and not stock and not headers.any("durationinminutes", "duration", "patientid")


def looks_like_concessions(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's concession types."""
    return headers.all("concessiontypeid", "name") and not headers.any("patientid", "price")


BILLABLE_ITEMS = Kind(
    name="billable_items",
    label="Prices",
    source_label="Billable items",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_prices),
        file_names=("billable items", "billable_items"),
        json_keys=("billable_items",),
    ),
    row=BillableItemRow,
    exclusion=Exclusion(
        workaround="They are read for the prices of your services. Set up anything else that you sell by hand.",
    ),
    short_list=ShortList(is_listed=True),
)
CONCESSION_TYPES = Kind(
    name="concession_types",
    label="Concession types",
    source_label="Concession types",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_concessions),
        file_names=("concession types", "concession_types"),
        json_keys=("concession_types",),
    ),
    row=ConcessionTypeRow,
    exclusion=Exclusion(workaround="Their names come with the clients who have them."),
    short_list=ShortList(is_listed=True),
)
