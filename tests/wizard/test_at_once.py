"""The same form sent five times at once, and by two people at once: a single effect."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import pytest
from httpx import Response
from sqlmodel import select

from app.migration.models import ChangeRequest, Migration
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import digest_of, doubts
from tests.harness.product import GRACE, MEGAN, Product
from tests.wizard.choices import acknowledge

ANSWERED = {200, 303, 409}
"""Taken, refused, or already saved by the other person a moment before."""


def at_once(product: Product, path: str, form: Mapping[str, object], times: int = 5) -> list[int]:
    browsers = [product.visitor(email) for email in islice(cycle((MEGAN, GRACE)), times)]
    with ThreadPoolExecutor(times) as pool:
        answers: list[Response] = list(pool.map(lambda browser: browser.post(path, data=form), browsers))
    return sorted(answer.status_code for answer in answers)


def test_five_approvals_approve_once(product_at: At) -> None:
    product = product_at("reviewing")
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    form = {"name": "Harbour Street Physiotherapy", "digest": digest_of(page), "accept": doubts(page)}
    answers = at_once(product, f"{product.at}/approve", form)
    assert set(answers) <= ANSWERED
    assert 303 in answers
    assert product.acts().count("approve") == 1


def test_five_starts_create_a_single_trial(product_at: At) -> None:
    product = product_at("matching")
    product.close_gaps()
    acknowledge(product)
    answers = at_once(product, f"{product.at}/matches", {"act": "start", "show": "practitioners"})
    assert set(answers) <= ANSWERED
    assert product.move().trial_number == 1
    assert product.acts().count("start_trial") == 1


def test_five_equal_requests_create_a_single_request(product_at: At) -> None:
    product = product_at("reviewing")
    answers = at_once(product, f"{product.at}/review/requests", {"text": "Line 12 should be archived."})
    assert set(answers) <= ANSWERED
    with product.runtime.ledger.read() as session:
        assert len(session.exec(select(ChangeRequest)).all()) == 1


def test_five_samples_create_a_single_export(product_at: At) -> None:
    product = product_at("preparing")
    answers = at_once(product, f"{product.at}/handover/sample", {"size": "small"})
    assert set(answers) <= ANSWERED
    assert 303 in answers
    assert product.move().export_number == 1
    assert product.acts().count("submit_export") == 1


@pytest.mark.parametrize("button", ["cancel", "retry"])
def test_a_button_that_two_people_press_works_once(product_at: At, button: str) -> None:
    product = product_at("preparing")
    if button == "retry":
        product.put(state=State.READING_FAILED.value)
    assert set(at_once(product, f"{product.at}/progress/{button}", {})) == {303}
    assert product.acts().count(button) == 1


def test_five_starts_create_a_single_move(product_at: At) -> None:
    product = product_at("nothing")
    assert set(at_once(product, "/start", {})) == {303}
    with product.runtime.ledger.read() as session:
        migrations = [m for m in session.exec(select(Migration)) if m.workspace_id == "wsp_demo"]
    assert len(migrations) == 1
