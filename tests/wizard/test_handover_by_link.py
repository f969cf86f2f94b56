"""Handover of a link: checked first, downloaded by a worker, stored sealed."""

import pytest
from httpx import Response

from app.migration.models import Export
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, typed, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import ANA, MEGAN, Product
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.replies import Fault

LINK = "https://riverbend.s3.ap-southeast-2.amazonaws.com/export.zip"


def post_link(product: Product, link: str) -> Response:
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/link", data={"link": link})
    return answer


def hand_over(product: Product, link: str) -> Response:
    """Checks a link and confirms it."""
    assert done(post_link(product, link)).headers["location"] == f"{product.at}/link"
    return done(product.visitor(MEGAN).post(f"{product.at}/link/confirm"))


def test_a_link_is_fetched_by_a_worker_and_kept_sealed(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(LINK, ServedFile(text=tiny_export()))
    hand_over(product, f"{LINK}?key=secret-of-the-link")
    product.work()
    assert product.state() is State.MATCHING
    with product.runtime.ledger.read() as session:
        export = session.get_one(Export, (product.migration_id, 1))
    assert export.link_hint == "riverbend.s3.ap-southeast-2.amazonaws.com/export.zip"
    ledger = b"".join(path.read_bytes() for path in product.settings.var.glob("ledger.sqlite*"))
    assert b"secret-of-the-link" not in ledger
    page = product.visitor(ANA).get(f"/support/{product.migration_id}")
    assert (
        "riverbend.s3.ap-southeast-2.amazonaws.com/export.zip" in words(page).replace(" ", "")
        or "export.zip" in page.text
    )
    assert "secret-of-the-link" not in page.text


def test_a_link_that_was_pasted_as_http_is_fetched_over_https(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(LINK, ServedFile(text=tiny_export()))
    hand_over(product, LINK.replace("https", "http"))
    product.work()
    assert product.state() is State.MATCHING


def test_a_dead_link_shows_its_reason_and_stays_in_its_field(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.names("riverbend.s3.ap-southeast-2.amazonaws.com")
    answer = post_link(product, LINK)
    assert answer.status_code == 422
    assert typed(answer, "link") == LINK
    assert "link_gone" in answer.text
    assert "{" not in words(answer)
    assert product.state() is State.PREPARING


UNSAFE = [
    "https://127.0.0.1/x.zip",
    "https://10.0.0.1/x.zip",
    "http://169.254.169.254/latest",
    "https://[::1]/x.zip",
    "https://localhost/x.zip",
    "http://192.168.1.1/",
]


@pytest.mark.parametrize("link", UNSAFE)
def test_an_address_inside_is_refused_in_the_same_words(product_at: At, net: FakeInternet, link: str) -> None:
    product = product_at("preparing")
    answer = post_link(product, link)
    assert answer.status_code == 422
    assert "This address cannot be reached from our service." in words(answer)
    assert "unsafe_address" in answer.text
    assert typed(answer, "link") == link
    assert not net.log
    assert product.state() is State.PREPARING


@pytest.mark.parametrize("link", ["", "my export", "ftp://x.example/x", "https://", "\\\\server\\share"])
def test_an_invalid_link_is_asked_for_again(product_at: At, net: FakeInternet, link: str) -> None:
    product = product_at("preparing")
    answer = post_link(product, link)
    assert answer.status_code == 422
    assert typed(answer, "link") == link
    assert product.state() is State.PREPARING


def test_a_provider_that_is_away_for_a_while_is_tried_again_by_a_worker(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(LINK, ServedFile(text=tiny_export()), Fault("status", 503, on="any", times=None))
    answer = hand_over(product, LINK)
    assert answer.headers["location"] == f"{product.at}/progress"
    assert product.state() is State.FETCHING
