"""Instructions for the export, and the clinic's confirmation that the export is complete."""

import pytest

from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import MEGAN


def test_the_best_day_is_the_day_before_the_conversion(product_at: At) -> None:
    product = product_at("preparing")
    product.put(conversion_date="2026-12-18")
    page = product.visitor(MEGAN).get(f"{product.at}/export")
    assert headline(page) == "Export everything from Cliniko"
    assert "17 December 2026" in words(page)
    assert "It is a recommendation" in words(page)


def test_the_page_explains_the_export_without_a_date(shown_at: At) -> None:
    product = shown_at("preparing")
    text = words(product.visitor(MEGAN).get(f"{product.at}/export"))
    assert "Any time" in text
    assert "24 hours before your Trial Conversion date" in text
    assert "not given yet" in text


def test_the_clinic_confirms_that_its_export_is_complete(product_at: At) -> None:
    product = product_at("preparing")
    answer = done(product.visitor(MEGAN).post(f"{product.at}/export", data={"ready": "1"}))
    assert answer.headers["location"] == f"{product.at}/handover"
    first = product.move().export_confirmed_at
    assert first is not None
    done(product.visitor(MEGAN).post(f"{product.at}/export", data={"ready": "1"}))
    assert product.move().export_confirmed_at == first


def test_the_tick_is_required(product_at: At) -> None:
    product = product_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/export")
    assert answer.status_code == 422
    assert "Tick this when your export holds everything that you want moved." in words(answer)
    assert product.move().export_confirmed_at is None


@pytest.mark.parametrize("point", ["matching", "reviewing"])
def test_the_page_can_be_read_all_along(shown_at: At, point: str) -> None:
    product = shown_at(point)
    assert product.visitor(MEGAN).get(f"{product.at}/export").status_code == 200


def test_a_move_that_is_over_no_longer_explains_the_export(shown_at: At) -> None:
    product = shown_at("finalised")
    answer = product.visitor(MEGAN).get(f"{product.at}/export")
    assert (answer.status_code, answer.headers["location"]) == (303, product.at)


def test_nothing_is_confirmed_when_the_move_is_over(product_at: At) -> None:
    product = product_at("finalised")
    answer = product.visitor(MEGAN).post(f"{product.at}/export", data={"ready": "1"})
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: your move is finished"
