"""The page that starts a move describes the clinic's moves."""

import re
from datetime import timedelta
from itertools import product as pairs

import pytest
from sqlmodel import Session

from app.db import now
from app.migration.models import Migration
from app.migration.states import OVER, State
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.harness.audit_lines import make_audit_say
from tests.harness.page_text import done, headline, words
from tests.harness.product import MEGAN, Product

HISTORIES = [(), *((state,) for state in sorted(OVER)), *pairs(sorted(OVER), repeat=2)]
"""Every history of up to two moves that are over, the oldest first."""


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

        def add(session: Session, move: Migration = move) -> None:
            session.add(move)
            session.flush()
            make_audit_say(session, move)

        product.write(add)
        made.append(f"mig_{number:020}")
    return made


@pytest.mark.parametrize("states", HISTORIES, ids=lambda states: "-".join(states) or "none")
def test_the_start_page_lists_the_clinics_moves(product_at: At, states: tuple[State, ...]) -> None:
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
    assert re.search(r"Live since (today|yesterday|\d)", words(page)), "a day may end between the two"
    assert "Finished" in words(page)
    assert f'href="{product.at}"' in page.text
    report = megan.see(product.at)
    assert headline(report) == "You are live on Caspen"
    assert f'href="/start?workspace={WORKSPACE}"' in report.text
    later = done(megan.post("/start")).headers["location"].removesuffix("/overview")
    assert later != product.at
    assert megan.get("/start").headers["location"] == later
