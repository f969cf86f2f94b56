"""A form that is sent after the session has ended: nothing is saved, and nothing that was typed is thrown away."""

import logging

import pytest

from tests.conftest import At
from tests.forms.outdated import changed, filled_in, ledger_of
from tests.forms.page_forms import forms_of
from tests.forms.routes import LINES, Line
from tests.forms.test_outdated import told_of
from tests.harness.page_text import done, headline, words
from tests.harness.product import BASE, MEGAN, OWN_PAGE, Product

SECRET = "password"
WORDS = "Line 12 should be archived, and <b>Ann Lee</b> is one person."


@pytest.mark.parametrize("line", LINES, ids=told_of)
def test_what_a_form_held_can_be_sent_after_signing_in_again(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    browser, held = sending.browser, {name: value for name, value in sending.form.items() if name != "basis" and value}
    browser.post_exactly("/signout")
    before = ledger_of(product)
    more = {"files": {"files": ("export.zip", b"PK")}} if line.files else {}
    answer = browser.post_exactly(sending.address, sending.form, **more)
    assert changed(before, ledger_of(product)) == [], "nothing is saved for nobody"
    if not held and not line.files:
        assert answer.headers["location"].startswith("/signin?next="), "a button held no answer"
        return
    assert (answer.status_code, headline(answer)) == (401, "You were signed out")
    if SECRET in held or line.files:
        assert "not kept" in words(answer)
        assert not [form for form in forms_of(answer) if form.action == sending.address]
        assert held.get(SECRET, WORDS) not in answer.text
        return
    [form] = [form for form in forms_of(answer) if form.action == sending.address]
    kept: dict[str, list[str]] = {}
    for name, value in form.hidden:
        kept.setdefault(name, []).append(value)
    assert kept == {name: value if isinstance(value, list) else [str(value)] for name, value in sending.form.items()}
    done(browser.post_exactly("/signin", {"email": line.who, "act": "enter"}))
    browser.post_exactly(sending.address, kept)
    assert changed(before, ledger_of(product)), "the answer is saved once somebody is there"


def signed_out_request(product: Product, caplog: pytest.LogCaptureFixture) -> str:
    """Sends a request for a change without a session. Returns the page."""
    caplog.set_level(logging.DEBUG)
    visitor = product.visitor(headers={**OWN_PAGE, "referer": f"{BASE}{product.at}/review"})
    answer = visitor.post_exactly(f"{product.at}/review/requests", {"text": WORDS})
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"
    assert WORDS in words(answer)
    assert not [name for name, value in answer.headers.items() if "Ann" in value]
    return answer.text


def test_what_was_typed_is_in_no_address_header_log_or_ledger(
    product_at: At, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    product = product_at("reviewing")
    before = ledger_of(product)
    page = signed_out_request(product, caplog)
    assert f'href="/signin?next={product.at}/review" target="_blank"' in page
    assert "<b>Ann Lee</b>" not in page, "words are words"
    assert "Ann" not in caplog.text + "".join(capsys.readouterr())
    assert changed(before, ledger_of(product)) == []
    assert product.move().clinic not in page, "a stranger learns nothing of the clinic"


def test_a_choice_that_saves_by_itself_is_kept_in_place_of_the_page(product_at: At) -> None:
    product = product_at("matching")
    fields = {"show": "leave_out", "act": "keep", "before": "1/3/2022"}
    answer = product.visitor().post_exactly(f"{product.at}/matches", fields, headers={**OWN_PAGE, "HX-Request": "true"})
    assert answer.status_code == 401
    assert 'id="main"' in answer.text
    assert (
        'hx-status:401="swap:outerHTML target:#main select:#main"'
        in product.visitor(MEGAN).get(f"{product.at}/matches").text
    )
