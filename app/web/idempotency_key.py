"""Idempotency-Key: a POST with a repeated key runs once, and the second response equals the first.

Browsers send no such header: a form has its own fingerprint (see `app/web/form_fingerprint.py`). Programs may send
the header with our forms.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa
import structlog
from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.access_tables import SentKey
from app.access.sessions import hashed
from app.db import Database, now
from app.unavailable import cause_of
from app.web.http_security import is_upload
from app.web.page_context import cookie_name, page
from app.worker.runtime import Runtime

log = structlog.get_logger()
HEADER = "idempotency-key"
LONGEST = 255
KEPT = timedelta(hours=24)
RUNNING = timedelta(minutes=5)  # a request that takes longer has ended without a response
GOES_ON = 303
WORDS = {
    422: ("This form was sent with other answers before", "Nothing was changed by it. A key belongs to one answer."),
    409: ("This form is still being saved", "Nothing was changed by it. The first answer follows in a moment."),
}


class Turn(StrEnum):
    """State of a key: unused, answered, running, or used with another body."""

    FIRST = "first"
    ANSWERED = "answered"
    RUNNING = "running"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """State of a key, and the location of the first response once that exists."""

    turn: Turn
    location: str = ""


def begin(ledger: Database, who: str, key: str, digest: str) -> KeyOutcome:
    """Takes a key for a request of this digest, or returns the state of the used key. Deletes keys older than KEPT."""
    with ledger.write() as session:
        session.connection().execute(sa.delete(SentKey).where(col(SentKey.begun_at) < now() - KEPT))
        before = session.get(SentKey, (who, key))
        if before is not None and before.digest != digest:
            return KeyOutcome(Turn.OTHER)
        if before is not None and before.location:
            return KeyOutcome(Turn.ANSWERED, before.location)
        if before is not None and now() - before.begun_at < RUNNING:
            return KeyOutcome(Turn.RUNNING)
        session.merge(SentKey(who=who, key=key, digest=digest))
        return KeyOutcome(Turn.FIRST)


def settle(ledger: Database, who: str, key: str, location: str) -> None:
    """Stores the location of the response. A response without a location, such as a refused form, frees the key."""
    with ledger.write() as session:
        key_row = session.get(SentKey, (who, key))
        if key_row is not None and location:
            key_row.location = location
            session.add(key_row)
        elif key_row is not None:
            session.delete(key_row)


class OncePerKey:
    """ASGI middleware around the routes, inside the checks of `guard`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":  # lifespan events arrive too
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        key = request.headers.get(HEADER, "")
        if not key:
            await self._app(scope, receive, send)
            return
        is_read = not is_upload(request) and not request.url.path.endswith("/piece")
        body = await request.body() if is_read else request.headers.get("content-length", "").encode()
        runtime: Runtime = scope["app"].state.runtime
        who = hashed(request.cookies.get(cookie_name(runtime), ""))
        given = (who, hashlib.sha256(key.encode()).hexdigest())
        digest = hashlib.sha256(f"{request.url.path}\n".encode() + body).hexdigest()
        receive = _again(body, receive) if is_read else receive
        outcome = KeyOutcome(Turn.OTHER)
        if len(key) <= LONGEST:
            try:
                outcome = await run_in_threadpool(begin, runtime.ledger, *given, digest)
            except Exception as trouble:
                if cause_of(trouble) is None:
                    raise
                await self._app(scope, receive, send)  # the route reports that the ledger cannot be written
                return
        if outcome.turn is not Turn.FIRST:
            await (await run_in_threadpool(_answer, request, outcome))(scope, receive, send)
            return
        await self._carry_out(scope, receive, send, runtime, given)

    async def _carry_out(
        self, scope: Scope, receive: Receive, send: Send, runtime: Runtime, given: tuple[str, str]
    ) -> None:
        led = ""

        async def watch(message: Message) -> None:
            nonlocal led
            if message["type"] == "http.response.start" and message["status"] == GOES_ON:
                led = dict(message["headers"]).get(b"location", b"").decode("latin-1")
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            try:
                await run_in_threadpool(settle, runtime.ledger, *given, led)
            except Exception as trouble:  # the response is sent already: the key is free again after RUNNING
                if cause_of(trouble) is None:
                    raise
                log.warning("key_not_settled", trouble=type(trouble).__name__)


def _answer(request: Request, outcome: KeyOutcome) -> Response:
    if outcome.turn is Turn.ANSWERED:
        return RedirectResponse(outcome.location, GOES_ON)
    status = 409 if outcome.turn is Turn.RUNNING else 422
    title, lede = WORDS[status]
    return page(request, "errors/409.html", status, title=title, lede=lede, go={"href": "/", "words": "Go on"})


def _again(body: bytes, receive: Receive) -> Receive:
    """Returns a `receive` that repeats the body and then continues with the original."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give
