"""A POST that comes twice with one Idempotency-Key is carried out once, and answered twice with the first answer.

Browsers send no such header: a form has its own fingerprint (see `app/web/form_fingerprint.py`). Programs that send
our forms may.
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

from app.access.models import SentKey
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
RUNNING = timedelta(minutes=5)  # a request that takes longer ended without an answer
GOES_ON = 303
WORDS = {
    422: ("This form was sent with other answers before", "Nothing was changed by it. A key belongs to one answer."),
    409: ("This form is still being saved", "Nothing was changed by it. The first answer follows in a moment."),
}


class Turn(StrEnum):
    """What a key says of a request: it is the first of its key, or what became of the first."""

    FIRST = "first"
    ANSWERED = "answered"
    RUNNING = "running"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Told:
    """A turn, and where the first answer led, once it is there."""

    turn: Turn
    location: str = ""


def begin(ledger: Database, who: str, key: str, digest: str) -> Told:
    """Takes a key for a request of this digest, or says what became of it. Keys older than a day are forgotten."""
    with ledger.write() as session:
        session.connection().execute(sa.delete(SentKey).where(col(SentKey.begun_at) < now() - KEPT))
        before = session.get(SentKey, (who, key))
        if before is not None and before.digest != digest:
            return Told(Turn.OTHER)
        if before is not None and before.location:
            return Told(Turn.ANSWERED, before.location)
        if before is not None and now() - before.begun_at < RUNNING:
            return Told(Turn.RUNNING)
        session.merge(SentKey(who=who, key=key, digest=digest))
        return Told(Turn.FIRST)


def settle(ledger: Database, who: str, key: str, location: str) -> None:
    """Keeps where the answer led. An answer that led nowhere, such as a refused form, is not kept: it may be mended."""
    with ledger.write() as session:
        found = session.get(SentKey, (who, key))
        if found is not None and location:
            found.location = location
            session.add(found)
        elif found is not None:
            session.delete(found)


class OncePerKey:
    """Around the routes, within the checks of every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":  # the start of the process comes here as well
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
        told = Told(Turn.OTHER)
        if len(key) <= LONGEST:
            try:
                told = await run_in_threadpool(begin, runtime.ledger, *given, digest)
            except Exception as trouble:
                if cause_of(trouble) is None:
                    raise
                await self._app(scope, receive, send)  # which says that the ledger cannot be written to
                return
        if told.turn is not Turn.FIRST:
            await (await run_in_threadpool(_answer, request, told))(scope, receive, send)
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
            except Exception as trouble:  # the answer is on its way: without a note the key is free again after a while
                if cause_of(trouble) is None:
                    raise
                log.warning("key_not_settled", trouble=type(trouble).__name__)


def _answer(request: Request, told: Told) -> Response:
    if told.turn is Turn.ANSWERED:
        return RedirectResponse(told.location, GOES_ON)
    status = 409 if told.turn is Turn.RUNNING else 422
    title, lede = WORDS[status]
    return page(request, "errors/409.html", status, title=title, lede=lede, go={"href": "/", "words": "Go on"})


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read once more, and then what else comes."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give
