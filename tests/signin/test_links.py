"""Sign-in by link: a link works once, for half an hour, and opening it uses nothing up."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from httpx import Response

from app.access.access_tables import SignedIn, SignInToken
from app.notify.mails import Composer
from app.web.page_context import COOKIE
from tests.conftest import At
from tests.harness.page_text import headline, typed, words
from tests.harness.product import MEGAN, OLIVE, Product

WBR_MEGAN = MEGAN.replace("@", " @")  # an address may break before its sign
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def product(product_at: At) -> Product:
    return product_at("preparing")


def ask(product: Product, email: str = MEGAN, next_page: str = "/") -> Response:
    answer: Response = product.visitor().post("/signin", data={"email": email, "next": next_page, "act": "link"})
    return answer


def link(product: Product) -> str:
    """The path of the button in the newest mail."""
    address = Composer(product.settings).address(product.mails("sign_in")[-1])
    assert address.startswith(product.settings.base_url), "the link must lead to our own address"
    return urlsplit(address).path


def test_a_link_signs_in_and_leads_back_to_the_page(product: Product) -> None:
    ask(product, next_page=f"{product.at}/checklist")
    browser = product.visitor()
    assert headline(browser.get(link(product))) == "Sign in"
    answer = browser.post(link(product))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{product.at}/checklist"
    assert browser.get(f"{product.at}/checklist").status_code == 200


def test_a_link_works_once(product: Product) -> None:
    ask(product)
    path = link(product)
    assert product.visitor().post(path).status_code == 303
    again = product.visitor().post(path)
    assert again.status_code == 410
    assert headline(again) == "This link no longer works"
    assert COOKIE not in again.cookies
    assert product.visitor().get(path).status_code == 410


def test_a_scanner_that_opens_a_link_fifty_times_uses_nothing_up(product: Product) -> None:
    ask(product)
    scanner = product.visitor(headers={})
    for _ in range(50):
        assert scanner.get(link(product)).status_code == 200
    assert product.visitor().post(link(product)).status_code == 303


def test_a_link_ends_after_half_an_hour(product: Product) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ask(product)
        assert "within 30 minutes" in words(ask(product))
        path = link(product)
        clock.shift(timedelta(minutes=29))
        assert product.visitor().get(path).status_code == 200
        clock.shift(timedelta(minutes=2))
        assert product.visitor().get(path).status_code == 410
        assert product.visitor().post(path).status_code == 410


def test_a_made_up_link_is_a_dead_link(product: Product) -> None:
    assert product.visitor().get("/signin/nonsense").status_code == 410
    assert product.visitor().post("/signin/nonsense").status_code == 410


def test_the_response_does_not_reveal_known_addresses(product: Product) -> None:
    known, unknown = ask(product, MEGAN), ask(product, "who@nowhere.example")
    assert known.status_code == unknown.status_code == 200
    assert words(known).replace(WBR_MEGAN, "X") == words(unknown).replace("who @nowhere.example", "X")
    assert [mail.recipient for mail in product.mails("sign_in")] == [MEGAN]


def test_an_address_is_matched_in_any_notation(product: Product) -> None:
    ask(product, "  Megan@HarbourStreet.example ")
    assert [mail.recipient for mail in product.mails("sign_in")] == [MEGAN]


@pytest.mark.parametrize("nonsense", ["", "   ", "megan", "m" * 300 + "@x.example"])
def test_an_invalid_address_comes_back_as_typed(product: Product, nonsense: str) -> None:
    answer = ask(product, nonsense)
    assert answer.status_code == 422
    assert "Enter the e-mail address that you use in Caspen" in words(answer)
    assert typed(answer, "email") == nonsense
    assert not product.mails("sign_in")


def test_the_number_of_links_per_person_is_limited(product: Product) -> None:
    answers = {ask(product).status_code for _ in range(12)}
    assert answers == {200}, "the answer stays the same"
    assert len(product.mails("sign_in")) == 5


def test_someone_who_left_gets_no_link(product: Product) -> None:
    product.end_access("per_megan")
    ask(product)
    assert not product.mails("sign_in")


EVIL = ["//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil", "javascript:alert(1)", "/\t/evil", ""]


@pytest.mark.parametrize("target", EVIL)
def test_signing_in_leads_nowhere_else(product: Product, target: str) -> None:
    ask(product, next_page=target)
    assert product.visitor().post(link(product)).headers["location"] == "/"
    assert f'value="{target}"' not in product.visitor().get("/signin", params={"next": target}).text or not target
    entered = product.visitor().post("/signin", data={"email": OLIVE, "act": "enter", "next": target})
    assert entered.headers["location"] == "/"


def test_only_hashes_of_secrets_are_kept(product: Product) -> None:
    ask(product)
    token = link(product).rsplit("/", 1)[1]
    browser = product.visitor()
    browser.post(link(product))
    secret = browser.cookies[COOKIE]
    assert len(secret) >= 40
    ledger = b"".join(path.read_bytes() for path in product.settings.var.glob("ledger.sqlite*"))
    assert token.encode() not in ledger
    assert secret.encode() not in ledger
    with product.runtime.ledger.read() as session:
        assert session.get(SignInToken, token) is None
        assert session.get(SignedIn, secret) is None


def test_the_cookie_is_kept_from_scripts_and_other_sites(product: Product) -> None:
    answer = product.visitor().post("/signin", data={"email": MEGAN, "act": "enter"})
    cookie = answer.headers["set-cookie"]
    assert re.match(rf"{COOKIE}=", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
