"""Every page and every form, in every state that a move can be in: always an answer, and never a fault of ours."""

import re

import pytest
from fastapi.routing import iter_route_contexts

from app.migration.state_words import WORDS
from app.migration.states import BEFORE_FINALISING, FAILED, OVER, State
from app.web.navigation import page_of
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, Product

CALM = {200, 303, 404, 409, 422}
FORMS = {
    "text": "Line 12 should be archived.",
    "reason": "The clinic asked us on the phone.",
    "name": "Harbour Street Physiotherapy",
    "email": "kim@harbourstreet.example",
    "role": "viewer",
    "way": "bring",
    "conversion": "18/12/2026",
    "ack": "1",
    "ready": "1",
    "size": "small",
    "act": "start",
    "show": "leave_out",
    "before": "1/7/2018",
    "digest": "0" * 64,
    "check": "invitations",
    "request_id": "x",
    "link": "https://10.0.0.1/x.zip",
}


def paths(product: Product, method: str) -> list[str]:
    faults = [
        route.path
        for route in iter_route_contexts(product.app.routes)
        if route.path and "{migration_id}" in route.path and method in (getattr(route, "methods", None) or ())
    ]
    filled = [re.sub(r"\{(?!migration_id)\w+\}", "nothing", path) for path in faults if not path.endswith("/events")]
    return sorted(path.format(migration_id=product.migration_id) for path in filled)


def put(product: Product, state: State) -> None:
    """Sets only the state. The data is that of the story's point."""
    product.put(state=state.value, paused_from="fetching" if state is State.PAUSED else None)


EARLY = (State.PREPARING, State.FETCHING, State.FETCHING_FAILED, State.READING, State.READING_FAILED, State.CANCELLED)
LATE = {State.FINALISED: "finalised", State.UNDONE: "finalised"}
VIEWED = [*(("preparing", state) for state in EARLY), *((LATE.get(state, "reviewing"), state) for state in State)]
EMPTY = (State.PREPARING, State.MATCHING, State.REVIEWING, State.PAUSED, State.FINALISED)
SENT = [*((True, state) for state in State), *((False, state) for state in EMPTY)]


@pytest.mark.parametrize(("point", "state"), VIEWED)
def test_every_page_can_be_opened_in_every_state(shown_at: At, point: str, state: State) -> None:
    product = shown_at(point)
    put(product, state)
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    pages = paths(product, "GET")
    assert len(pages) > 15
    for path in pages:
        answer = (ana if path.startswith("/support") else megan).get(path)
        assert answer.status_code in CALM, f"{path}: {answer.status_code}"
        assert "{source}" not in answer.text, path


@pytest.mark.parametrize("state", list(State))
def test_every_state_redirects_to_an_existing_page(shown_at: At, state: State) -> None:
    product = shown_at(LATE.get(state, "reviewing"))
    put(product, state)
    page = product.visitor(MEGAN).see(product.at)
    assert page.status_code == 200
    assert page.url.path == f"{product.at}/{page_of(product.move())}"
    assert headline(page)


@pytest.mark.parametrize(("filled", "state"), SENT)
def test_every_form_is_answered_calmly_in_every_state(product_at: At, filled: bool, state: State) -> None:
    product = product_at("reviewing")
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    for path in paths(product, "POST"):
        if path.endswith("handover/sample"):
            continue  # writes a whole sample where it may; told elsewhere
        put(product, state)
        answer = (ana if path.startswith("/support") else megan).post(path, data=FORMS if filled else {})
        assert answer.status_code in CALM, f"{path}: {answer.status_code}"
        if answer.status_code == 409 and "This step is over" in headline(answer):
            assert WORDS[state].now in headline(answer), path
            assert "Nothing was changed by your answer." in words(answer)


@pytest.mark.parametrize("state", sorted(OVER))
def test_nothing_of_a_move_that_is_over_can_be_changed(product_at: At, state: State) -> None:
    product = product_at("reviewing")
    put(product, state)
    before = product.move().model_dump(exclude={"epoch"})
    for path in paths(product, "POST"):
        if not path.endswith(("help", "people", "handover/sample")) and "/support/" not in path:
            product.visitor(MEGAN).post(path, data=FORMS)
            assert product.move().model_dump(exclude={"epoch"}) == before, path


def test_a_move_can_be_stopped_in_every_open_state(shown_at: At) -> None:
    product = shown_at("reviewing")
    for state in sorted(BEFORE_FINALISING):
        put(product, state)
        assert product.visitor(MEGAN).post(f"{product.at}/progress/cancel").status_code == 303
        assert product.state() is State.CANCELLED
    for late in (State.FINALISING, State.FINALISED, State.UNDOING):
        put(product, late)
        assert product.visitor(MEGAN).post(f"{product.at}/progress/cancel").status_code == 409
        assert product.state() is late


@pytest.mark.parametrize("state", sorted(FAILED.values()))
def test_whatever_stopped_can_be_tried_again(product_at: At, state: State) -> None:
    product = product_at("reviewing")
    put(product, state)
    page = product.visitor(MEGAN).see(product.at)
    assert f'action="{product.at}/progress/retry"' in page.text
    assert product.visitor(MEGAN).post(f"{product.at}/progress/retry").status_code == 303
    assert FAILED[product.state()] is state
