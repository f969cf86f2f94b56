"""Staying signed in: two hours for a clinic, a quarter of an hour for support, eight hours at the most."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.settings import Environment
from app.web.page_context import COOKIE, SECURE_COOKIE
from tests.conftest import At
from tests.harness.page_text import headline
from tests.harness.product import ANA, MEGAN, Product, Visitor

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def product(clock: time_machine.Traveller, product_at: At) -> Product:
    return product_at("preparing")


def is_in(browser: Visitor, path: str) -> bool:
    answer = browser.get(path)
    assert answer.status_code in (200, 303)
    return bool(answer.status_code == 200)


def test_a_clinic_is_signed_out_after_two_idle_hours(product: Product, clock: time_machine.Traveller) -> None:
    megan = product.visitor(MEGAN)
    clock.shift(timedelta(hours=2))
    assert is_in(megan, f"{product.at}/help")
    clock.shift(timedelta(hours=2, seconds=1))
    assert not is_in(megan, f"{product.at}/help")


def test_support_is_signed_out_after_a_quarter_of_an_hour(product: Product, clock: time_machine.Traveller) -> None:
    ana = product.visitor(ANA)
    clock.shift(timedelta(minutes=15))
    assert is_in(ana, "/support")
    clock.shift(timedelta(minutes=15, seconds=1))
    assert not is_in(ana, "/support")


def test_a_session_ends_after_eight_hours(product: Product, clock: time_machine.Traveller) -> None:
    megan = product.visitor(MEGAN)
    for _ in range(8):
        clock.shift(timedelta(hours=1))
        assert is_in(megan, f"{product.at}/help")
    clock.shift(timedelta(seconds=1))
    assert not is_in(megan, f"{product.at}/help")


def test_watching_the_progress_does_not_extend_the_session(product: Product, clock: time_machine.Traveller) -> None:
    megan = product.visitor(MEGAN)
    for _ in range(5):
        clock.shift(timedelta(minutes=30))
        megan.get("/m/mig_absent/progress/events")
    assert not is_in(megan, f"{product.at}/help")


def test_signing_out_ends_the_session_at_once_and_clears_the_browser(product: Product) -> None:
    megan = product.visitor(MEGAN)
    secret = megan.cookies[COOKIE]
    answer = megan.post("/signout")
    assert headline(answer) == "You are signed out"
    assert '"storage"' in answer.headers["clear-site-data"]
    stolen = product.visitor()
    stolen.cookies.set(COOKIE, secret)
    assert not is_in(stolen, f"{product.at}/help")
    assert megan.post("/signout").status_code == 200, "twice is once"


def test_a_get_of_the_sign_out_page_signs_nobody_out(product: Product) -> None:
    megan = product.visitor(MEGAN)
    assert headline(megan.get("/signout")) == "Sign out?"
    assert is_in(megan, f"{product.at}/help")


def test_a_new_sign_in_has_a_new_secret(product: Product) -> None:
    megan = product.visitor(MEGAN)
    before = megan.cookies[COOKIE]
    megan.post("/signin", data={"email": MEGAN, "act": "enter"})
    assert megan.cookies[COOKIE] != before


def test_a_page_that_needs_sign_in_asks_and_returns(product: Product) -> None:
    answer = product.visitor().get(f"{product.at}/matches?show=services")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/signin?next={product.at}/matches%3Fshow%3Dservices"
    asked = product.visitor().get(answer.headers["location"])
    assert f'name="next" value="{product.at}/matches?show=services"' in asked.text


def test_an_expired_sign_in_never_puts_a_page_into_a_fragment(product: Product) -> None:
    answer = product.visitor().get(f"{product.at}/progress", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"] == f"/signin?next={product.at}/progress"
    assert not answer.text


@pytest.mark.parametrize("path", ["/m/x%0d%0aSet-Cookie:a=b/help", "/m/ünïcode/help", "/m/x&next=evil/help"])
def test_an_odd_address_makes_no_odd_header(product: Product, path: str) -> None:
    answer = product.visitor().get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"].startswith("/signin?next=/m/")
    assert answer.headers["hx-redirect"].count("&") == 0
    assert "set-cookie" not in answer.headers


def test_in_production_the_cookie_is_for_this_host_over_tls_alone(product_at: At) -> None:
    product = product_at("preparing", environment=Environment.PRODUCTION, base_url="https://move.caspen.example")
    plain = product.visitor()
    plain.cookies.set(COOKIE, product.signed_in("per_megan").cookies[SECURE_COOKIE])
    assert not is_in(plain, f"{product.at}/help"), "the plain name opens nothing"
    assert is_in(product.signed_in("per_megan"), f"{product.at}/help")
