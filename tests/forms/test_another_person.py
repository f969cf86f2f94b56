"""Two people share a browser: one person's input is never saved in the other's name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response

from app.access.rights import RIGHTS
from app.caspen.workspace_snapshot import load_workspace
from app.migration.states import State
from app.sandbox.demo import WORKSPACE
from app.web.form_fingerprint import FENCED, FOR_ANYBODY
from app.web.page_context import Sent, Visit
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.forms.outdated import Sending, changed, filled_in, ledger_of
from tests.forms.page_forms import PageForm, forms_of
from tests.forms.routes import LINES, Act, Line, in_state, invitation_of, nothing
from tests.forms.test_outdated import told_of
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, GRACE, MEGAN, NORA, OWN_PAGE, ROSA, VERA, Product, Visitor

NAMES = {MEGAN: "Megan Doyle", GRACE: "Grace Okonkwo", ANA: "Ana Ferreira", ROSA: "Rosa Lund"}
OTHERS = "Another person opened this page"
WORDS = "Line 12 should be archived."


def invited(product: Product) -> None:
    """Nora has an invitation, and Grace shares her browser."""
    done(product.visitor(MEGAN).post(f"{product.at}/people", data={"email": NORA, "role": "viewer"}))


def user_invited(product: Product) -> None:
    done(
        product.visitor(MEGAN).post(
            f"/sandbox/{WORKSPACE}/people", data={"name": "Sam Fox", "email": "sam@fox.example", "role": "receptionist"}
        )
    )


def user_of(product: Product) -> dict[str, str]:
    users = load_workspace(product.runtime.caspen, WORKSPACE).users
    return {"workspace_id": WORKSPACE, "user_id": next(user.id for user in users if user.email == "sam@fox.example")}


def demo(_: Product) -> dict[str, str]:
    return {"workspace_id": WORKSPACE}


@dataclass(frozen=True)
class Plain:
    """A form of `FENCED`: it compares nothing but the person. `page` is the address of its page."""

    route: str
    page: str
    form: dict[str, str]
    before: Act = nothing
    address: Callable[[Product], dict[str, str]] = lambda _: {}
    who: str = MEGAN


SANDBOX = "/sandbox/{workspace_id}"
PLAIN = (
    Plain("/start", "/start", {}, in_state(State.CANCELLED)),
    Plain("/invitations/{invitation_id}/accept", "/invitations", {"name": "Nora"}, invited, invitation_of, NORA),
    Plain("/invitations/{invitation_id}/decline", "/invitations", {}, invited, invitation_of, NORA),
    Plain("/sandbox/clinic", f"/sandbox/{WORKSPACE}", {"name": "A clinic of its own"}),
    Plain(f"{SANDBOX}/locations", SANDBOX, {"name": "Attic", "zone": "Australia/Sydney"}, address=demo),
    Plain(
        f"{SANDBOX}/people", SANDBOX, {"name": "Kim", "email": "kim@fox.example", "role": "receptionist"}, address=demo
    ),
    Plain(f"{SANDBOX}/people/{{user_id}}/accept", SANDBOX, {}, user_invited, user_of),
    Plain(f"{SANDBOX}/services", SANDBOX, {"name": "Report", "kind": "activity", "duration": "45"}, address=demo),
    Plain(f"{SANDBOX}/close", SANDBOX, {}, address=demo),
)


def enter(browser: Visitor, who: str) -> None:
    """Signs another person in in the same browser, which signs the former person out."""
    done(browser.post_exactly("/signin", {"email": who, "act": "enter"}))


def beside(who: str) -> str:
    """The other person of the shared browser, with the same rights."""
    return {MEGAN: GRACE, ANA: ROSA, NORA: GRACE}[who]


def everything(product: Product) -> dict[str, str]:
    """The ledger and the clinic's workspace."""
    return {**ledger_of(product), "workspace": repr(load_workspace(product.runtime.caspen, WORKSPACE))}


def is_refused(answer: Response, who: str) -> None:
    """The page names who is signed in now, and of the other person nothing."""
    other = beside(who)
    assert (answer.status_code, headline(answer)) == (409, OTHERS), words(answer)[:500]
    assert f"You are signed in as {NAMES[other]}" in words(answer)
    assert who not in answer.text
    assert NAMES.get(who, who) not in words(answer)


def button_of(answer: Response, address: str) -> PageForm:
    [form] = [form for form in forms_of(answer) if form.action == address]
    return form


def test_every_form_is_for_one_person_or_says_why_not() -> None:
    posts = {route for method, route in RIGHTS if method == "POST"}
    assert posts == {line.route for line in LINES} | {line.route for line in PLAIN} | set(FOR_ANYBODY)
    assert set(FOR_ANYBODY) < set(FENCED)


@pytest.mark.parametrize("line", LINES, ids=told_of)
def test_a_page_of_one_person_changes_nothing_for_another(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    enter(sending.browser, beside(line.who))
    before = ledger_of(product)
    answer = sending.answered()
    assert changed(before, ledger_of(product)) == [], f"{line.route} was applied"
    if line.route.endswith(("/begin", "/finish")):
        assert answer.json() == {"words": "Another person opened this page. Nothing was used. Load the page again."}
    else:
        is_refused(answer, line.who)
        shows_what_was_typed(answer, sending)
    enter(sending.browser, line.who)
    status, read = sending.post()
    assert changed(before, ledger_of(product)), f"whose page it is cannot use it: {status} {read[:500]}"


def shows_what_was_typed(answer: Response, sending: Sending) -> None:
    for name in ("text", "reason", "email", "conversion"):
        if name in sending.form:
            assert sending.form[name] in words(answer)
    assert "open sesame" not in answer.text, "a password is on no page"


@pytest.mark.parametrize("line", PLAIN, ids=lambda line: line.route)
def test_a_form_that_compares_nothing_else_is_for_one_person_too(product_at: At, line: Plain) -> None:
    product = product_at("preparing")
    line.before(product)
    values = line.address(product)
    address = line.route.format(**values)
    browser = product.visitor(line.who)
    page = browser.get(line.page.format(**values), headers=OWN_PAGE)
    basis = basis_in(page, address.replace("/decline", "/accept"))
    assert basis, f"the form of {address} says nothing of whom it was drawn for"
    enter(browser, beside(line.who))
    before = everything(product)
    is_refused(browser.post_exactly(address, {**line.form, "basis": basis}), line.who)
    assert changed(before, everything(product)) == []
    assert headline(browser.post_exactly(address, line.form)) == "Is this answer yours?"
    assert changed(before, everything(product)) == [], "nor is it applied without a word of whose it is"
    assert browser.post_exactly(address, {**line.form, "basis": basis, "more": "\0"}).status_code == 422
    assert changed(before, everything(product)) == [], "nor where it cannot be read"
    enter(browser, line.who)
    done(browser.post_exactly(address, {**line.form, "basis": basis}))
    assert changed(before, everything(product)), "whose page it is can use it"


def test_what_the_page_of_a_signed_out_person_keeps_is_sent_in_that_persons_name_alone(product_at: At) -> None:
    product = product_at("reviewing")
    sending = filled_in(product, next(line for line in LINES if line.route.endswith("/review/requests")))
    browser, before = sending.browser, ledger_of(product)
    browser.post_exactly("/signout")
    kept = button_of(sending.answered(), sending.address)
    assert browser.secret is None, "the cookie is gone altogether"
    enter(browser, GRACE)
    answer = browser.post_exactly(sending.address, dict(kept.hidden))
    is_refused(answer, MEGAN)
    assert WORDS in words(answer)
    assert changed(before, ledger_of(product)) == []
    assert f'href="{product.at}/review"' in answer.text, "Grace is led to the form"
    again = button_of(answer, sending.address)
    is_refused(browser.post_exactly(sending.address, dict(again.hidden)), MEGAN)
    enter(browser, MEGAN)
    done(browser.post_exactly(sending.address, dict(again.hidden)))
    assert product.audit()[-1].by == MEGAN


def test_an_answer_of_an_unknown_person_is_saved_once_a_person_claims_it(product_at: At) -> None:
    product = product_at("reviewing")
    path = "/m/{migration_id}/review/requests"
    nobody = Visit(product.runtime, None, product.move(), Sent("", {}, {"migration_id": product.migration_id}))
    with product.runtime.ledger.read() as session:
        basis = nobody.token(path, session, product.move())
    browser, address, before = product.visitor(GRACE), f"{product.at}/review/requests", ledger_of(product)
    answer = browser.post_exactly(address, {"text": WORDS, "basis": basis})
    assert (answer.status_code, headline(answer)) == (409, "Is this answer yours?")
    assert "You are signed in as Grace Okonkwo" in words(answer)
    assert WORDS in words(answer)
    assert changed(before, ledger_of(product)) == []
    form = button_of(answer, address)
    enter(browser, MEGAN)
    is_asked_of_another: Any = browser.post_exactly(address, dict(form.hidden))
    assert headline(is_asked_of_another) == OTHERS, "what Grace calls her own is nobody else's"
    enter(browser, GRACE)
    done(browser.post_exactly(address, dict(form.hidden)))
    assert product.audit()[-1].by == GRACE


def test_who_may_not_use_the_form_at_all_learns_nothing_of_what_was_typed(product_at: At) -> None:
    product = product_at("reviewing")
    sending = filled_in(product, next(line for line in LINES if line.route.endswith("/review/requests")))
    enter(sending.browser, VERA)
    answer = sending.answered()
    assert answer.status_code == 403
    assert WORDS not in answer.text
