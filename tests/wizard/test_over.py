"""A move that is over: every form gets an explanation, and no page offers such a form.

Generated over the table of addresses and the three states in which a move is over.
"""

import re

import pytest

from app.access.rights import RIGHTS
from app.migration.plans import EDITABLE
from app.migration.state_words import WORDS
from app.migration.states import OVER, State
from tests.access.test_offers import opened, pages
from tests.conftest import At
from tests.forms.outdated import changed, ledger_of
from tests.forms.page_forms import forms_of
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, Product
from tests.wizard.test_every_state import FORMS, put

M, S = "/m/{migration_id}", "/support/{migration_id}"
ALWAYS = {
    f"{M}/help",
    f"{M}/people",
    f"{M}/people/{{person_id}}",
    f"{M}/people/{{person_id}}/remove",
    f"{M}/people/invitations/{{invitation_id}}/withdraw",
    f"{S}/help",
}
"""Membership and help questions continue after the move."""
FINDS = {f"{M}/clients", f"{M}/records/{{kind}}"}
"""Searching changes nothing. Without records, the list explains it."""
REPORT = {f"{M}/report/delete"}
STILL = {
    State.FINALISED: {*ALWAYS, *FINDS, *REPORT, f"{M}/report/undo", f"{M}/report/link", f"{S}/undo"},
    State.UNDONE: {*ALWAYS, *FINDS, *REPORT},
    State.CANCELLED: ALWAYS | FINDS,
}
DONE_ALREADY = {State.CANCELLED: {f"{M}/progress/cancel", f"{S}/cancel"}}
"""Buttons that ask for what is so: pressed twice, they lead to the page of the move."""
POSTS = sorted(route for method, route in RIGHTS if method == "POST" and "{migration_id}" in route)


def over(product: Product, state: State) -> Product:
    put(product, state)
    return product


def point_of(state: State) -> str:
    return "reviewing" if state is State.CANCELLED else "finalised"


def filled(product: Product, route: str) -> str:
    """The address of a form: for the first file, and for an unknown request."""
    known = {"migration_id": product.migration_id, "number": "1"}
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], "nothing"), route)


@pytest.mark.parametrize("state", sorted(OVER))
def test_every_form_of_a_move_that_is_over_gets_an_explanation(product_at: At, state: State) -> None:
    product = over(product_at(point_of(state)), state)
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    refused = [route for route in POSTS if route not in STILL[state]]
    assert len(refused) > 30
    wrong = []
    before = ledger_of(product)
    for route in refused:
        browser = ana if route.startswith("/support") else megan
        for sent in (FORMS, {}):
            answer = browser.post(filled(product, route), data=sent)
            if answer.status_code == 303 and route in DONE_ALREADY.get(state, ()):
                continue
            if answer.status_code != 409 or f"This step is over: {WORDS[state].now}" not in headline(answer):
                wrong.append(f"{route} {'filled' if sent else 'empty'}: {answer.status_code} {headline(answer)}")
            elif "Nothing was changed by your answer." not in words(answer):
                wrong.append(f"{route} does not say that nothing was changed")
    assert wrong == []
    assert changed(before, ledger_of(product)) == []


@pytest.mark.parametrize("state", sorted(OVER))
def test_no_page_of_a_move_that_is_over_offers_a_form_that_is_refused(shown_at: At, state: State) -> None:
    product = over(shown_at(point_of(state)), state)
    still = [re.compile(re.sub(r"\{\w+\}", "[^/]+", route)) for route in STILL[state]]
    for who in (MEGAN, ANA):
        match = opened(product.visitor(who), list(pages(product)))
        assert len(match) > 5
        wrong = {
            f"{address} offers {form.action}"
            for address, page in match.items()
            for form in forms_of(page)
            if form.method == "post"
            and f"/{product.migration_id}" in form.action
            and not any(route.fullmatch(form.action) for route in still)
        }
        assert sorted(wrong) == []


@pytest.mark.parametrize("state", list(State))
def test_the_checklist_offers_the_present_choices(shown_at: At, state: State) -> None:
    product = over(shown_at("finalised" if state in OVER else "reviewing"), state)
    page = product.visitor(MEGAN).get(f"{product.at}/checklist")
    assert ('id="services"' in page.text) is (state in EDITABLE)
    assert ('id="conversion-form"' in page.text) is (state not in OVER)
    assert "How do your services come across?" in words(page)
