"""The report after the move: what is live, what is not, and what to do next."""

import pytest

from tests.conftest import At
from tests.pages import headline, words
from tests.product import ANA, MEGAN, VERA


@pytest.mark.parametrize("point", ["preparing", "matching", "reviewing"])
def test_before_it_is_live_there_is_no_report(shown_at: At, point: str) -> None:
    product = shown_at(point)
    assert headline(product.visitor(MEGAN).get(f"{product.at}/report")) == "There is no report yet"


def test_the_report_tells_what_came_and_what_to_do(shown_at: At) -> None:
    product = shown_at("finalised")
    page = product.visitor(MEGAN).see(product.at)
    assert headline(page) == "You are live on Caspen"
    said = words(page)
    assert "0 messages sent to clients" in said
    assert "Enter what was added since your export" in said
    assert "Bring unpaid invoices to an end" in said
    assert "None" not in said
    trial = product.move().approved_digest or ""
    assert trial[:12] in said


def test_the_live_digest_is_the_one_that_was_approved(shown_at: At) -> None:
    product = shown_at("finalised")
    assert product.move().report["digest"] == product.move().approved_digest


@pytest.mark.parametrize("email", [VERA, ANA])
def test_whoever_may_look_reads_the_report(shown_at: At, email: str) -> None:
    product = shown_at("finalised")
    assert product.visitor(email).get(f"{product.at}/report").status_code == 200


def test_the_tables_of_the_report_can_be_kept(shown_at: At) -> None:
    product = shown_at("finalised")
    for path in ("review/table.csv", "problems/rows.csv"):
        answer = product.visitor(VERA).get(f"{product.at}/{path}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
