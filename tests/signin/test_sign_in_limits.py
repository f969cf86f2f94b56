"""Strangers cannot lock the owner of an address out, and no response reveals known addresses."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import select

from app.access.access_tables import Person, SignInToken
from app.signin import pages, sign_in_limits
from app.signin.sign_in_limits import SignInLinkRequest, network_of
from app.web.page_context import COOKIE
from tests.conftest import At
from tests.harness.invitations import invite, newest_link, sign_in_by_link
from tests.harness.page_text import done, headline, words
from tests.harness.product import GRACE, MEGAN, OLIVE, Product, Visitor

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def product(product_at: At) -> Product:
    return product_at("preparing")


def ask(browser: Visitor, email: str = MEGAN) -> str:
    """Asks for a link and returns the text of the page."""
    return words(browser.post("/signin", data={"email": email, "act": "link"}))


def attack(product: Product, times: int, email: str = MEGAN) -> None:
    """A stranger asks for links to another person's address, each time with a new browser."""
    for _ in range(times):
        ask(product.visitor(), email)


def opens(browser: Visitor, product: Product, email: str = MEGAN) -> bool:
    """Whether the newest e-mail signs in."""
    return bool(browser.post(newest_link(product, email)).status_code == 303)


@pytest.mark.parametrize("times", [5, 12, 60])
def test_a_strangers_requests_do_not_lock_out_the_owner(product: Product, times: int) -> None:
    attack(product, times)
    owner = product.visitor()
    ask(owner)
    assert opens(owner, product)
    assert len(product.mails("sign_in")) == 5, "and nobody is flooded"


def test_each_network_has_its_own_limit(product: Product) -> None:
    def asks(network: str, times: int) -> int:
        before = len(product.mails("sign_in"))
        for _ in range(times):
            sign_in_limits.email_link(product.runtime, SignInLinkRequest(MEGAN, "/", network, None))
        return len(product.mails("sign_in")) - before

    assert asks("203.0.113.7", 12) == sign_in_limits.PER_ADDRESS_FROM_ONE_NETWORK
    assert asks("198.51.100.2", 1) == 1
    assert sum(asks(f"192.0.2.{number}", 3) for number in range(20)) == sign_in_limits.PER_ADDRESS - 6
    assert asks("198.51.100.9", 1) == 0
    assert opens(product.visitor(), product), "the newest e-mail signs in"
    assert asks("198.51.100.9", 1) == 1, "and when it is used up there is another one"


def test_the_owner_gets_a_new_link_under_attack_after_using_the_newest(product: Product) -> None:
    for _ in range(3):
        attack(product, 12)
        phone = product.visitor()
        ask(phone)
        assert opens(phone, product)


def test_requests_for_many_addresses_lock_out_no_owner(product: Product) -> None:
    for number in range(100):
        ask(product.visitor(), f"nobody{number}@x.example")
    owner = product.visitor()
    ask(owner)
    assert opens(owner, product)
    ask(owner, GRACE)
    assert opens(owner, product, GRACE)


def test_a_known_browser_has_limits_of_its_own(product: Product) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = sign_in_by_link(product, MEGAN)
        browser.post("/signout")
        clock.shift(timedelta(minutes=11))
        attack(product, 12)
        sent = len(product.mails("sign_in"))
        for _ in range(12):
            ask(browser)
        assert len(product.mails("sign_in")) == sent + sign_in_limits.PER_KNOWN_BROWSER
        ask(product.visitor())
        assert opens(browser, product)


def test_a_known_browser_counts_only_for_its_owner_and_signs_nobody_in(product: Product) -> None:
    browser = sign_in_by_link(product, OLIVE)
    browser.cookies.delete(COOKIE)
    assert browser.get("/").headers["location"] == "/signin"
    attack(product, 12)
    sent = len(product.mails("sign_in"))
    ask(browser, MEGAN)
    assert len(product.mails("sign_in")) == sent
    value = browser.cookies[pages.BROWSER_COOKIE]
    with product.runtime.ledger.read() as session:
        olive = session.get_one(Person, "per_olive")
    for cookie in ("", "nonsense", "s1.", value[:-4] + "AAAA", value + "\x00", "\u00e9"):
        assert sign_in_limits.known_browser(product.runtime, cookie, olive.id) == ""
    assert sign_in_limits.known_browser(product.runtime, value, olive.id) != ""
    assert sign_in_limits.known_browser(product.runtime, value, "per_megan") == ""


def test_a_newer_link_ends_older_links_at_once(product: Product) -> None:
    browser, paths = product.visitor(), []
    for _ in range(3):
        ask(browser)
        paths.append(newest_link(product, MEGAN))
    for older in paths[:2]:
        assert headline(browser.get(older)) == "This link no longer works"
        assert browser.post(older).status_code == 410
    assert browser.post(paths[2]).status_code == 303


def test_another_persons_link_ends_no_link(product: Product) -> None:
    browser = product.visitor()
    ask(browser)
    ask(browser, GRACE)
    assert opens(browser, product)
    assert opens(browser, product, GRACE)


def test_the_work_for_a_request_does_not_reveal_known_addresses(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SignInLinkRequest] = []
    monkeypatch.setattr(sign_in_limits, "email_link", lambda _, request: asked.append(request))
    answers = [
        product.visitor().post("/signin", data={"email": email, "act": "link"}) for email in (MEGAN, "who@x.example")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [request.address for request in asked] == [MEGAN, "who@x.example"]
    with product.runtime.ledger.read() as session:
        assert not session.exec(select(SignInToken)).all(), "the address is looked up after the answer alone"


def test_a_fault_after_the_answer_is_no_fault_of_the_answer(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_limits, "post_link", lambda *_: 1 / 0)
    assert "a link is on its way" in ask(product.visitor())
    assert not product.mails("sign_in")


def test_only_invited_new_addresses_get_a_link(product: Product) -> None:
    done(invite(product, "kim@x.example"))
    for email in ("kim@x.example", "lee@x.example"):
        ask(product.visitor(), email)
    assert [mail.recipient for mail in product.mails("sign_in")] == ["kim@x.example"]


def test_the_confirming_page_names_the_account(product: Product) -> None:
    ask(product.visitor())
    page = words(product.visitor().get(newest_link(product, MEGAN)))
    assert "You sign in as Megan Doyle , with megan @harbourstreet.example" in page
    assert "Another account" not in page


def test_confirming_warns_about_another_account_and_signs_it_out(product: Product) -> None:
    browser = product.visitor(OLIVE)
    before = browser.cookies[COOKIE]
    ask(browser)
    page = words(browser.get(newest_link(product, MEGAN)))
    assert "Another account is signed in in this browser olive @riverbend.example is signed out when" in page
    assert opens(browser, product)
    assert browser.get("/").headers["location"] == product.at
    stolen = product.visitor()
    stolen.cookies.set(COOKIE, before)
    assert stolen.get("/").headers["location"] == "/signin", "the session of the other account has ended"


def test_the_same_account_is_no_other_account(product: Product) -> None:
    browser = product.visitor(MEGAN)
    ask(browser)
    assert "Another account" not in words(browser.get(newest_link(product, MEGAN)))


def test_a_removed_persons_link_is_invalid(product: Product) -> None:
    browser = product.visitor()
    ask(browser)
    product.end_access("per_megan")
    assert browser.get(newest_link(product, MEGAN)).status_code == 410
    assert browser.post(newest_link(product, MEGAN)).status_code == 410


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_a_limit_counts_networks(host: str | None, network: str) -> None:
    assert network_of(host) == network
