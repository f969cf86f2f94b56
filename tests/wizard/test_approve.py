"""Approval: only the reviewed trial, only with the clinic's typed name, and only while the sum balances."""

import pytest

from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import digest_of, done, doubts, headline, typed, words
from tests.harness.prepared_moves import approve
from tests.harness.product import ANA, GRACE, MEGAN, RICK, VERA, Product
from tests.wizard.test_review import ask, unbalance


def send(product: Product, name: str, digest: str) -> tuple[int, str]:
    megan = product.visitor(MEGAN)
    ticked = doubts(megan.see(f"{product.at}/approve"))
    form = {"name": name, "digest": digest, "accept": ticked}
    answer = megan.post(f"{product.at}/approve", data=form)
    return answer.status_code, headline(answer)


def digest(product: Product) -> str:
    approved = digest_of(product.visitor(MEGAN).get(f"{product.at}/approve"))
    assert len(approved) >= 32
    return approved


@pytest.mark.parametrize("point", ["preparing", "matching"])
def test_there_is_nothing_to_approve_before_a_trial(shown_at: At, point: str) -> None:
    product = shown_at(point)
    assert headline(product.visitor(MEGAN).get(f"{product.at}/approve")) == "There is no trial to review yet"
    assert product.visitor(MEGAN).post(f"{product.at}/approve", data={"name": "x"}).status_code == 409


def test_an_approved_trial_goes_live(product_at: At) -> None:
    product = product_at("reviewing")
    reviewed = digest(product)
    answer = done(approve(product))
    assert answer.headers["location"] == f"{product.at}/progress"
    assert product.state() is State.FINALISING
    assert product.move().approved_digest == reviewed
    assert product.move().approved_by == MEGAN
    assert next(entry for entry in product.audit() if entry.act == "approve").facts["digest"] == reviewed
    product.work()
    assert product.state() is State.FINALISED
    assert product.gateway().counts()["clients"] > 30
    assert {mail.recipient for mail in product.mails("finalised")} == {MEGAN, GRACE}


def test_nothing_is_live_before(shown_at: At) -> None:
    assert shown_at("reviewing").gateway().counts()["clients"] == 0


@pytest.mark.parametrize("name", ["harbour street physiotherapy", "  Harbour  Street Physiotherapy "])
def test_the_name_is_compared_as_a_person_would(product_at: At, name: str) -> None:
    product = product_at("reviewing")
    assert send(product, name, digest(product))[0] == 303


@pytest.mark.parametrize("name", ["", "Harbour Street", "Riverbend Podiatry", "yes"])
def test_a_wrong_name_approves_nothing_and_is_kept(product_at: At, name: str) -> None:
    product = product_at("reviewing")
    form = {"name": name, "digest": digest(product)}
    answer = product.visitor(MEGAN).post(f"{product.at}/approve", data=form)
    assert answer.status_code == 422
    assert "This is not the name of your clinic." in words(answer)
    assert typed(answer, "name") == name
    assert product.state() is State.REVIEWING


def test_approving_twice_approves_once(product_at: At) -> None:
    product = product_at("reviewing")
    reviewed = digest(product)
    answers = [send(product, "Harbour Street Physiotherapy", reviewed)[0] for _ in range(5)]
    assert answers == [303] * 5
    assert product.acts().count("approve") == 1
    product.work()
    assert send(product, "Harbour Street Physiotherapy", reviewed)[0] == 303
    assert product.acts().count("approve") == 1


@pytest.mark.parametrize("other", ["", "0" * 64, "not a digest"])
def test_a_trial_that_was_not_shown_is_not_approved(product_at: At, other: str) -> None:
    product = product_at("reviewing")
    answer = send(product, "Harbour Street Physiotherapy", other)
    assert answer == (409, "This is not the trial that you looked at")
    assert product.state() is State.REVIEWING


def test_the_older_of_two_trials_is_not_approved(product_at: At) -> None:
    product = product_at("reviewing")
    older, megan = digest(product), product.visitor(MEGAN)
    done(megan.post(f"{product.at}/review/change-plan"))
    done(megan.post(f"{product.at}/matches", data={"show": "leave_out", "kinds": "treatment_notes"}))
    done(megan.post(f"{product.at}/matches", data={"act": "start"}))
    assert send(product, "Harbour Street Physiotherapy", older)[0] == 409
    product.work()
    assert digest(product) != older
    answer = send(product, "Harbour Street Physiotherapy", older)
    assert answer == (409, "This is not the trial that you looked at")
    assert send(product, "Harbour Street Physiotherapy", digest(product))[0] == 303


def test_an_unbalanced_trial_cannot_be_approved(product_at: At) -> None:
    product = product_at("reviewing")
    reviewed = digest(product)
    unbalance(product)
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    assert "Approving opens when every line balances." in words(page)
    assert 'name="digest"' not in page.text
    assert send(product, "Harbour Street Physiotherapy", reviewed) == (409, "The trial does not add up")


def test_an_open_request_keeps_approval_closed(product_at: At) -> None:
    product = product_at("reviewing")
    reviewed = digest(product)
    ask(product, "Line 12 should be archived.")
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    assert 'name="digest"' not in page.text
    status, title = send(product, "Harbour Street Physiotherapy", reviewed)
    assert status == 409
    assert title == "This step is over: support has your request"
    assert product.state() is State.CHANGES_REQUESTED


@pytest.mark.parametrize("email", [VERA, RICK, ANA])
def test_only_an_admin_of_the_clinic_approves(product_at: At, email: str) -> None:
    product = product_at("reviewing")
    reviewed = digest(product)
    form = {"name": "Harbour Street Physiotherapy", "digest": reviewed}
    assert product.visitor(email).post(f"{product.at}/approve", data=form).status_code == 403
    page = product.visitor(email).get(f"{product.at}/approve")
    assert 'name="digest"' not in page.text
    assert product.state() is State.REVIEWING


def test_the_page_lists_the_effects_of_approval(shown_at: At) -> None:
    product = shown_at("reviewing")
    text = words(product.visitor(MEGAN).get(f"{product.at}/approve"))
    assert "No message goes to any client: 0 e-mails, 0 SMS." in text
    assert "Invoices and payments." in text
    assert "It balances, and no request is open." in text
