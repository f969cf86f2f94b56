"""Kinds of a Cliniko export that do not move: recognised and counted, with what the clinic does instead.

Invoices and payments remain in Cliniko. Body charts, letters, waiting lists, products and recalls are entered again or
kept as files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.traits import Exclusion, Recognition
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import Row
from app.sources.cliniko.unavailable_blocks import PATIENT_COLUMNS

WHERE = "In Cliniko, for as long as you keep the account"
_BALANCES = (
    "Keep Cliniko or Xero until every invoice is settled, and make the open ones again in Caspen. "
    "The patients file says who owes what."
)


@dataclass(frozen=True, kw_only=True)
class UnmovedRow(Row):
    """One row, of which only the id is read."""

    id: Annotated[str, key("ID", "Invoice ID", "Payment ID", "Product ID", "Recall ID")] = ""


def looks_like_invoices(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of invoices: amounts, a number with a status, or a payee."""
    if headers.all("issuedate", "invoiceamount") or headers.all("invoicenumber", "invoiceto"):
        return True
    dated = headers.any("issuedate", "issueddate")
    numbered = headers.any("number", "invoicenumber") and headers.any(
        "status", "invoicestatus", "statuscode", "statusdescription"
    )
    amounts = headers.any("totalamount", "netamount", "taxamount", "invoiceamount", "outstanding", "invoiceto")
    return dated and (numbered or amounts)


def looks_like_payments(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of payments: a payment and an amount."""
    paid = headers.any("paymentid", "paymentdate", "paymenttype", "paymentmethod", "paidat")
    return paid and headers.any("amount", "totalpaid", "paymentamount", "total")


def looks_like_body_charts(headers: HeaderSet) -> bool:
    """Whether the normalised headers have the id of a body chart."""
    return headers.any("bodychartid", "bodychartids")


def looks_like_letters(headers: HeaderSet) -> bool:
    """Whether the normalised headers have the id of a letter or of its template."""
    return headers.any("letterid", "lettertemplateid")


def looks_like_waitlist(headers: HeaderSet) -> bool:
    """Whether the normalised headers have the id of an entry of a waiting list."""
    return headers.any("waitlistid", "waitlistentryid")


def looks_like_products(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of products, stock or suppliers."""
    return headers.any("productid", "costprice", "supplierid") and not headers.any("patientid")


def looks_like_open_hours(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the availability blocks of Cliniko's API.

    They are the headers of unavailable blocks without `notes`: hours at which bookings are possible.
    """
    is_block = headers.all("starttime", "endtime", "practitionerid")
    return is_block and not headers.any("notes", "unavailableblockid", "dayofweek", *PATIENT_COLUMNS)


def looks_like_recalls(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of recalls: a date and a type."""
    return headers.any("recallat", "recalldate") and headers.any("recalltypeid", "recalltype")


def _kind(
    name: str,
    label: str,
    rule: Callable[[HeaderSet], bool],
    instead: str,
    *names: str,
    keys: tuple[str, ...] = (),
    counted_as: str = "kind_not_imported",
    unless_named: str | None = None,
) -> Kind[UnmovedRow]:
    return Kind(
        name=name,
        label=label,
        source_label=label,
        source_location=WHERE,
        recognition=Recognition(
            fingerprint=fingerprint(rule),
            file_names=(name, *names),
            json_keys=(name, *keys),
            kind_by_file_name=unless_named,
        ),
        row=UnmovedRow,
        exclusion=Exclusion(
            workaround=instead,
            excluded_code=counted_as,
        ),
    )


KINDS = (
    _kind("invoices", "Invoices", looks_like_invoices, _BALANCES),
    _kind("payments", "Payments", looks_like_payments, _BALANCES, keys=("patient_payments",)),
    _kind(
        "body_charts",
        "Body charts",
        looks_like_body_charts,
        "Export the images in Cliniko and add them to your clients' files.",
        "body charts",
    ),
    _kind(
        "letters",
        "Letters",
        looks_like_letters,
        "Save them as PDF and put them under Patient files, or archive them. Each stays in the client's history.",
        "patient letters",
    ),
    _kind(
        "waitlist",
        "Waitlist",
        looks_like_waitlist,
        "Enter the people who still wait into Caspen's waitlist.",
        "wait list",
        keys=("wait_list_entries",),
    ),
    _kind(
        "products",
        "Products",
        looks_like_products,
        "Set up products, stock and suppliers by hand.",
        "suppliers",
        "stock",
        keys=("product_suppliers", "stock_adjustments"),
    ),
    _kind(
        "availability_blocks",
        "Availability for single days",
        looks_like_open_hours,
        "Each practitioner's weekly hours move. Enter what differs on single days in the calendar.",
        "availability blocks",
        counted_as="availability_block_not_imported",
        unless_named="unavailable_blocks",
    ),
    _kind("recalls", "Recalls", looks_like_recalls, "Set up reminders by hand, with the file at your side."),
)
