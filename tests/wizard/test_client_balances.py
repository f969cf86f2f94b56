"""Balances do not move. Only the clinic sees and downloads them."""

import csv
import io
import re

import pytest

from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, RICK, VERA, Product
from tests.wizard.exports import changed
from tests.wizard.test_doubts import tried

FORMULA = "=HYPERLINK(1)"


def owing(row: dict[str, str]) -> dict[str, str]:
    """The first clients owe something. A name among them looks like a formula."""
    if "Account Balance" not in row:
        return row
    first = int(row["Patient ID"].strip('="')[-2:]) % 2 == 0
    amounts = {"Account Balance": "1250.50" if first else "0.0", "Opening balance": "", "Unapplied Account Credit": "0"}
    return row | amounts | ({"First Name": FORMULA} if first else {})


@pytest.fixture
def product(product_at: At) -> Product:
    product_ = product_at("preparing")
    tried(product_, ("export.zip", changed("patients-", owing)))
    return product_


def test_the_list_shows_its_sum_and_that_balances_do_not_move(product: Product) -> None:
    rick = product.visitor(RICK)
    assert "balances do not move" in words(rick.get(f"{product.at}/review"))
    page = rick.get(f"{product.at}/balances")
    count = int(re.match(r"(\d+) clients? with a balance in Cliniko", headline(page)).group(1))  # type: ignore[union-attr]
    assert count > 5
    assert "Balances do not move: invoices and payments stay in Cliniko." in words(page)
    assert f"{count * 1250.5:,.2f}" in words(page)
    assert page.headers["cache-control"] == "no-store"
    assert next(entry for entry in product.audit() if entry.act == "balances_listed").by == RICK


def test_the_download_is_complete_and_escapes_formulas(product: Product) -> None:
    megan = product.visitor(MEGAN)
    answer = megan.get(f"{product.at}/balances/table.csv")
    assert answer.text.startswith("\ufeff")
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["Account balance"] for row in rows} == {"1250.50"}
    assert all(row["client"].startswith(f"'{FORMULA}") for row in rows)
    assert len(rows) == product.trial_numbers()["balances"]
    audit = next(entry for entry in product.audit() if entry.act == "balances_downloaded")
    assert (audit.by, audit.facts) == (MEGAN, {})


@pytest.mark.parametrize("email", [VERA, ANA])
@pytest.mark.parametrize("path", ["balances", "balances/table.csv"])
def test_amounts_are_the_clinics_alone(product: Product, email: str, path: str) -> None:
    assert product.visitor(email).get(f"{product.at}/{path}").status_code == 403


def test_support_sees_how_many_and_no_amount(product: Product) -> None:
    page = product.visitor(ANA).get(f"/support/{product.migration_id}")
    assert re.search(r"\d+ clients with a balance, \d+ of them owing", words(page))
    assert "1250" not in page.text
    assert "1,250" not in page.text


def test_there_is_no_list_before_a_trial(shown_at: At) -> None:
    product = shown_at("matching")
    assert headline(product.visitor(MEGAN).get(f"{product.at}/balances")) == "There is no trial to review yet"
    assert product.visitor(MEGAN).get(f"{product.at}/balances/table.csv").status_code == 404
