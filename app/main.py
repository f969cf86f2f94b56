"""The web application: the clinic's pages, support's pages and, in development, the sandbox and the outbox."""

import secrets
import sqlite3
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from json import JSONDecodeError
from typing import NotRequired, TypedDict

import psycopg
import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import ClientDisconnect

from app import templating
from app.access.rights import RIGHTS
from app.changed_values import ValueChanged
from app.db import DatabaseGone, now
from app.errors import Stop
from app.isolated.reader import reader
from app.migration.advance import GuardRefused, NotAllowed, WrongState
from app.migration.audit import AuditChange, Changes, changes_since, state_change
from app.migration.both_lists import LISTS_FIRST
from app.migration.models import Migration
from app.migration.state_words import WORDS
from app.migration.states import MOVES, WORKING, Event, State
from app.production import require_ready
from app.request_sizes import check_texts, read_form
from app.sandbox import sandbox_pages as sandbox
from app.sandbox.demo import seed
from app.settings import Environment, Settings, settings
from app.signin import clinics, invitation_pages, local_outbox, pages
from app.storage.encryption import CannotOpen
from app.support import file_pages as support_files
from app.support import support_pages as support
from app.unavailable import RETRY_SECONDS, Unavailable, cause_of
from app.web import health
from app.web.form_fingerprint import FIELD, Changed, NoBasis, RenderedForAnother
from app.web.form_of_another_person import answer_another
from app.web.health import DiskRoom
from app.web.http_security import SAFE, HeadAsGet, guard, is_upload
from app.web.idempotency_key import OncePerKey
from app.web.navigation import READ_LISTS, page_of
from app.web.page_context import (
    STREAMED,
    HistoryDiffers,
    NeedsSignIn,
    Visit,
    address_of,
    enter,
    go,
    hidden,
    keep_form,
    page,
    page_before,
    visit_of,
)
from app.web.page_of_address import page_of_address
from app.web.refused_forms import RefusedForm, SentAnswer, describe_changed, describe_over
from app.web.repeated_forms import answered_before, page_after, same_answer_by_another
from app.web.unsent_form import TYPED, form_sent, own_target, unsent_form, way_back
from app.wizard import STEPS
from app.wizard.trial_view import NoTrialRecords
from app.worker.runtime import Runtime, open_runtime, single_line_errors

log = structlog.get_logger()
BUTTONS = frozenset({Event.CHANGE_PLAN, Event.REPLACE_EXPORT, Event.PAUSE, Event.CANCEL, Event.UNDO})
"""Events of buttons. A second press without typed words loses nothing and needs no page."""


def create_app(config: Settings | None = None, runtime: Runtime | None = None) -> FastAPI:
    """The application for these settings. Opens its own runtime unless the caller passes a runtime."""
    chosen = config or settings()
    if runtime is None:  # a caller's runtime was checked when it was opened
        require_ready(chosen)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        app.state.runtime = runtime or open_runtime(chosen, chosen.page_patience_seconds)
        reader().start()
        if runtime is None and not in_production:
            seed(app.state.runtime)
        yield
        if runtime is None:
            app.state.runtime.close()

    in_production = chosen.environment is Environment.PRODUCTION
    app = FastAPI(
        title="Caspen import",
        lifespan=life,
        dependencies=[Depends(keep_form), Depends(enter), Depends(check_texts)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None if in_production else "/openapi.json",
    )
    app.state.jinja = templating.environment()
    app.state.room = DiskRoom(chosen.var)
    app.state.is_secure = in_production
    app.state.address = chosen.base_url if in_production else ""
    app.state.is_behind_tls = chosen.behind_tls
    app.add_middleware(OncePerKey)
    app.add_middleware(BaseHTTPMiddleware, dispatch=guard)
    app.add_middleware(HeadAsGet)
    app.mount("/static", StaticFiles(directory=templating.STATIC), name="static")
    signing_in = (pages.router, clinics.router, invitation_pages.router)
    for router in (health.router, *signing_in, support.router, support_files.router, *(step.router for step in STEPS)):
        app.include_router(router)
    if not in_production:
        app.include_router(sandbox.router)
        app.include_router(local_outbox.router)
    add_error_handlers(app)
    return app


def open_app(config: Settings) -> tuple[FastAPI, Runtime]:
    """Opens the runtime and creates the application, so that the start of the server cannot fail.

    The caller closes the runtime. Raises CannotStart with a single line that an operator can act on.
    """
    require_ready(config)
    with single_line_errors():
        runtime = open_runtime(config, config.page_patience_seconds)
        try:
            if config.is_development:
                seed(runtime)
            return create_app(config, runtime), runtime
        except BaseException:
            runtime.close()
            raise


def add_error_handlers(app: FastAPI) -> None:
    """Registers a page for every error: what happened, and what to do."""

    @app.exception_handler(NeedsSignIn)
    def ask_to_sign_in(request: Request, _: NeedsSignIn) -> Response:
        kept = unsent_form(request)
        if kept is not None:
            return page(request, "errors/401.html", 401, form=kept, next=way_back(request))
        address = f"/signin?next={address_of(request) if request.method == 'GET' else '/'}"
        if request.headers.get("HX-Request"):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)

    @app.exception_handler(WrongState)
    def show_step_over(request: Request, trouble: WrongState) -> Response:
        if (after := answered_before(visit_of(request))) is not None:
            return go(after)
        if is_done(trouble) and has_own_basis(visit_of(request)) and not has_words(visit_of(request)):
            return go(f"/m/{visit_of(request).move.id}")
        if (given := same_answer_by_another(visit_of(request))) is not None:
            return render_same_answer(request, given)
        return page(request, "errors/409.html", 409, **where_it_is(request, trouble))

    @app.exception_handler(Changed)
    def show_both_versions(request: Request, changed: Changed) -> Response:
        if (after := answered_before(visit_of(request))) is not None:
            return go(after)
        if not changed.is_overruled and (given := same_answer_by_another(visit_of(request))) is not None:
            return render_same_answer(request, given)
        return page(request, "errors/changed.html", 409, **both_versions(request, changed))

    @app.exception_handler(RenderedForAnother)
    def show_form_of_another(request: Request, trouble: RenderedForAnother) -> Response:
        return answer_another(request, trouble)

    @app.exception_handler(NoBasis)
    def show_form_without_basis(request: Request, _: NoBasis) -> Response:
        link = visit_of(request).sent.fields.get("link", [])
        return page(request, "errors/422.html", 422, kept=[*form_sent(request).words, *link])

    @app.exception_handler(GuardRefused)
    @app.exception_handler(NotAllowed)
    def show_refusal(request: Request, trouble: Exception) -> Response:
        return page(request, "errors/409.html", 409, **where_it_is(request, trouble))

    @app.exception_handler(HistoryDiffers)
    def show_history_differs(request: Request, _: HistoryDiffers) -> Response:
        visit = visit_of(request)
        log.warning("history_differs", migration=visit.move.id, route=visit.sent.path)
        typed = [value for name in sorted(TYPED & visit.sent.fields.keys()) for value in visit.sent.fields[name]]
        status = 200 if request.method in SAFE else 409
        return page(request, "wizard/unproven.html", status, is_live=False, kept=" ".join(typed))

    @app.exception_handler(ClientDisconnect)
    def close_quietly(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # the client has gone

    @app.exception_handler(Stop)
    def show_problem(request: Request, stop: Stop) -> Response:
        return page(request, "errors/stop.html", 422, problem=stop.problem)

    @app.exception_handler(RequestValidationError)
    def show_incomplete(request: Request, _: RequestValidationError) -> Response:
        return page(request, "errors/422.html", 422)

    @app.exception_handler(StarletteHTTPException)
    def show_not_found(request: Request, trouble: HTTPException) -> Response:
        if isinstance(trouble, NoTrialRecords):
            return page(request, "wizard/no-records.html", 404, title=trouble.title, lede=trouble.lede)
        if trouble.status_code == 405 and request.method in SAFE:  # reloaded or copied after a form
            above = page_of_address(request.url.path)
            if above is not None:
                return RedirectResponse(above, 303)
        name = "errors/403.html" if trouble.status_code == 403 else "errors/404.html"
        return page(request, name, trouble.status_code, path=request.url.path)

    async def show_unavailable(request: Request, trouble: Exception) -> Response:
        cause = cause_of(trouble)
        if cause is None:
            raise trouble
        log.warning("unavailable", cause=cause.value, trouble=type(trouble).__name__, at=_place(trouble))
        if cause is Unavailable.BAD_VALUE:
            return page(request, "errors/422.html", 422)
        if cause is Unavailable.FULL:
            request.app.state.room.note_failure()
        retry = {"href": own_target(request), "method": request.method.lower(), "fields": await _typed(request)}
        answer = page(request, "errors/503.html", 503, cause=cause, retry=None if request.method == "GET" else retry)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer

    databases = (SQLAlchemyError, sqlite3.Error, psycopg.Error, DatabaseGone, ValueChanged, CannotOpen, JSONDecodeError)
    for kind in (*databases, OSError, OverflowError, UnicodeError):
        app.add_exception_handler(kind, show_unavailable)

    def show_our_fault(request: Request, trouble: Exception) -> Response:
        error_id = f"e-{secrets.token_hex(2)}-{secrets.token_hex(2)}"
        route = getattr(request.scope.get("route"), "path", "")
        log.error("our_fault", error_id=error_id, trouble=type(trouble).__name__, route=route, at=_place(trouble))
        return page(request, "errors/500.html", 500, error_id=error_id, at=now())

    app.state.our_fault = show_our_fault
    app.state.not_found = show_not_found


def has_own_basis(visit: Visit) -> bool:
    """Whether the form carries a valid fingerprint of its own page."""
    try:
        visit.basis_sent()
    except NoBasis:
        return False
    return True


def has_words(visit: Visit) -> bool:
    """Whether the form carries words that a person typed."""
    return any(value.strip() for name in TYPED for value in visit.sent.fields.get(name, ()))


def is_done(trouble: WrongState) -> bool:
    """Whether the migration already has the state that the button asks for: pressed twice, or on an old page."""
    if trouble.event in (Event.RETRY, Event.RESUME):
        return trouble.state in WORKING
    target = {move.to for move in MOVES if move.event is trouble.event}
    return trouble.event in BUTTONS and trouble.state in target


def render_same_answer(request: Request, given: AuditChange) -> Response:
    """Page for an answer that another person gave a moment before: no conflict, and nothing left to do."""
    visit = visit_of(request)
    with visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
    way_on = page_after(visit) or page_at(visit, migration)
    return page(request, "errors/given.html", given=given, way_on=way_on)


class OutdatedFormPage(TypedDict):
    """The page for an outdated form: both versions, later changes, and the inputs to send again.

    * `fresh`: the hidden field with the fingerprint of the present page.
    * `leave`: the address of the page without the answers.
    """

    form: RefusedForm
    changes: Changes | None
    fresh: Markup
    leave: str
    is_upload: bool


def both_versions(request: Request, changed: Changed) -> OutdatedFormPage:
    """Context of the page for an outdated form."""
    visit = visit_of(request)
    with visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        changes = changes_since(session, migration.id, changed.basis.since)
        form = describe_changed(visit, session, request.url.path, changed)
    return {
        "form": form,
        "changes": changes,
        "fresh": hidden(FIELD, form.basis),
        "leave": form.page or page_of_form(request) or page_at(visit, migration),
        "is_upload": visit.sent.path in STREAMED,
    }


def page_of_form(request: Request) -> str | None:
    """The page that a form was sent from: the Referer, or the form's own address if that is a page."""
    before, own = page_before(request), request.url.path
    has_page = ("GET", visit_of(request).sent.path) in RIGHTS
    if before is not None and (has_page or before.partition("?")[0] != own):
        return before
    return own if has_page else None


def page_at(visit: Visit, migration: Migration) -> str:
    """The page of the migration's state. For support, the migration's own page."""
    return f"/support/{migration.id}" if visit.person.is_support else f"/m/{migration.id}/{page_of(migration)}"


class WayOn(TypedDict):
    """The one button of a page: its address and its words."""

    href: str
    words: str


class StepOverPage(TypedDict):
    """The 409 page: the migration's present state and the link to its page.

    * `kept`, `answers`: what the person sent, as text or by question.
    * `latest`: the act that brought the migration into its state.
    * `code`: the problem that refused the act.
    """

    title: str
    lede: Markup | str
    go: WayOn
    kept: NotRequired[str]
    answers: NotRequired[tuple[SentAnswer, ...]]
    latest: NotRequired[AuditChange | None]
    code: NotRequired[str]


def where_it_is(request: Request, trouble: Exception) -> StepOverPage:
    """Context of the 409 page."""
    visit = visit_of(request)
    with visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        latest = state_change(session, migration.id)
        form = describe_over(visit, session)
    kept = getattr(request.state, "kept", "") or " ".join(
        value for name in sorted(TYPED & visit.sent.fields.keys()) for value in visit.sent.fields[name]
    )
    words = WORDS[State(migration.state)]
    way_on = form.way_on or ("Back to this migration" if visit.person.is_support else words.go)
    go: WayOn = {"href": form.page or page_at(visit, migration), "words": way_on}
    if isinstance(trouble, GuardRefused):
        if trouble.problem.code == LISTS_FIRST:
            go = {"href": f"/m/{migration.id}/{READ_LISTS[0]}", "words": READ_LISTS[1]}
        problem = trouble.problem.at(details={"source": visit.source.label, **trouble.problem.details})
        refused: StepOverPage = {"title": problem.title, "lede": problem.todo, "go": go, "code": problem.code}
        return {**refused, "kept": "" if form.answers else kept, "answers": form.answers}
    if isinstance(trouble, NotAllowed):
        return {"title": "This is for somebody else to do", "lede": "Nothing was changed.", "go": go}
    title, lede = f"This step is over: {words.now}", form.sentence or "Nothing was changed by your answer."
    answers = form.answers
    return {
        "title": title,
        "lede": lede,
        "go": go,
        "kept": "" if answers else kept,
        "answers": answers,
        "latest": latest,
    }


async def _typed(request: Request) -> list[tuple[str, str]]:
    """The text inputs of the form, so that the "try again" page keeps them. Files and passwords are left out."""
    if request.method in SAFE or is_upload(request):
        return []
    try:
        form = await read_form(request)
    except (RuntimeError, StarletteHTTPException, RequestValidationError, ClientDisconnect):
        return []
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str) and "password" not in name]


def _place(trouble: Exception) -> str:
    """File and line of an exception. Its text is left out because the text could quote a cell."""
    last = traceback.extract_tb(trouble.__traceback__)[-1:]
    return f"{last[0].filename}:{last[0].lineno}" if last else ""
