"""The way in: everybody comes to the page that is theirs."""

import re
from datetime import timedelta
from itertools import product as pairs

import pytest

from app.db import now
from app.migration.models import Migration
from app.migration.states import OVER, State
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.pages import done, headline, words
from tests.product import ANA, MEGAN, NORA, OLIVE, VERA, Product

HISTORIES = [(), *((state,) for state in sorted(OVER)), *pairs(sorted(OVER), repeat=2)]
"""Every history of up to two moves that are over, the oldest first."""


def test_everybody_comes_to_their_own_page(product_at: At) -> None:
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


def test_somebody_of_no_clinic_is_told_so_calmly(product_at: At) -> None:
    answer = product_at("nothing").visitor(NORA).see("/")
    assert answer.status_code == 200
    assert headline(answer) == "You belong to no clinic"


def test_starting_twice_starts_once(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    first, second = done(megan.post("/start")), done(megan.post("/start"))
    assert first.headers["location"] == second.headers["location"]


def test_nobody_starts_the_move_of_another_clinic(product_at: At) -> None:
    product = product_at("nothing")
    assert product.visitor(OLIVE).post("/start", data={"workspace": "wsp_demo"}).status_code == 404
    assert product.visitor(MEGAN).get("/").headers["location"] == "/start"


def test_after_a_cancelled_move_a_new_one_can_be_started(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/cancel"))
    assert headline(megan.get("/start")).startswith("Move Harbour Street")
    fresh = done(megan.post("/start")).headers["location"]
    assert product.migration_id not in fresh
    assert megan.get("/").headers["location"] == fresh.removesuffix("/overview"), "the open one is the one that counts"


def put_moves(product: Product, states: tuple[State, ...]) -> list[str]:
    """Moves of the demo clinic in these states, the oldest first. Returns their ids."""
    made = []
    for number, state in enumerate(states):
        at = now() - timedelta(days=40 - 10 * number)
        finalised_at = None if state is State.CANCELLED else at
        move = Migration(
            id=f"mig_{number:020}",
            workspace_id=WORKSPACE,
            clinic="Harbour Street Physiotherapy",
            source="cliniko",
            state=state.value,
            created_at=at,
            since=at,
            finalised_at=finalised_at,
        )
        product.write(lambda session, move=move: session.add(move))  # type: ignore[misc]  # one line, run at once
        made.append(f"mig_{number:020}")
    return made


@pytest.mark.parametrize("states", HISTORIES, ids=lambda states: "-".join(states) or "none")
def test_the_start_page_tells_the_moves_of_the_clinic_as_they_are(product_at: At, states: tuple[State, ...]) -> None:
    product = product_at("nothing")
    ids = put_moves(product, states)
    answer = product.visitor(MEGAN).get("/start")
    text = words(answer)
    assert answer.status_code == 200
    assert ("has not started a move yet" in text) == (not states)
    assert ("is live on Caspen" in headline(answer)) == (State.FINALISED in states)
    assert ("Live since" in text) == (State.FINALISED in states)
    assert ("Bring a later export" in text) == (State.FINALISED in states)
    assert ("was taken back" in text) == (State.FINALISED not in states and states[-1:] == (State.UNDONE,))
    assert ("was stopped" in text) == (State.FINALISED not in states and states[-1:] == (State.CANCELLED,))
    assert re.findall(r'href="/m/(mig_\d+)"', answer.text) == ids[::-1], "each move has a door, the newest first"


def test_a_live_clinic_goes_from_the_start_page_to_its_report_or_to_a_later_export(product_at: At) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    page = megan.get("/start")
    assert headline(page) == "Harbour Street Physiotherapy is live on Caspen"
    assert "Live since today" in words(page)
    assert "Finished" in words(page)
    assert f'href="{product.at}"' in page.text
    report = megan.see(product.at)
    assert headline(report) == "You are live on Caspen"
    assert f'href="/start?workspace={WORKSPACE}"' in report.text
    later = done(megan.post("/start")).headers["location"].removesuffix("/overview")
    assert later != product.at
    assert megan.get("/start").headers["location"] == later
