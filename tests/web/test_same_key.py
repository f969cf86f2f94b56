"""An Idempotency-Key is a single act: a repeat gets the first response, another body is refused."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.access.access_tables import SentKey
from app.db import now
from app.main import create_app
from app.web.idempotency_key import KEPT, KeyOutcome, Turn, begin
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.harness.product import MEGAN, OWN_PAGE, Product, Visitor, settings_in


def ask(product: Product, megan: Visitor, text: str, key: str = "k1") -> int:
    basis = basis_in(megan.get(f"{product.at}/help"), f"{product.at}/help")
    return send(product, megan, text, basis, key)


def send(product: Product, megan: Visitor, text: str, basis: str | None, key: str) -> int:
    headers = {**OWN_PAGE, "Idempotency-Key": key}
    sent = {"text": text, "basis": basis}
    return megan.post_exactly(f"{product.at}/help", sent, headers=headers).status_code


def texts(product: Product, megan: Visitor) -> str:
    return str(megan.get(f"{product.at}/help").text)


def test_a_key_is_used_once_and_another_body_is_refused(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    basis = basis_in(megan.get(f"{product.at}/help"), f"{product.at}/help")
    assert [send(product, megan, "first question", basis, "k1") for _ in range(3)] == [303, 303, 303]
    assert texts(product, megan).count("first question") == 1
    assert send(product, megan, "second question", basis, "k1") == 422
    assert "second question" not in texts(product, megan)
    assert ask(product, megan, "second question", "k2") == 303
    assert "second question" in texts(product, megan)


def test_a_form_that_was_refused_may_be_mended_under_the_same_key(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    assert ask(product, megan, "") == 422
    assert ask(product, megan, "a question") == 303


def test_a_request_that_is_still_carried_out_is_not_begun_again(product_at: At) -> None:
    product = product_at("preparing")
    ledger = product.runtime.ledger
    assert begin(ledger, "w", "k", "d").turn is Turn.FIRST
    assert begin(ledger, "w", "k", "d").turn is Turn.RUNNING
    assert begin(ledger, "other", "k", "d").turn is Turn.FIRST
    with ledger.write() as session:
        kept = session.get_one(SentKey, ("w", "k"))
        kept.location, kept.begun_at = "/clinics", now() - KEPT + timedelta(minutes=1)
        session.add(kept)
    assert begin(ledger, "w", "k", "d").location == "/clinics"
    with ledger.write() as session:
        kept = session.get_one(SentKey, ("w", "k"))
        kept.begun_at = now() - KEPT - timedelta(minutes=1)
        session.add(kept)
    assert begin(ledger, "w", "k", "another").turn is Turn.FIRST


def test_a_key_that_is_too_long_is_refused(product_at: At) -> None:
    product = product_at("preparing")
    assert ask(product, product.visitor(MEGAN), "a question", "k" * 300) == 422


def test_the_middleware_lets_the_process_start(tmp_path: Path) -> None:
    with TestClient(create_app(settings_in(tmp_path / "var"))) as browser:
        assert browser.get("/signin").status_code == 200


@pytest.mark.parametrize("what", ["begin", "settle"])
def test_a_ledger_that_cannot_be_written_to_is_no_fault_of_ours(
    product_at: At, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)

    def locked(*_: object) -> KeyOutcome:
        raise OperationalError("write", None, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(f"app.web.idempotency_key.{what}", locked)
    assert ask(product, megan, "a question") == 303
    assert "a question" in texts(product, megan)
