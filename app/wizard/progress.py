"""What happens while the clinic waits: rows done of all, how fast, how long still, and when it was last heard of.

With JavaScript the numbers come as they change; without it, the page loads itself again.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app.access import sessions
from app.access.rights import Right
from app.engine.progress import Progress, progress
from app.migration.guards import pausable
from app.migration.models import Export, Migration
from app.migration.states import FAILED, WORKING, Event, State
from app.problems import catalogue
from app.rail import page_of
from app.web import cookie_name, go, page, visit_of
from app.wizard.live import Watch, watch_of
from app.wizard.problems import stopped_by

router = APIRouter()
RIGHTS_AGAIN = 20.0

TITLES: dict[State, str] = {
    State.FETCHING: "Your export is being fetched",
    State.READING: "Your export is being read",
    State.TRIALLING: "Your trial is being made",
    State.FINALISING: "Your trial is going live",
    State.UNDOING: "Your move is being taken back",
    State.PAUSED: "This is paused",
    State.FETCHING_FAILED: "The download stopped, nothing is lost",
    State.READING_FAILED: "Reading your export stopped, nothing is lost",
    State.TRIALLING_FAILED: "The trial stopped, nothing is lost",
    State.FINALISING_FAILED: "Going live stopped, nothing is lost",
    State.UNDOING_FAILED: "Taking it back stopped, nothing is lost",
}
STEPS: tuple[tuple[State, str], ...] = (
    (State.FETCHING, "Fetch the files"),
    (State.READING, "Read them"),
    (State.MATCHING, "Match names, with you"),
    (State.TRIALLING, "Copy into the trial and count again"),
    (State.REVIEWING, "Ready for you to review"),
    (State.FINALISING, "Go live, when you approve"),
)


@router.get("/m/{migration_id}")
def to_its_page(request: Request) -> Response:
    """The page of the state that the migration is in."""
    move = visit_of(request).move
    return go(f"/m/{move.id}/{page_of(move)}")


@router.get("/m/{migration_id}/progress")
def look(request: Request) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        told = numbers(session, visit.move)
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    return page(request, "wizard/progress.html", **told, labels=labels)


def numbers(session: Session, migration: Migration) -> dict[str, Any]:
    """Everything that the page says about the work; also what its stream sends."""
    state = State(migration.state)
    seen = progress(session, migration)
    export = session.get(Export, (migration.id, migration.export_number))
    return {
        "state": state.value,
        "seen": seen,
        "title": TITLES.get(state, "Nothing is running now"),
        "working": state in WORKING,
        "failed": state in FAILED.values(),
        "problem": stopped_by(migration),
        "waits": catalogue().get(seen.waits_for) if seen.waits_for else None,
        "phases": phases(state, migration),
        "steps": seen.phase or "",
        "export": export,
        "shown_kinds": shown_kinds(seen),
        "pausable": state is State.FETCHING,
        "paused_from": migration.paused_from,
    }


def shown_kinds(seen: Progress) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "done": one.done, "total": one.total} for one in seen.kinds]


def phases(state: State, migration: Migration) -> list[dict[str, str]]:
    """What is behind, what is now, and what comes."""
    base = next((working for working, failed in FAILED.items() if failed is state), state)
    if state is State.PAUSED and migration.paused_from:
        base = State(migration.paused_from)
    order = [step for step, _ in STEPS]
    here = order.index(base) if base in order else len(order) if migration.finalised_at else -1
    told = []
    for number, (_, words) in enumerate(STEPS):
        at = "past" if number < here else "now" if number == here else ""
        told.append({"words": words, "state": at})
    return told


@router.get("/m/{migration_id}/progress/events")
async def events(request: Request) -> Response:
    """The numbers as they change. The stream holds no session, and ends when the reader may no longer look."""
    visit = visit_of(request)
    watch = watch_of(request.app)
    secret = request.cookies.get(cookie_name(visit.runtime))

    def may_still_look() -> bool:
        with visit.runtime.ledger.read() as session:
            viewer = sessions.viewer_of(session, secret)
        return viewer is not None and viewer.may(Right.LOOK, visit.move.workspace_id)

    return EventSourceResponse(stream(watch, visit.move.id, visit.move.state, may_still_look), ping=15)


async def stream(watch: Watch, migration_id: str, state: str, may_still_look: Any) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    checked = loop.time()
    async with watch.listening(migration_id) as queue:
        while True:
            try:
                news = await asyncio.wait_for(queue.get(), timeout=RIGHTS_AGAIN / 4)
            except TimeoutError:
                news = None
            if loop.time() - checked > RIGHTS_AGAIN:
                checked = loop.time()
                if not await run_in_threadpool(may_still_look):
                    return
            if news is None:
                continue
            if news.state != state:
                yield ServerSentEvent(data=news.state, event="moved")
                return
            yield ServerSentEvent(data=news.html, id=str(news.number))


@router.post("/m/{migration_id}/progress/retry")
def retry(request: Request) -> Response:
    """The same work again, from where it stopped."""
    visit = visit_of(request)
    visit.advance(Event.RETRY)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/progress/pause")
def pause(request: Request) -> Response:
    visit = visit_of(request)
    visit.advance(Event.PAUSE, guards={"pausable": pausable(visit.by.actor)})
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/progress/resume")
def resume(request: Request) -> Response:
    visit = visit_of(request)
    visit.advance(Event.RESUME, guards={"pausable": pausable(visit.by.actor)})
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/progress/cancel")
def cancel(request: Request) -> Response:
    """Ends this move: the trial is dropped and the export deleted. A new move can be started afterwards."""
    visit = visit_of(request)
    visit.advance(Event.CANCEL)
    return go("/")
