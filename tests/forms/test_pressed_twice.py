"""A button that is pressed twice, or five times at once: one effect, and every press is answered as the first was.

Generated over every form of the product: the same form of the same page, sent again by the same person.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from httpx import Response

from app.migration.audit import READ_ONLY_ENDINGS
from app.web.repeated_forms import AFTER, CHOSEN_AFTER
from tests.conftest import At
from tests.forms.outdated import Sending, changed, filled_in, ledger_of
from tests.forms.routes import LINES, Line, always
from tests.forms.test_outdated import told_of
from tests.harness.page_text import words
from tests.harness.product import GRACE, MEGAN, Product

CALM = {200, 303, 404, 409, 422, 429}
LOOKS = {
    "/m/{migration_id}/link": {"audit_entry", "checked_link"},
    "/m/{migration_id}/report/link": {"audit_entry", "export"},
}
"""Whoever asks twice whether a link opens looks twice: that is written down, and nothing of the move changes."""

M = "/m/{migration_id}"
OTHERWISE = {
    f"{M}/handover/upload": "its files are on their way twice: the second ones are not taken, and the page says so",
    f"{M}/upload/begin": "answered to the page's script, which asks where the upload stands",
    f"{M}/upload/finish": "answered to the page's script, which asks where the upload stands",
    f"{M}/upload/stop": "the upload that it stopped is gone, and the page says so",
    f"{M}/link/again": "looks once more, and shows what it saw",
    f"{M}/link/forget": "the link that it forgot is gone, and the page says so",
}
"""Forms whose second press has an answer of its own, each with the reason."""
ADDS: dict[str, str] = {}
"""Forms that add something of each sender: the same words of two people are two."""
SAME = [line for line in LINES if line.route not in OTHERWISE]
MARKED = [line for line in SAME if line.route in AFTER or line.route in CHOSEN_AFTER]


def status_and_location(answer: Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("location")


def effects(product: Product) -> list[str]:
    """The acts of the move that are no looks, in order."""
    return [act for act in product.acts() if not act.endswith(READ_ONLY_ENDINGS)]


@pytest.mark.parametrize("line", LINES, ids=told_of)
def test_the_second_press_applies_nothing(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    first = sending.answered()
    once, move = ledger_of(product), product.move()

    second = sending.answered()

    status, read = second.status_code, words(second)
    applied = set(changed(once, ledger_of(product))) - LOOKS.get(line.route, set())
    assert applied == set(), f"{line.route} was applied twice: {status} {read[:600]}"
    assert product.move() == move
    assert status in CALM, f"{status} {read[:600]}"
    assert line.route in OTHERWISE or status_and_location(second) == status_and_location(first), read[:600]


@pytest.mark.parametrize("line", MARKED, ids=told_of)
def test_five_presses_at_once_have_one_effect_and_one_answer(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending, before = filled_in(product, line), effects(product)
    others = [replace(sending, browser=product.visitor(line.who)) for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(Sending.answered, others))
    assert len({status_and_location(answer) for answer in answers}) == 1, [
        status_and_location(answer) for answer in answers
    ]
    assert answers[0].status_code == 303
    done_once = effects(product)[len(before) :]
    assert len(done_once) == len(set(done_once)), "one effect"


def test_an_answer_that_another_one_replaced_is_not_said_to_be_used(product_at: At) -> None:
    product = product_at("matching")
    line = next(line for line in LINES if line.route == f"{M}/files/{{number}}")
    old = filled_in(product, line)
    assert old.answered().status_code == 303
    assert filled_in(product, replace(line, fills=always(act="leave", more="1"))).answered().status_code == 303
    assert old.answered().status_code == 409


@pytest.mark.parametrize("line", [line for line in SAME if line.who == MEGAN], ids=told_of)
def test_the_same_answer_of_a_colleague_a_moment_before_is_no_conflict(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    megan, grace = filled_in(product, line), filled_in(product, line, GRACE)
    first = megan.answered()
    once = ledger_of(product)

    second = grace.answered()

    read = words(second)
    assert second.status_code != 409 or line.route in ADDS, read[:600]
    if second.status_code == 200 and "Already saved" in read:
        assert first.status_code == 303
        assert "Already saved, by Megan Doyle" in read
        assert changed(once, ledger_of(product)) == []


def test_the_answer_of_a_colleague_is_named_once_it_is_saved_and_not_after_another_one(product_at: At) -> None:
    product = product_at("matching")
    line = next(line for line in LINES if line.route == f"{M}/files/{{number}}")
    megan, grace = filled_in(product, line), filled_in(product, line, GRACE)
    assert megan.answered().status_code == 303
    page = grace.answered()
    assert (page.status_code, "Already saved, by Megan Doyle" in words(page)) == (200, True)
    assert filled_in(product, replace(line, fills=always(act="leave", more="1"))).answered().status_code == 303
    assert grace.answered().status_code == 409
