"""Different first and last appointments are listed by client, for people of the clinic who may see clients."""

import re

import pytest

from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, RICK, VERA, Product
from tests.wizard.exports import changed
from tests.wizard.test_doubts import tried


def another_last(row: dict[str, str]) -> dict[str, str]:
    """The list of clients has a later last visit than the appointments."""
    return row | {"Last Appointment": "2026-11-19 03:17:00 +1100"} if "Last Appointment" in row else row


@pytest.fixture
def product(product_at: At) -> Product:
    product_ = product_at("preparing")
    tried(product_, ("export.zip", changed("patients-", another_last)))
    return product_


def test_the_review_shows_the_number_and_the_list_the_names(product: Product) -> None:
    rick = product.visitor(RICK)
    review = rick.get(f"{product.at}/review")
    assert re.search(r"0 of \d+ clients have the first and the last appointment that Cliniko says", words(review))
    assert f'href="{product.at}/visits"' in review.text
    page = rick.get(f"{product.at}/visits")
    assert re.fullmatch(r"\d+ clients with another first or last appointment", headline(page))
    assert "It is not in your export" in words(page)
    assert page.headers["cache-control"] == "no-store"
    links = set(re.findall(rf'href="({product.at}/clients/cli_\w+)"', page.text))
    assert len(links) > 20
    assert rick.get(sorted(links)[0]).status_code == 200
    assert [entry.by for entry in product.audit() if entry.act == "visits_listed"] == [RICK]


@pytest.mark.parametrize("email", [VERA, ANA])
def test_those_who_may_not_see_clients_see_numbers_alone(product: Product, email: str) -> None:
    visitor = product.visitor(email)
    assert visitor.get(f"{product.at}/visits").status_code == 403
    at = f"/support/{product.migration_id}" if email == ANA else f"{product.at}/review"
    page = visitor.get(at)
    assert "have the first and the last appointment that Cliniko says" in words(page)
    assert "/visits" not in page.text


def test_the_list_is_empty_if_all_visits_agree(shown_at: At) -> None:
    product = shown_at("reviewing")
    page = product.visitor(MEGAN).get(f"{product.at}/visits")
    assert "Every first and last appointment that Cliniko tells of came." in words(page)


def test_there_is_no_list_before_a_trial(shown_at: At) -> None:
    product = shown_at("matching")
    assert headline(product.visitor(MEGAN).get(f"{product.at}/visits")) == "There is no trial to review yet"
