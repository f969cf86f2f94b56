"""The changes that a form makes in the ledger: posted from its page, from an outdated page, or without a page."""

import hashlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from httpx import Response

from app.db import LedgerTable
from tests.forms.browser import basis_in, basis_now, page_of
from tests.forms.routes import Line
from tests.harness.page_text import words
from tests.harness.product import OWN_PAGE, Product, Visitor

PASSING = {"sign_in", "login_token"}
LOOKS = ("file_seen", "known_clients_listed")
CHANGES_NOTHING = "touched_at"


@dataclass(frozen=True)
class Sending:
    """A form that was filled in on its page and is not sent yet."""

    line: Line
    browser: Visitor
    address: str
    form: dict[str, Any]

    def post(self, **instead: str) -> tuple[int, str]:
        """Sends the form as it was filled in. Returns the status and the visible text."""
        answer = self.answered(**instead)
        return answer.status_code, words(answer)

    def answered(self, **instead: str) -> Response:
        """The same; the answer as it came."""
        form = {**self.form, **instead}
        more: dict[str, Any] = {"files": {"files": ("export.zip", b"PK")}} if self.line.files else {}
        answer: Response = self.browser.post_exactly(self.address, form, **more)
        return answer


def filled_in(product: Product, line: Line, who: str = "") -> Sending:
    """Opens the page and fills in its form, as it is at this point."""
    browser = product.visitor(who or line.who)
    fields = line.fills(product, browser)
    address, tab = line.at(product), str(fields.get("show", ""))
    page = page_of(address, tab)
    assert page is not None, f"nobody knows the page of {address}"
    shown = basis_in(browser.get(page, follow_redirects=True, headers=OWN_PAGE), address)
    basis = shown or basis_now(product.app, address, tab, browser.secret)
    assert basis, f"{address} has no fingerprint"
    return Sending(line, browser, address, {**fields, "basis": basis})


def ledger_of(product: Product) -> dict[str, str]:
    """A hash of each table's rows. Requests that only read leave it unchanged."""
    found = {}
    with product.runtime.ledger.read() as session:
        for table in LedgerTable.metadata.sorted_tables:
            if table.name in PASSING or "sign" in table.name or "token" in table.name:
                continue
            rows = session.connection().execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
            compared = [
                {name: value for name, value in row.items() if name != CHANGES_NOTHING}
                for row in rows
                if row.get("act") not in LOOKS
            ]
            found[table.name] = hashlib.sha256(repr(compared).encode()).hexdigest()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that differ."""
    return [name for name in before if before[name] != after[name]]
