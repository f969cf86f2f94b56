"""Rows of files that are refused, left out or not identified are in the sums of every page; so are these files."""

import pytest
from httpx import Response

from tests.conftest import At
from tests.harness.page_text import absent, digest_of, done, doubts, words
from tests.harness.product import MEGAN, Product
from tests.wizard.answering import form_of, page_of, say
from tests.wizard.exports import zipped
from tests.wizard.questionable import few
from tests.wizard.test_doubts import tried
from tests.wizard.test_same_numbers import number_in

ALERTS, FLAGS, NAMELESS = "Medical alerts.csv", "Flags.csv", "bookings.csv"
EXTRA = {
    ALERTS: "Patient ID,Name,Created\n" + "".join(f"{n},Nuts,2026-01-02\n" for n in range(10)),
    FLAGS: "colour,shape\nred,round\nblue,square\ngreen,flat\n",
    NAMELESS: "1234567,2026-01-02 09:00:00 +1100,true\n" * 4,
}
"""A refused file of 10 rows with a kind, a file of 3 rows of unknown kind, 4 refused rows without a kind."""


@pytest.fixture
def product(product_at: At) -> Product:
    product_ = product_at("preparing")
    tried(product_, ("export.zip", zipped(few())), *((name, text.encode()) for name, text in EXTRA.items()))
    return product_


def get(product: Product, path: str) -> Response:
    answer: Response = product.visitor(MEGAN).get(f"{product.at}/{path}")
    return answer


def test_every_page_counts_the_rows_of_files_that_were_not_read(product: Product) -> None:
    contents, names, review = (words(get(product, p)) for p in ("handover", "matches?show=leave_out", "review"))
    rows = {number_in(contents, "rows in your files N"), number_in(names, "rows in your export N")}
    assert rows == {number_in(review, "rows in your export N")}
    for page in (contents, names, review):
        assert number_in(page, "could not be read N") == 14
    assert "Balances" in review
    assert "not accounted for" not in review


def test_a_refused_file_that_is_left_out_is_counted_as_left_out_before_and_after_the_trial(product: Product) -> None:
    before = number_in(words(get(product, "review")), "rows in your export N")
    megan = product.visitor(MEGAN)
    megan.see(f"{product.at}/review")
    done(megan.post(f"{product.at}/review/change-plan", data={"then": "files"}))
    for path in (ALERTS, NAMELESS):
        done(say(product, {**form_of(page_of(product, path)), "kind": "leave_out"}, "next", path))
    done(say(product, {**form_of(page_of(product, FLAGS)), "kind": "leave_out"}, "read", FLAGS))
    product.work()
    contents, names = words(get(product, "handover")), words(get(product, "matches?show=leave_out"))
    assert number_in(contents, "left out by you N") == number_in(names, "left out by you N") == 17
    assert number_in(contents, "rows in your files N") == number_in(names, "rows in your export N") == before

    done(megan.post(f"{product.at}/handover/found", data={"absent": absent(get(product, "handover"))}))
    done(megan.post(f"{product.at}/matches", data={"act": "start", "show": "practitioners"}))
    product.work()
    review = words(get(product, "review"))
    assert number_in(review, "left out by you N") == 17
    assert number_in(review, "rows in your export N") == before
    assert "files_unanswered" not in doubts(get(product, "approve"))
    assert digest_of(get(product, "approve"))


def test_every_page_counts_the_same_open_files(product: Product) -> None:
    pages = (words(get(product, path)) for path in ("handover", "files"))
    counts = {number_in(page, "N files wait for you to say what they are") for page in pages}
    assert counts == {3}
