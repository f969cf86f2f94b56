"""Help on every page: a message with its page and error, and the thread of answers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from app.migration.models import HelpMessage
from app.web.form_fingerprint import UNIQUE
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import ANA, MEGAN, VERA, Product


def test_a_message_carries_its_page_and_error_to_support(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/help?page=matches&error=e-12ab-34cd")
    assert typed(page, "page") == "matches"
    done(megan.post(f"{product.at}/help", data={"text": "Who is Jo?", "page": "matches", "error": "e-12ab-34cd"}))
    text_shown = words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    assert "Who is Jo?" in text_shown
    assert "Megan Doyle" in text_shown


def test_an_answer_appears_in_the_thread_and_is_announced_without_its_text(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/help", data={"text": "Who is Jo?"}))
    assert "With support" in words(megan.get(f"{product.at}/help"))
    done(product.visitor(ANA).post(f"/support/{product.migration_id}/help", data={"text": "Jo left in May."}))
    page = words(megan.get(f"{product.at}/help"))
    assert "Jo left in May." in page
    assert "Ana Ferreira, support" in page
    assert "Answered" in page
    mails = product.mails("help_answered")
    assert {mail.recipient for mail in mails} == {MEGAN, "grace@harbourstreet.example"}
    assert "Jo" not in f"{[mail.params for mail in mails]}"


def test_an_empty_message_is_asked_for_again(product_at: At) -> None:
    product = product_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/help", data={"text": "  ", "page": "review"})
    assert answer.status_code == 422
    assert "Write what you need help with." in words(answer)
    assert typed(answer, "page") == "review"


def test_a_message_that_is_too_long_comes_back_as_typed(product_at: At) -> None:
    product = product_at("preparing")
    long = "Please look. " * 400
    answer = product.visitor(MEGAN).post(f"{product.at}/help", data={"text": long})
    assert answer.status_code == 422
    assert "Shorten it to 4,000 characters." in words(answer)
    assert typed(answer, "text") == long.strip()


def test_viewers_can_ask_for_help(product_at: At) -> None:
    product = product_at("preparing")
    done(product.visitor(VERA).post(f"{product.at}/help", data={"text": "May I act?"}))
    assert headline(product.visitor(VERA).get(f"{product.at}/help")) == "Your questions to support"


def test_words_are_shown_and_never_run(product_at: At) -> None:
    product = product_at("preparing")
    form = {"text": '<img src=x onerror="alert(1)">', "page": "<b>"}
    done(product.visitor(MEGAN).post(f"{product.at}/help", data=form))
    for email, path in ((MEGAN, f"{product.at}/help"), (ANA, f"/support/{product.migration_id}")):
        page = product.visitor(email).get(path)
        assert "onerror" in words(page)
        assert "<img" not in page.text
        assert 'onerror="' not in page.text


def test_the_page_explains_what_is_stored_and_for_how_long(shown_at: At) -> None:
    product = shown_at("preparing")
    text_shown = words(product.visitor(MEGAN).get(f"{product.at}/help"))
    assert "We delete it 30 days after the move is finished" in text_shown


def kept(product: Product) -> list[str]:
    with product.runtime.ledger.read() as session:
        stored = session.exec(select(HelpMessage).where(HelpMessage.migration_id == product.migration_id)).all()
    return sorted(message.text for message in stored)


@pytest.mark.parametrize("route", sorted(UNIQUE))
def test_a_form_that_is_sent_again_makes_a_single_message(product_at: At, route: str) -> None:
    product = product_at("preparing")
    address = route.replace("{migration_id}", product.migration_id)
    visitor = product.visitor(ANA if route.startswith("/support") else MEGAN)
    page = address.removesuffix("/help") if route.startswith("/support") else address
    first, second = ({"text": "Who is Jo?", "basis": basis_in(visitor.get(page), address)} for _ in range(2))
    assert first["basis"] != second["basis"]
    with ThreadPoolExecutor(5) as pool:
        for answer in pool.map(lambda _: visitor.post_exactly(address, first), range(5)):
            done(answer)
    assert kept(product) == ["Who is Jo?"]
    mails = len(product.mails("help_answered"))
    done(visitor.post_exactly(address, second))
    assert kept(product) == ["Who is Jo?"] * 2, "equal words from another drawn form"
    done(visitor.post_exactly(address, {**first, "text": "And who is Sam?"}))
    assert kept(product) == ["And who is Sam?", "Who is Jo?", "Who is Jo?"], "other words are another message"
    assert len(product.mails("help_answered")) == 3 * mails


@pytest.mark.parametrize(
    ("text", "message"), [("\u202e\u200b", "Write"), ("x" * 4001, "Shorten it to 4,000 characters.")]
)
def test_a_text_without_letters_or_too_long_is_sent_by_neither_side(product_at: At, text: str, message: str) -> None:
    product = product_at("preparing")
    for visitor, path in (
        (product.visitor(MEGAN), product.at),
        (product.visitor(ANA), f"/support/{product.migration_id}"),
    ):
        answer = visitor.post(f"{path}/help", data={"text": text})
        assert answer.status_code == 422
        assert message in words(answer)
