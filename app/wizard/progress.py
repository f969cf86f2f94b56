"""What happens while the clinic waits: rows done of all, how fast, how long still, and when it was last heard of.

With JavaScript the numbers come as they change; without it, the page loads itself again.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app.access import sessions
from app.access.rights import Right
from app.db import Database
from app.migration.exports import files_of
from app.migration.guards import pausable
from app.migration.states import Event, State, move_for
from app.migration.words import WORDS
from app.rail import page_of
from app.web import cookie_name, go, page, visit_of
from app.wizard.file_causes import MOST_CAUSES, file_causes, file_codes
from app.wizard.live import Watch, watch_of
from app.wizard.numbers import numbers
from app.wizard.zip_password import locked_files

router = APIRouter()
RIGHTS_AGAIN = 20.0


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
        is_unreadable = visit.move.state == State.READING_FAILED
        locked = locked_files(session, visit.move) if is_unreadable else []
        codes = file_codes(session, visit.move, visit.move.export_number) if is_unreadable else {}
        files = files_of(session, visit.move.id, visit.move.export_number) if is_unreadable else []
    causes = file_causes(codes, files, visit.source)
    told |= {"causes": causes[:MOST_CAUSES], "more_causes": max(0, len(causes) - MOST_CAUSES)}
    words = WORDS[State(visit.move.state)]
    told |= {"now_words": words.now, "go_words": words.go}
    if visit.move.state == State.MATCHING and page_of(visit.move) == "handover":
        told |= {"now_words": "your export is read", "go_words": "See what is in your export"}
    may_cancel = move_for(Event.CANCEL, State(visit.move.state)) is not None
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    return page(request, "wizard/progress.html", **told, labels=labels, locked=locked, may_cancel=may_cancel)


@router.get("/m/{migration_id}/progress/events")
async def events(request: Request, drawn: str = "") -> Response:
    """The numbers as they change, for a page that was drawn in the state `drawn`; of another state than the move's,
    also when the stream is opened late or once more, the page is sent on at once. The stream holds no session, and
    ends when the reader may no longer look."""
    visit = visit_of(request)
    watch = watch_of(request.app)
    secret = request.cookies.get(cookie_name(visit.runtime))
    may_still_look = partial(may_look, visit.runtime.ledger, secret, visit.move.workspace_id)
    return EventSourceResponse(stream(watch, visit.move.id, drawn or visit.move.state, may_still_look), ping=15)


def may_look(ledger: Database, secret: str | None, workspace_id: str) -> bool:
    """Whether the owner of a cookie may still look: signed in, not disabled, and not removed from the clinic."""
    with ledger.read() as session:
        viewer = sessions.viewer_of(session, secret)
    return viewer is not None and viewer.may(Right.LOOK, workspace_id)


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


@router.post("/m/{migration_id}/progress/back-to-review")
def back_to_review(request: Request) -> Response:
    """Back to the review of the trial that could not go live. Pressed twice, nothing more happens."""
    visit = visit_of(request)
    visit.advance(Event.BACK_TO_REVIEW)
    return go(f"/m/{visit.move.id}/review")


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
