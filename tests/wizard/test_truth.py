"""Pages are true at every moment: the ledger's state, a minute's silence, and what to do after a failure."""

import html
from datetime import timedelta

import pytest
from sqlmodel import Session

from app.db import now
from app.migration.advance import By, Cause, advance
from app.migration.states import WORKING, Actor, Event
from app.problems import Problem, catalogue
from app.web.navigation import page_of
from app.wizard.progress import TITLES
from app.worker.work_loop import WorkerTurn, drain
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import MEGAN, Product

ENDS = ("copy_damaged", "export_not_kept", "work_failed", "no_patients_file", "workspace_changed")


def submit(product: Product) -> None:
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files={"files": ("e.zip", tiny_export())}))


def single_piece(product: Product) -> None:
    """A worker does a single piece and lays down its tools."""
    drain(product.runtime, product.migration_id, 0.005, WorkerTurn("worker"))


def test_after_every_piece_of_work_the_page_is_where_the_ledger_is(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    megan, titles = product.visitor(MEGAN), []
    for _ in range(12):
        page, state = megan.see(product.at), product.state()
        assert page.url.path.startswith(f"{product.at}/{page_of(product.move())}"), (
            f"{state} is shown as {page.url.path}"
        )
        if state in TITLES:
            assert headline(page) == TITLES[state]
        titles.append(state)
        if state not in WORKING:
            break
        single_piece(product)
    assert [state.value for state in dict.fromkeys(titles)] == ["fetching", "reading", "matching"]


def test_silence_is_reported_after_a_minute(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    for age, is_reported in ((50, False), (65, True)):
        moment = now() - timedelta(seconds=age)
        product.put(last_sign_of_work=moment, since=moment)
        assert ('id="stalled"' in product.visitor(MEGAN).get(f"{product.at}/progress").text) is is_reported


@pytest.mark.parametrize("code", ENDS)
def test_a_failure_explains_what_happened_and_what_to_do(product_at: At, code: str) -> None:
    product = product_at("preparing")
    submit(product)
    worker = By("worker", Actor.WORKER)

    def fail(session: Session) -> None:
        advance(session, product.migration_id, Event.FAIL, worker, Cause(problem=Problem(code)))

    product.write(fail)
    page = html.unescape(words(product.visitor(MEGAN).see(product.at)))
    entry = catalogue()[code]
    for is_reported in (entry.title, entry.todo):
        first = is_reported.replace("{source}", "Cliniko").split(".")[0]
        assert first in page, f"{code}: {first}"
