"""The progress page: rows done, speed, time left, and the last sign of work.

With JavaScript the numbers are streamed. Without JavaScript the page reloads.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypedDict

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app import templating
from app.access import sessions
from app.access.rights import Right
from app.db import Database, now
from app.fetch.downloads import DownloadProgress, load_download_progress
from app.formatting import size
from app.links.link_settings import LinkSettings
from app.links.provider_help import Remedy
from app.links.provider_registry import remedy_for
from app.migration.checked_links import load_checked_link
from app.migration.exports import files_of
from app.migration.guards import pausable
from app.migration.models import Export, Migration
from app.migration.state_words import WORDS
from app.migration.states import FAILED, WORKING, Event, State, move_for
from app.problems import Problem, catalogue
from app.settings import environment
from app.sources import source
from app.web.navigation import page_of
from app.web.page_context import cookie_name, go, page, visit_of
from app.wizard.file_states import MOST_CAUSES, file_causes, file_codes
from app.wizard.problems import stopped_by
from app.wizard.zip_password import locked_files
from app.worker.runtime import Runtime
from app.worker.work_progress import WorkProgress, progress

EVERY = 1.0  # seconds between polls of the watched migrations: the web process's only poller
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class News:
    """The live block of the progress page, and the state in which it was rendered."""

    number: int
    state: str
    html: str


class Watch:
    """Polls watched migrations and sends changes to listeners. Runs only while there are listeners."""

    def __init__(self, runtime: Runtime, jinja: Any) -> None:
        self.runtime = runtime
        self.template = jinja.get_template("wizard/progress.html")
        self.queues: dict[str, set[asyncio.Queue[News]]] = defaultdict(set)
        self.last: dict[str, News] = {}
        self.task: asyncio.Task[None] | None = None
        self.number = 0

    @asynccontextmanager
    async def listening(self, migration_id: str) -> AsyncIterator[asyncio.Queue[News]]:
        queue: asyncio.Queue[News] = asyncio.Queue(maxsize=2)
        self.queues[migration_id].add(queue)
        if migration_id in self.last:
            queue.put_nowait(self.last[migration_id])
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._poll())
        try:
            yield queue
        finally:
            self.queues[migration_id].discard(queue)
            if not self.queues[migration_id]:
                del self.queues[migration_id]
                self.last.pop(migration_id, None)

    async def _poll(self) -> None:
        while self.queues:
            for migration_id in list(self.queues):
                try:
                    news = await run_in_threadpool(self.render_news, migration_id)
                except SQLAlchemyError as trouble:
                    log.warning("progress_not_read", trouble=type(trouble).__name__)
                    continue
                if news is not None:
                    self._send(migration_id, news)
            await asyncio.sleep(EVERY)

    def _send(self, migration_id: str, news: News) -> None:
        self.last[migration_id] = news
        for queue in self.queues.get(migration_id, ()):
            while queue.full():
                queue.get_nowait()  # a slow reader gets only the newest numbers
            queue.put_nowait(news)

    def render_news(self, migration_id: str) -> News | None:
        """Renders the live block. Runs in a thread with a session of its own."""
        with self.runtime.ledger.read() as session:
            migration = session.get(Migration, migration_id)
            if migration is None:
                return None
            progress_page = build_progress(session, migration)
        origin = source(migration.source)
        values: dict[str, object] = {
            **progress_page,
            "migration": migration,
            "source": origin,
            "now": now(),
            "zone": migration.plan.get("timezone"),
            "labels": {kind.name: kind.label for kind in origin.kinds},
        }
        self.number += 1
        return News(self.number, migration.state, templating.block(self.template, "live", **values))


def watch_of(app: FastAPI) -> Watch:
    """The process's watch, created on the first call."""
    known: Watch | None = getattr(app.state, "watch", None)
    if known is None:
        known = app.state.watch = Watch(app.state.runtime, app.state.jinja)
    return known


router = APIRouter()
RIGHTS_AGAIN = 20.0


@router.get("/m/{migration_id}")
def show_current_page(request: Request) -> Response:
    """Redirects to the page of the migration's state."""
    move = visit_of(request).move
    return go(f"/m/{move.id}/{page_of(move)}")


@router.get("/m/{migration_id}/progress")
def show_progress(request: Request) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        values: dict[str, Any] = {**build_progress(session, visit.move)}
        is_unreadable = visit.move.state == State.READING_FAILED
        locked = locked_files(session, visit.move) if is_unreadable else []
        codes = file_codes(session, visit.move, visit.move.export_number) if is_unreadable else {}
        files = files_of(session, visit.move.id, visit.move.export_number) if is_unreadable else []
    if values["problem"] is not None and values["problem"].code == "export_empty":
        codes, files = {}, []  # zips without files, which the problem speaks of
    causes = file_causes(codes, files, visit.source)
    more = sum(len(cause.paths) for cause in causes[MOST_CAUSES:])
    values |= {"causes": causes[:MOST_CAUSES], "more_causes": more, "has_files": bool(files)}
    words = WORDS[State(visit.move.state)]
    values |= {"now_words": words.now, "go_words": words.go}
    if visit.move.state == State.MATCHING and page_of(visit.move) == "handover":
        values |= {"now_words": "your export is read", "go_words": "See what is in your export"}
    may_cancel = move_for(Event.CANCEL, State(visit.move.state)) is not None
    labels = {kind.name: kind.label for kind in visit.source.kinds}
    return page(request, "wizard/progress.html", **values, labels=labels, locked=locked, may_cancel=may_cancel)


@router.get("/m/{migration_id}/progress/events")
async def stream_events(request: Request, drawn: str = "") -> Response:
    """Server-sent events for a page that was rendered in the state `drawn`.

    If the move has another state, the page is sent on at once, also after a late or repeated connection. The stream
    holds no session, and ends when the reader loses the right to view the move.
    """
    visit = visit_of(request)
    watch = watch_of(request.app)
    secret = request.cookies.get(cookie_name(visit.runtime))
    still_may_view = partial(may_view, visit.runtime.ledger, secret, visit.move.workspace_id)
    return EventSourceResponse(stream(watch, visit.move.id, drawn or visit.move.state, still_may_view), ping=15)


def may_view(ledger: Database, secret: str | None, workspace_id: str) -> bool:
    """Whether the owner of a cookie may view the move: signed in, enabled, and a member of the clinic."""
    with ledger.read() as session:
        viewer = sessions.viewer_of(session, secret)
    return viewer is not None and viewer.may(Right.VIEW, workspace_id)


async def stream(watch: Watch, migration_id: str, state: str, still_may_view: Any) -> AsyncIterator[ServerSentEvent]:
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
                if not await run_in_threadpool(still_may_view):
                    return
            if news is None:
                continue
            if news.state != state:
                yield ServerSentEvent(data=news.state, event="moved")
                return
            yield ServerSentEvent(data=news.html, id=str(news.number))


@router.post("/m/{migration_id}/progress/retry")
def retry(request: Request) -> Response:
    """Starts the same work again, from where it stopped."""
    visit = visit_of(request)
    visit.advance(Event.RETRY)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/progress/back-to-review")
def back_to_review(request: Request) -> Response:
    """Returns to the review of the trial that could not go live. A second press changes nothing."""
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


class PhaseLine(TypedDict):
    """A phase of the move. Its state is past, now, or empty for a coming phase."""

    words: str
    state: str


class ProgressPage(TypedDict):
    """What the progress page and its stream show.

    * `working`, `failed`: whether work is running, or has stopped with `problem`.
    * `waits`: the problem that must pass without action.
    * `silent_since`: the last sign of work; `next_try`, `is_due`: when a download is tried again.
    * `mending`: the provider's own steps against the problem.
    """

    state: str
    progress: WorkProgress
    title: str
    working: bool
    failed: bool
    problem: Problem | None
    waits: Problem | None
    download: DownloadProgress | None
    silent_since: datetime | None
    next_try: datetime | None
    is_due: bool
    mending: Remedy | None
    phases: list[PhaseLine]
    export: Export | None
    shown_kinds: list["ShownKind"]
    pausable: bool
    paused_from: str | None


def build_progress(session: Session, migration: Migration) -> ProgressPage:
    """Context of the progress page, and of its stream."""
    state = State(migration.state)
    progress_now = progress(session, migration)
    export = session.get(Export, (migration.id, migration.export_number))
    fetching = State.FETCHING in (state, migration.paused_from) or state is State.FETCHING_FAILED
    moment = now()
    download = load_download_progress(session, migration) if fetching and export and export.way == "link" else None
    until = download.until if download else None
    return {
        "state": state.value,
        "progress": progress_now,
        "title": TITLES.get(state, "Nothing is running now"),
        "working": state in WORKING,
        "failed": state in FAILED.values(),
        "problem": stopped_by(migration),
        "waits": waits_for(session, migration, export, progress_now.waits_for, download),
        "download": download,
        "silent_since": moment - timedelta(seconds=progress_now.age) if progress_now.age is not None else None,
        "next_try": until if until is not None and until > moment else None,
        "is_due": until is not None and until <= moment,
        "mending": provider_steps(session, migration, export) if download and state is State.FETCHING_FAILED else None,
        "phases": phases(state, migration),
        "export": export,
        "shown_kinds": shown_kinds(progress_now),
        "pausable": state is State.FETCHING,
        "paused_from": migration.paused_from,
    }


def waits_for(
    session: Session, migration: Migration, export: Export | None, code: str | None, download: DownloadProgress | None
) -> Problem | None:
    """The problem that must pass without action. The page fills in `{time}` and `{source}`."""
    if code is None or code not in catalogue():
        return None
    checked = load_checked_link(session, migration.id)
    label = checked.findings.get("label") if checked and export and checked.hint == export.link_hint else ""
    details = {"provider": label or "The other side", "time": "{time}", "source": "{source}"}
    if download and download.size:
        details["size"] = size(int(LinkSettings.from_environment(environment()).disk_factor * download.size))
    return Problem(code, details={"size": "the whole export", **details})


def provider_steps(session: Session, migration: Migration, export: Export | None) -> Remedy | None:
    """The provider's own steps against the problem that stopped a download."""
    stopped = stopped_by(migration)
    checked = load_checked_link(session, migration.id)
    known = checked is not None and export is not None and checked.hint == export.link_hint
    return remedy_for(checked.findings["provider"], stopped.code) if stopped and known and checked else None


class ShownKind(TypedDict):
    """The progress of a kind: finished rows, and all rows."""

    kind: str
    done: int
    total: int


def shown_kinds(progress_now: WorkProgress) -> list[ShownKind]:
    return [{"kind": each.kind, "done": each.done, "total": each.total} for each in progress_now.kinds]


def phases(state: State, migration: Migration) -> list[PhaseLine]:
    """The phases of the move: past, present and coming."""
    base = next((working for working, failed in FAILED.items() if failed is state), state)
    if state is State.PAUSED and migration.paused_from:
        base = State(migration.paused_from)
    order = [step for step, _ in STEPS]
    current = order.index(base) if base in order else len(order) if migration.finalised_at else -1
    lines: list[PhaseLine] = []
    for number, (_, words) in enumerate(STEPS):
        at = "past" if number < current else "now" if number == current else ""
        lines.append({"words": words, "state": at})
    return lines
