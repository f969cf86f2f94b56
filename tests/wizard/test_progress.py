"""While the clinic waits: the page of each state, its numbers, and the buttons that stop, go on and try again."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from sqlmodel import Session
from sse_starlette import ServerSentEvent

from app.db import now
from app.migration.advance import By, Cause, advance
from app.migration.state_words import WORDS
from app.migration.states import WORKING, Actor, Event, State
from app.problems import Problem
from app.wizard.progress import TITLES, stream, watch_of
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import ANA, MEGAN, VERA, Product
from tests.harness.waiting import patience
from tests.workers.unborn import WAYS
from workers.child_process import ChildProcess

WORKER = By("worker", Actor.WORKER)


def submit(product: Product) -> None:
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files={"files": ("e.zip", tiny_export())}))


def happens(product: Product, event: Event, code: str | None = None) -> None:
    def write(session: Session) -> None:
        advance(session, product.migration_id, event, WORKER, Cause(problem=Problem(code) if code else None))

    product.write(write)


@pytest.mark.parametrize("way", WAYS)
def test_a_move_without_a_worker_shows_the_silence_and_support_sees_it(product_at: At, way: str) -> None:
    product = product_at("preparing")
    submit(product)
    unborn = ChildProcess(product.settings, product.runtime.ledger, {"WAY": way}, module="tests.workers.unborn")
    assert unborn.drain(product.migration_id, 1.0).pieces == 0
    assert unborn.starts.failed == 1
    unborn.stop()
    product.put(since=now() - timedelta(minutes=5))
    text = words(product.visitor(MEGAN).get(f"{product.at}/progress"))
    assert "No sign of work for" in text
    assert "Nothing has been done since" in text
    assert "our support sees this move in its list" in text
    assert "takes over by itself" not in text
    support = words(product.visitor(ANA).get("/support?state=stalled"))
    assert "No sign of work for 5 minutes" in support


def press(product: Product, button: str, email: str = MEGAN) -> int:
    return int(product.visitor(email).post(f"{product.at}/progress/{button}").status_code)


def test_nothing_runs_before_the_export_is_handed_over(shown_at: At) -> None:
    product = shown_at("preparing")
    page = product.visitor(MEGAN).get(f"{product.at}/progress")
    assert headline(page) == "Nothing is running now"
    assert "http-equiv" not in page.text


def test_the_page_reloads_without_scripts_while_work_runs(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    page = product.visitor(MEGAN).see(product.at)
    assert headline(page) == "Your export is being fetched"
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.text
    assert f'hx-sse:connect="{product.at}/progress/events?drawn=fetching"' in page.text
    assert "You can close this page: we e-mail you when it is ready." in words(page)


@pytest.mark.parametrize("point", ["matching", "reviewing", "finalised"])
def test_when_nothing_runs_the_page_leads_on(product_at: At, point: str) -> None:
    product = product_at(point)
    product.put(found_acknowledged=product.move().export_number)
    page = product.visitor(VERA).get(f"{product.at}/progress")
    assert headline(page) == "Nothing is running now"
    assert WORDS[product.state()].go in words(page)


def test_the_contents_page_precedes_the_names_page(product_at: At) -> None:
    product = product_at("matching")
    product.put(found_acknowledged=0)
    assert "See what is in your export" in words(product.visitor(VERA).get(f"{product.at}/progress"))


def test_every_state_that_waits_has_a_title() -> None:
    stopped = {state for state in State if state.value.endswith("_failed")}
    assert WORKING | stopped | {State.PAUSED} == TITLES.keys()


def test_a_failure_shows_its_reason_and_can_be_retried(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    happens(product, Event.FAIL, "no_patients_file")
    page = product.visitor(MEGAN).see(product.at)
    assert headline(page) == "The download stopped, nothing is lost"
    assert "Export Patients from Cliniko" in words(page)
    assert "no_patients_file" in page.text
    assert press(product, "retry") == 303
    assert product.state() is State.FETCHING
    assert press(product, "retry") == 303, "pressed twice is once"
    assert product.acts().count("retry") == 1
    product.work()
    assert product.state() is State.MATCHING
    assert press(product, "retry") == 409


@pytest.mark.parametrize("state", list(State))
def test_the_phases_turn_only_while_a_machine_works(product_at: At, state: State) -> None:
    product = product_at("reviewing")
    product.put(state=state.value, paused_from=State.TRIALLING.value if state is State.PAUSED else None)
    page = product.visitor(MEGAN).get(f"{product.at}/progress", follow_redirects=True)
    assert page.status_code == 200
    if state not in WORKING:
        assert "i spin" not in page.text
        assert "loader-circle" not in page.text


def test_a_fault_of_the_product_is_shown_without_details(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    happens(product, Event.FAIL)
    page = words(product.visitor(MEGAN).see(product.at))
    assert "Something went wrong on our side" in page


def test_a_failed_trial_leads_back_to_the_names(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/review/change-plan"))
    done(megan.post(f"{product.at}/matches", data={"act": "start"}))
    happens(product, Event.FAIL, "work_failed")
    page = megan.see(product.at)
    assert headline(page) == "The trial stopped, nothing is lost"
    assert "Back to the names" in words(page)
    done(megan.post(f"{product.at}/review/change-plan"))
    assert product.state() is State.MATCHING


def test_the_clinic_may_pause_its_download_and_go_on(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    assert press(product, "pause") == 303
    assert product.state() is State.PAUSED
    assert press(product, "pause") == 303, "pressed twice is once"
    assert headline(product.visitor(MEGAN).see(product.at)) == "This is paused"
    product.work()
    assert product.state() is State.PAUSED, "a worker leaves it alone"
    assert press(product, "resume") == 303
    assert press(product, "resume") == 303
    assert product.state() is State.FETCHING
    assert [act for act in product.acts() if act in ("pause", "resume")] == ["pause", "resume"]


def test_the_clinic_cannot_pause_where_only_support_can(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    happens(product, Event.FETCHED)
    answer = product.visitor(MEGAN).post(f"{product.at}/progress/pause")
    assert answer.status_code == 409
    assert headline(answer) == "Only our support can pause this step"
    assert product.state() is State.READING


def test_stopping_altogether_ends_the_move(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    assert press(product, "cancel") == 303
    assert press(product, "cancel") == 303, "pressed twice is once"
    assert product.state() is State.CANCELLED
    assert product.acts().count("cancel") == 1
    assert headline(product.visitor(MEGAN).see("/")) == "This move was stopped"


def test_a_live_move_cannot_be_cancelled(product_at: At) -> None:
    product = product_at("finalised")
    answer = product.visitor(MEGAN).post(f"{product.at}/progress/cancel")
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: your move is finished"


@pytest.mark.parametrize("button", ["retry", "pause", "resume", "cancel"])
@pytest.mark.parametrize("email", [VERA, ANA])
def test_the_buttons_are_the_admins_own(shown_at: At, button: str, email: str) -> None:
    assert press(shown_at("preparing"), button, email) == 403


def watched(product: Product, then: Callable[[], None], may: bool = True) -> list[ServerSentEvent]:
    """The events that a watcher gets until the stream ends."""
    app = FastAPI()
    app.state.runtime, app.state.jinja = product.runtime, product.app.state.jinja

    async def listen() -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        watch = watch_of(app)
        async for event in stream(watch, product.migration_id, product.move().state, lambda: may):
            events.append(event)
            if len(events) == 1:
                then()
        return events

    return asyncio.run(asyncio.wait_for(listen(), patience(60)))


def test_watchers_get_the_numbers_and_the_change_of_state(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    first, last = watched(product, lambda: happens(product, Event.FETCHED))
    assert "Starting" in str(first.data) or "of" in str(first.data)
    assert "<html" not in str(first.data), "a fragment, not a page"
    assert last.event == "moved"
    assert last.data == "reading"


def test_an_outdated_page_is_sent_on_by_a_late_stream(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    page = product.visitor(MEGAN).see(product.at)
    match = re.search(r'hx-sse:connect="([^"]+)"', page.text)
    assert match
    happens(product, Event.FETCHED)
    text = product.visitor(MEGAN).get(match[1]).text
    assert "event: moved" in text
    assert "data: reading" in text


def test_a_watcher_without_the_right_gets_no_more_events(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    product = product_at("preparing")
    submit(product)
    monkeypatch.setattr("app.wizard.progress.RIGHTS_AGAIN", 0.4)
    events = watched(product, lambda: None, may=False)
    assert all(event.event != "moved" for event in events)


def test_a_single_poll_serves_all_watchers(product_at: At) -> None:
    product = product_at("preparing")
    submit(product)
    app = FastAPI()
    app.state.runtime, app.state.jinja = product.runtime, product.app.state.jinja
    looks = SimpleNamespace(count=0)

    async def listen() -> None:
        watch = watch_of(app)
        render = watch.render_news

        def counted(migration_id: str) -> object:
            looks.count += 1
            return render(migration_id)

        watch.render_news = counted  # type: ignore[method-assign, assignment]  # counts, and draws as before

        async def once() -> str:
            async with watch.listening(product.migration_id) as queue:
                return (await queue.get()).html

        results = await asyncio.gather(*(once() for _ in range(50)))
        assert len(results) == 50

    asyncio.run(asyncio.wait_for(listen(), patience(60)))
    assert looks.count <= 3
