"""Numbers in addresses and forms that Python reads and no page writes."""

from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts

from app.web.sent_numbers import SentNumber, column_number, sent_number
from tests.conftest import At
from tests.figures.generated_requests import COLUMNS
from tests.harness.product import ANA, MEGAN, Product

SPELLINGS = ["1.0", "1.", "+1", "-1", " 1", "1 ", "1_0", "01", "\u00b2", "\uff11", "\u0663", "1e0", "9" * 5_000, ""]
FILES = [(MEGAN, "/m/{}/files/{}"), (ANA, "/support/{}/files/{}")]


@pytest.fixture(scope="module")
def product(shown_at: At) -> Product:
    return shown_at("reviewing")


@pytest.mark.parametrize("text", SPELLINGS)
def test_only_plain_digits_are_a_number(text: str) -> None:
    assert sent_number(text) is None
    assert column_number(f"c{text}") is None


def test_plain_digits_are_a_number() -> None:
    assert [sent_number(text) for text in ("0", "1", "20", "9" * 15)] == [0, 1, 20, int("9" * 15)]
    assert [column_number(field) for field in ("c0", "c12", "h12", "")] == [0, 12, None, None]


def test_every_number_in_an_address_is_read_by_these_rules(product: Product) -> None:
    numbers = [
        (route.path, parameter.name, parameter.field_info)
        for route in iter_route_contexts(product.app.routes)
        if (dependant := getattr(route, "dependant", None)) is not None
        for parameter in (*dependant.path_params, *dependant.query_params)
        if parameter.field_info.annotation is int
    ]
    assert len(numbers) > 4
    rule = SentNumber.__metadata__[0]  # type: ignore[attr-defined]  # an Annotated type keeps its rules there
    assert [(path, name) for path, name, info in numbers if rule not in info.metadata] == []


@pytest.mark.parametrize("text", [each for each in SPELLINGS if each])
@pytest.mark.parametrize(("email", "address"), FILES)
def test_a_file_number_of_another_spelling_is_a_missing_page(
    product: Product, email: str, address: str, text: str
) -> None:
    answer = product.visitor(email).get(address.format(product.migration_id, quote(text, safe="")))
    assert answer.status_code == 404


@pytest.mark.parametrize("column", list(COLUMNS))
def test_a_column_of_another_spelling_is_no_fault_of_ours(product: Product, column: str) -> None:
    """The fingerprint is missing, so the form is refused, and what was sent is described."""
    sent = {"act": "keep", "kind": "clients", "shown": "clients", f"c{column}": "x"}
    assert product.visitor(MEGAN).post(f"/m/{product.migration_id}/files/1", data=sent).status_code < 500
