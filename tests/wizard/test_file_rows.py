"""Rows of files that are refused, left out or not identified are in the sums of every page; so are these files."""

import pytest
from httpx import Response

from tests.conftest import At
from tests.pages import absent, digest_of, done, doubts, words
from tests.product import MEGAN, Product
from tests.wizard.answering import form_of, page_of, say
from tests.wizard.exports import zipped
from tests.wizard.questionable import few
from tests.wizard.test_doubts import tried
from tests.wizard.test_same_numbers import said

ALERTS, FLAGS, NAMELESS = "Medical alerts.csv", "Flags.csv", "bookings.csv"
EXTRA = {
    ALERTS: "Patient ID,Name,Created\n" + "".join(f"{n},Nuts,2026-01-02\n" for n in range(10)),
    FLAGS: "colour,shape\nred,round\nblue,square\ngreen,flat\n",
    NAMELESS: "1234567,2026-01-02 09:00:00 +1100,true\n" * 4,
}
"""A refused file of 10 rows whose kind is known, a file of 3 rows that nobody knows, 4 refused rows of no kind."""


@pytest.fixture
def product(product_at: At) -> Product:
    found = product_at("preparing")
    tried(found, ("export.zip", zipped(few())), *((name, text.encode()) for name, text in EXTRA.items()))
    return found


def get(product: Product, path: str) -> Response:
    answer: Response = product.visitor(MEGAN).get(f"{product.at}/{path}")
    return answer


def test_every_page_counts_the_rows_of_files_that_were_not_read(product: Product) -> None:
    found, names, review = (words(get(product, p)) for p in ("handover", "matches?show=leave_out", "review"))
    rows = {said(found, "rows in your files N"), said(names, "rows in your export N")}
    assert rows == {said(review, "rows in your export N")}
    for page in (found, names, review):
        assert said(page, "could not be read N") == 14
    assert "Balances" in review
    assert "not accounted for" not in review


def test_a_refused_file_that_is_left_out_is_counted_as_left_out_before_and_after_the_trial(product: Product) -> None:
    before = said(words(get(product, "review")), "rows in your export N")
    megan = product.visitor(MEGAN)
    megan.see(f"{product.at}/review")
    done(megan.post(f"{product.at}/review/change-plan", data={"then": "files"}))
    for path in (ALERTS, NAMELESS):
        done(say(product, {**form_of(page_of(product, path)), "kind": "leave_out"}, "next", path))
    done(say(product, {**form_of(page_of(product, FLAGS)), "kind": "leave_out"}, "read", FLAGS))
    product.work()
    found, names = words(get(product, "handover")), words(get(product, "matches?show=leave_out"))
    assert said(found, "left out by you N") == said(names, "left out by you N") == 17
    assert said(found, "rows in your files N") == said(names, "rows in your export N") == before

    done(megan.post(f"{product.at}/handover/found", data={"absent": absent(get(product, "handover"))}))
    done(megan.post(f"{product.at}/matches", data={"act": "start", "show": "practitioners"}))
    product.work()
    review = words(get(product, "review"))
    assert said(review, "left out by you N") == 17
    assert said(review, "rows in your export N") == before
    assert "files_unanswered" not in doubts(get(product, "approve"))
    assert digest_of(get(product, "approve"))


def test_the_files_that_wait_for_an_answer_are_one_number(product: Product) -> None:
    pages = (words(get(product, path)) for path in ("handover", "files"))
    told = {said(page, "N files wait for you to say what they are") for page in pages}
    assert told == {3}
