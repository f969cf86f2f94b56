"""The lists of what moves and what stays: shown before anything starts, and acknowledged once."""

import pytest

from app.migration.models import Migration
from app.worker.clean_up import purge
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import ANA, MEGAN, VERA


def test_both_lists_are_shown_before_anything_starts(shown_at: At) -> None:
    product = shown_at("begun")
    page = product.visitor(MEGAN).get(f"{product.at}/overview")
    assert headline(page) == "Bring Harbour Street Physiotherapy across from Cliniko"
    text = words(page)
    for moves in ("Clients", "Locations", "Appointments", "Progress notes", "Users"):
        assert moves in text
    for kind in ("Invoices", "Body charts", "Letters", "Waitlist"):
        assert kind.lower() in text.lower()
    assert "Free of charge at present; this may change without notice." in text


def test_the_lists_are_acknowledged_without_a_date(product_at: At) -> None:
    product = product_at("begun")
    answer = done(product.visitor(MEGAN).post(f"{product.at}/overview", data={"ack": "1"}))
    assert answer.headers["location"] == f"{product.at}/checklist"
    assert product.move().moves_acknowledged_at is not None
    assert product.move().conversion_date is None


def test_without_the_tick_nothing_is_saved_and_the_date_is_kept(product_at: At) -> None:
    product = product_at("begun")
    answer = product.visitor(MEGAN).post(f"{product.at}/overview", data={"conversion": "18/12/2026"})
    assert answer.status_code == 422
    assert "Tick this when you have read what moves and what stays." in words(answer)
    assert typed(answer, "conversion") == "18/12/2026"
    assert product.move().moves_acknowledged_at is None
    assert product.move().conversion_date is None


@pytest.mark.parametrize("text", ["tomorrow", "31/02/2027", "18/12", "18/12/2199", "9" * 5000, "1/1/1/1", "-1/2/2026"])
def test_an_invalid_date_comes_back_as_typed(product_at: At, text: str) -> None:
    product = product_at("begun")
    answer = product.visitor(MEGAN).post(f"{product.at}/overview", data={"conversion": text, "ack": "1"})
    assert answer.status_code == 422
    assert "Write the date as day/month/year" in words(answer)
    assert typed(answer, "conversion") == text
    assert product.move().moves_acknowledged_at is None


@pytest.mark.parametrize("text", ["18/12/2026", "18.12.2026", "18-12-26", "2026-12-18", " 18/12/2026 "])
def test_a_date_is_parsed_in_any_notation(product_at: At, text: str) -> None:
    product = product_at("begun")
    done(product.visitor(MEGAN).post(f"{product.at}/overview", data={"conversion": text, "ack": "1"}))
    assert product.move().conversion_date == "2026-12-18"


def test_an_acknowledgement_is_permanent(product_at: At) -> None:
    product = product_at("begun")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/overview", data={"ack": "1"}))
    first = product.move().moves_acknowledged_at
    done(megan.post(f"{product.at}/overview", data={"conversion": "18/12/2026"}))
    assert product.move().moves_acknowledged_at == first
    assert product.move().conversion_date == "2026-12-18"


def test_viewers_see_the_lists(shown_at: At) -> None:
    product = shown_at("begun")
    for email in (VERA, ANA):
        assert product.visitor(email).get(f"{product.at}/overview").status_code == 200


def test_nothing_can_be_acknowledged_when_the_move_is_over(product_at: At) -> None:
    product = product_at("begun")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/cancel"))
    answer = megan.post(f"{product.at}/overview", data={"ack": "1"})
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: this move was cancelled"


def test_a_cancelled_move_reports_the_deletion_of_its_copy(product_at: At) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/cancel"))
    assert "Our copy of the export is being deleted" in words(megan.see(product.at))
    assert "export deleted" not in words(megan.get(f"{product.at}/people"))
    with product.runtime.ledger.read() as session:
        key = session.get_one(Migration, product.migration_id).wrapped_key
    product.put(wrapped_key="")
    assert "Our copy of the export is being deleted" in words(megan.see(product.at)), "its objects are still there"
    product.put(wrapped_key=key)
    purge(product.runtime, product.migration_id)
    assert "Our copy of the export is deleted" in words(megan.see(product.at))
    assert "Our copy of the export was deleted, as promised" in words(megan.get(f"{product.at}/people"))
