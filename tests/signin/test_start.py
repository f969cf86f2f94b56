"""The start redirects each person to their own page."""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from itertools import product as pairs_of

from sqlmodel import Session

from app.migration.advance import By, advance
from app.migration.begin import begin
from app.migration.models import Migration
from app.migration.state_words import WORDS
from app.migration.states import OVER, Actor, Event, State
from app.signin.pages import chosen_of
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, NORA, OLIVE, VERA

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_the_start_redirects_each_role_to_its_page(product_at: At) -> None:
    product = product_at("preparing")
    assert product.visitor().get("/").headers["location"] == "/signin"
    assert product.visitor(ANA).get("/").headers["location"] == "/support"
    assert product.visitor(MEGAN).get("/").headers["location"] == product.at
    assert product.visitor(VERA).get("/").headers["location"] == product.at
    assert product.visitor(OLIVE).get("/").headers["location"] == f"/m/{product.other_id}"


def test_a_clinic_that_has_not_started_is_shown_how(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    assert megan.get("/").headers["location"] == "/start"
    assert headline(megan.get("/start")) == "Move Harbour Street Physiotherapy from Cliniko to Caspen"


def test_a_viewer_of_a_clinic_that_has_not_started_learns_who_can(product_at: At) -> None:
    vera = product_at("nothing").visitor(VERA)
    answer = vera.see("/")
    assert answer.status_code == 403
    assert headline(answer) == "This is for somebody else to do"


def test_a_person_without_a_clinic_gets_an_explanation(product_at: At) -> None:
    answer = product_at("nothing").visitor(NORA).see("/")
    assert answer.status_code == 200
    assert headline(answer) == "You belong to no clinic"


def test_starting_twice_starts_once(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    first, second = done(megan.post("/start")), done(megan.post("/start"))
    assert first.headers["location"] == second.headers["location"]


def test_a_person_cannot_start_another_clinics_move(product_at: At) -> None:
    product = product_at("nothing")
    assert product.visitor(OLIVE).post("/start", data={"workspace": "wsp_demo"}).status_code == 404
    assert product.visitor(MEGAN).get("/").headers["location"] == "/start"


def test_a_new_move_can_start_after_a_cancelled_move(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/cancel"))
    assert headline(megan.get("/start")).startswith("Move Harbour Street")
    fresh = done(megan.post("/start")).headers["location"]
    assert product.migration_id not in fresh
    assert megan.get("/").headers["location"] == fresh.removesuffix("/overview"), "the open one is the one that counts"


def test_a_live_clinic_is_redirected_to_its_live_move() -> None:
    rank = {state: 2 if state not in OVER else 1 if state is State.FINALISED else 0 for state in State}
    for states in pairs_of(State, State):
        old, new = (
            Migration(
                id=f"mig_{age}",
                workspace_id="w",
                clinic="C",
                source="cliniko",
                state=state,
                created_at=NOON + timedelta(days=age),
            )
            for age, state in enumerate(states)
        )
        assert chosen_of([new, old]) is (old if rank[states[0]] > rank[states[1]] else new), states
    assert chosen_of([]) is None


def test_the_list_of_clinics_shows_live_after_a_later_undo(product_at: At) -> None:
    product = product_at("finalised")
    label = WORDS[State.FINALISED].label
    assert label in words(product.visitor(MEGAN).get("/clinics"))

    def later_move(session: Session) -> None:
        by = By(MEGAN, Actor.CLINIC)
        given = {"source": "cliniko", "wrapped_key": product.move().wrapped_key, "timezone": "Australia/Sydney"}
        fresh = begin(session, workspace_id="wsp_demo", clinic="Harbour", country="AU", by=by, **given)
        advance(session, fresh.id, Event.CANCEL, by)

    product.write(later_move)
    page = words(product.visitor(MEGAN).get("/clinics"))
    assert label in page
    assert WORDS[State.CANCELLED].label not in page
    assert product.visitor(MEGAN).get("/").headers["location"] == product.at


def test_the_page_after_asking_names_the_sender_of_the_mail(product_at: At) -> None:
    product = product_at("nothing")
    page = words(product.visitor().post("/signin", data={"email": MEGAN, "act": "link"}))
    assert f"a mail from {parseaddr(product.settings.mail_from)[1]}" in page.replace(" @", "@")
