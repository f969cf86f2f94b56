"""Every event that a person may cause has a button, and every state in which work failed has a way out that works."""

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from app.caspen.stores import Store
from app.caspen.tables import Fence
from app.migration.advance import By, Cause, advance, problem_to_json
from app.migration.states import FAILED, MOVES, WORKING, Actor, Event, State
from app.problems import Problem
from app.worker.work_loop import WorkerTurn, drain
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.prepared_moves import approve, tiny_export
from tests.harness.product import ANA, MEGAN, Product, Visitor
from tests.harness.waiting import patience
from tests.wizard.test_every_state import LATE, paths

WORKER = By("worker", Actor.WORKER)
CLINIC_DOORS: dict[Event, tuple[str, ...]] = {
    Event.SUBMIT_EXPORT: ("handover/upload", "link", "link/confirm", "upload/finish", "handover/sample"),
    Event.START_TRIAL: ("matches", "review/start-again"),
    Event.CHANGE_PLAN: ("review/change-plan",),
    Event.REQUEST_CHANGES: ("review/requests",),
    Event.WITHDRAW_CHANGES: ("review/requests/{id}/withdraw",),
    Event.APPROVE: ("approve",),
    Event.UNDO: ("report/undo",),
    Event.RETRY: ("progress/retry",),
    Event.BACK_TO_REVIEW: ("progress/back-to-review",),
    Event.REPLACE_EXPORT: ("handover/replace",),
    Event.READ_AGAIN: ("files", "files/{id}", "files/password"),
    Event.PAUSE: ("progress/pause",),
    Event.RESUME: ("progress/resume",),
    Event.CANCEL: ("progress/cancel",),
}
SUPPORT_DOORS: dict[Event, tuple[str, ...]] = {
    Event.ANSWER_CHANGES: ("answer",),
    Event.PAUSE: ("pause",),
    Event.RESUME: ("resume",),
    Event.RETRY: ("retry",),
    Event.BACK_TO_REVIEW: ("back-to-review",),
    Event.UNDO: ("undo",),
    Event.CANCEL: ("cancel",),
}
# The clinic pauses its download only.
AT_SUPPORT_ALONE = {
    (Event.PAUSE, State.READING),
    (Event.PAUSE, State.TRIALLING),
}


def lines(actor: Actor, doors: dict[Event, tuple[str, ...]]) -> Iterator[tuple[Event, State]]:
    for move in MOVES:
        if actor in move.actors and move.event in doors:
            yield from ((move.event, state) for state in sorted(move.sources))


def prepare(product: Product, state: State) -> None:
    """The state, with everything that its events need."""
    if state is State.CHANGES_REQUESTED:
        done(product.visitor(MEGAN).post(f"{product.at}/review/requests", data={"text": "Line 12 is archived."}))
        return
    paused_from = "fetching" if state is State.PAUSED else None
    # A new trial is offered where it can help: where the records of the trial are damaged.
    problem = problem_to_json(Problem("trial_damaged")) if state is State.FINALISING_FAILED else None
    product.put(state=state.value, paused_from=paused_from, problem=problem)


def forms(visitor: Visitor, pages: list[str]) -> set[str]:
    """The targets of the forms on these pages, by the last part of their addresses."""
    routes: set[str] = set()
    for path in pages:
        answer = visitor.get(path)
        if answer.status_code == 200:
            routes.update(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', answer.text))
            routes.update(re.findall(r'<form[^>]*action="([^"]+)"[^>]*method="post"', answer.text))
    return routes


def leads_to(routes: set[str], base: str, door: str) -> bool:
    pattern = re.compile(re.escape(f"{base}/{door}").replace(r"\{id\}", r"[^/?]+") + r"(\?.*)?")
    return any(pattern.fullmatch(action) for action in routes)


def test_every_event_by_people_is_listed() -> None:
    people = {move.event for move in MOVES if move.actors & {Actor.CLINIC, Actor.SUPPORT}}
    assert people == CLINIC_DOORS.keys() | SUPPORT_DOORS.keys()
    assert {m.event for m in MOVES if Actor.CLINIC in m.actors} - CLINIC_DOORS.keys() <= {Event.ANSWER_CHANGES}


def point_of(state: State) -> str:
    if state in (State.PREPARING, State.FETCHING, State.FETCHING_FAILED):
        return "preparing"
    if state in (State.READING, State.READING_FAILED, State.MATCHING):
        return "matching"
    return LATE.get(state, "reviewing")


@pytest.mark.parametrize(("event", "state"), list(lines(Actor.CLINIC, CLINIC_DOORS)))
def test_the_clinic_finds_a_button_for_each_of_its_events(
    shown_at: At, product_at: At, event: Event, state: State
) -> None:
    if (event, state) in AT_SUPPORT_ALONE:
        return
    product = (product_at if state is State.CHANGES_REQUESTED else shown_at)(point_of(state))
    prepare(product, state)
    routes = forms(product.visitor(MEGAN), wizard_pages(product))
    doors = CLINIC_DOORS[event]
    assert any(leads_to(routes, product.at, door) for door in doors), f"{event} in {state}: {sorted(routes)}"


def wizard_pages(product: Product) -> list[str]:
    return [f"{product.at}/files/1", *(path for path in paths(product, "GET") if path.startswith("/m/"))]


@pytest.mark.parametrize(("event", "state"), list(lines(Actor.SUPPORT, SUPPORT_DOORS)))
def test_support_finds_a_button_for_each_of_its_events(
    shown_at: At, product_at: At, event: Event, state: State
) -> None:
    product = (product_at if state is State.CHANGES_REQUESTED else shown_at)(point_of(state))
    prepare(product, state)
    at = f"/support/{product.migration_id}"
    routes = forms(product.visitor(ANA), [at])
    assert any(leads_to(routes, at, door) for door in SUPPORT_DOORS[event]), f"{event} in {state}: {sorted(routes)}"


def hand_over(product: Product) -> None:
    files = {"files": ("export.zip", tiny_export())}
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files=files))


def hand_over_and_fetch(product: Product) -> None:
    hand_over(product)
    drain(
        product.runtime,
        product.migration_id,
        patience(60),
        WorkerTurn("worker", lambda: product.state() is State.READING),
    )


def press(product: Product, address: str, **data: str) -> None:
    done(product.visitor(MEGAN).post(f"{product.at}/{address}", data=data))


BEGIN: dict[State, tuple[str, Callable[[Product], object]]] = {
    State.FETCHING: ("preparing", hand_over),
    State.READING: ("preparing", hand_over_and_fetch),
    State.TRIALLING: ("reviewing", lambda product: press(product, "review/start-again")),
    State.FINALISING: ("reviewing", lambda product: done(approve(product))),
    State.UNDOING: ("finalised", lambda product: press(product, "report/undo", undo="1")),
}
WAYS_OUT = (
    (State.FETCHING, "progress/retry", State.MATCHING),
    (State.FETCHING, "handover/replace", State.PREPARING),
    (State.READING, "progress/retry", State.MATCHING),
    (State.READING, "handover/replace", State.PREPARING),
    (State.TRIALLING, "progress/retry", State.REVIEWING),
    (State.TRIALLING, "review/change-plan", State.MATCHING),
    (State.FINALISING, "progress/retry", State.FINALISED),
    (State.FINALISING, "progress/back-to-review", State.REVIEWING),
    (State.FINALISING, "review/start-again", State.REVIEWING),
    (State.UNDOING, "progress/retry", State.UNDONE),
)


def fail(product: Product, code: str) -> None:
    """The work stops for good with a problem."""
    with product.runtime.ledger.write() as session:
        advance(session, product.migration_id, Event.FAIL, WORKER, Cause(problem=Problem(code)))


def test_every_failed_state_has_a_way_out_that_is_walked() -> None:
    assert {state for state, _, _ in WAYS_OUT} == WORKING == BEGIN.keys()


@pytest.mark.parametrize(("state", "way", "to"), WAYS_OUT)
def test_a_way_out_of_a_failed_state_is_offered_and_works(product_at: At, state: State, way: str, to: State) -> None:
    point, begin = BEGIN[state]
    product = product_at(point)
    begin(product)
    assert product.state() is state
    fail(product, "live_differs" if way == "review/start-again" else "work_failed")
    assert product.state() is FAILED[state]
    page = product.visitor(MEGAN).see(product.at)
    assert f'action="{product.at}/{way}"' in page.text
    press(product, way)
    product.work()
    assert product.state() is to


def test_a_move_that_went_back_to_review_can_be_approved_again(product_at: At) -> None:
    product = product_at("reviewing")
    done(approve(product))
    fail(product, "work_failed")
    press(product, "progress/back-to-review")
    done(approve(product))
    product.work()
    assert product.state() is State.FINALISED


def test_a_changed_trial_is_not_retried(product_at: At) -> None:
    product = product_at("reviewing")
    done(approve(product))
    fail(product, "live_differs")
    page = product.visitor(MEGAN).see(product.at).text
    assert "no longer those that you reviewed" in page
    assert f'action="{product.at}/review/start-again"' in page
    assert f'action="{product.at}/progress/retry"' not in page


def lose(product: Product) -> None:
    product.runtime.caspen.drop_trial(trial_store(product))


def damage(product: Product) -> None:
    with trial_store(product).database.connection() as connection:
        connection.execute(sa.delete(Fence))


def make_unreadable(product: Product) -> None:
    """The file is no database on SQLite; a column has another type on PostgreSQL."""
    store = trial_store(product)
    if store.path is not None:
        store.database.dispose()
        store.path.write_bytes(b"not a database")
        return
    to_bytes = f'ALTER TABLE "{store.schema}"."clients" ALTER COLUMN "line" TYPE bytea USING NULL'
    with store.database.connection() as connection:
        connection.exec_driver_sql(to_bytes)


def trial_store(product: Product) -> Store:
    return product.runtime.caspen.trial(product.migration_id, product.move().trial_number)


@pytest.mark.parametrize("harm", [lose, damage, make_unreadable])
def test_a_trial_that_is_no_longer_whole_is_not_approved_and_is_made_again(
    product_at: At, harm: Callable[[Product], None]
) -> None:
    product = product_at("reviewing")
    harm(product)
    page = product.visitor(MEGAN).get(f"{product.at}/review")
    assert page.status_code == 200
    assert "The records of this trial are no longer whole" in words(page)
    assert f'href="{product.at}/approve"' not in page.text.partition("<main")[2].partition("Every row, by kind")[0]
    refused = approve(product)
    assert refused.status_code == 409
    assert "trial_damaged" in refused.text
    assert product.state() is State.REVIEWING
    press(product, "review/start-again")
    product.work()
    done(approve(product))
    product.work()
    assert product.state() is State.FINALISED


def test_a_trial_lost_after_the_approval_stops_and_offers_a_solution(product_at: At) -> None:
    product = product_at("reviewing")
    done(approve(product))
    lose(product)
    product.work()
    assert product.state() is State.FINALISING_FAILED
    page = product.visitor(MEGAN).see(product.at)
    assert "The records of this trial are no longer whole" in words(page)
    press(product, "review/start-again")
    product.work()
    assert product.state() is State.REVIEWING


def test_a_second_press_makes_no_second_trial(product_at: At) -> None:
    product = product_at("reviewing")
    press(product, "review/start-again")
    press(product, "review/start-again")
    assert product.move().trial_number == 2
