"""What every answer carries and every request must have: safe headers, and forms that come from our own pages."""

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.request_limits import has_too_many_headers, is_path

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SECURE_HEADERS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""In production, where pages are served over TLS alone."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_LIMIT = 1024 * 1024
PIECE_LIMIT = 8 * FORM_LIMIT
CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']*)", re.IGNORECASE)
"""Our pages send UTF-8. Reading other charsets can take half a minute for a form of 250 kB, as punycode does."""
FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
PORTS = {"http": 80, "https": 443}
Next = Callable[[Request], Awaitable[Response]]


class Origin(NamedTuple):
    """Where a page comes from."""

    scheme: str
    host: str
    port: int


def comes_from_us(request: Request) -> bool:
    """Whether a form was sent by one of our own pages: by Sec-Fetch-Site and Origin, of which one must be there.

    Origin must have our own scheme, host and port, whatever Sec-Fetch-Site says. `app.state.address` is our address
    in production, where Host must name it; without it, our host is the one that was asked. A malformed header is no.
    """
    ours, asked = own_origin(request), origin_at(f"{_scheme_of(request)}://{request.headers.get('host', '')}")
    if ours is None or asked != ours:
        return False
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if origin is not None and origin_at(origin) != ours:
        return False
    return origin is not None if site is None else site == "same-origin"


def own_origin(request: Request) -> Origin | None:
    """The origin of our pages. None where Host is malformed and no address is set."""
    address = request.app.state.address or f"{_scheme_of(request)}://{request.headers.get('host', '')}"
    return origin_at(address)


def origin_at(address: str) -> Origin | None:
    """Scheme, host and port of an address, as browsers compare them; None where the address has none of them."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return Origin(parts.scheme, parts.hostname.lower(), port or PORTS[parts.scheme])


def has_usable_host(request: Request) -> bool:
    """Whether an address can be made of Host: the framework makes one for every page."""
    return origin_at(f"http://{request.headers.get('host', 'localhost')}") is not None


def _scheme_of(request: Request) -> str:
    """The scheme that browsers use: before a proxy that ends TLS, the server itself does not know it."""
    return "https" if request.app.state.is_behind_tls else str(request.scope["scheme"])


def is_upload(request: Request) -> bool:
    """Whether a whole export is sent in this form."""
    return request.url.path.endswith("/handover/upload")


def is_too_long(request: Request) -> bool:
    """A form is small, and so is a piece of an upload; only whole uploads may be large, and count their bytes."""
    if is_upload(request):
        return False
    length = request.headers.get("content-length", "" if "transfer-encoding" in request.headers else "0")
    most = PIECE_LIMIT if request.url.path.endswith("/piece") else FORM_LIMIT
    return not length.isdigit() or len(length) > 12 or int(length) > most


def is_foreign_form(request: Request) -> bool:
    """A kind of body that no form of ours sends: it would be read as an empty form, and taken for an answer."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    charset = CHARSET.search(request.headers.get("content-type", ""))
    return kind not in FORMS or (charset is not None and charset[1].lower() not in {"utf-8", "utf8"})


async def guard(request: Request, call_next: Next) -> Response:
    """Asks of every request what no page should have to ask, and hardens every answer, those of our faults too."""
    if has_too_many_headers(request.scope["headers"]):
        answer: Response = PlainTextResponse("This request has too many headers. Clear this site's cookies.", 431)
    elif not has_usable_host(request):
        answer = PlainTextResponse("This request names no host.", 400)
    elif not is_path(request.scope["path"]):
        answer = await run_in_threadpool(request.app.state.not_found, request, HTTPException(404))
    elif request.method not in SAFE and (not comes_from_us(request) or is_foreign_form(request)):
        answer = PlainTextResponse("This form was not sent from one of our pages. Open the page again.", 403)
    elif request.method not in SAFE and is_too_long(request):
        answer = PlainTextResponse("This form is too long.", 413)
    else:
        try:
            answer = await call_next(request)
        except Exception as trouble:  # the server would write it to its log, with whatever values it quotes
            answer = await run_in_threadpool(request.app.state.our_fault, request, trouble)
    for name, value in (HEADERS | SECURE_HEADERS if request.app.state.is_secure else HEADERS).items():
        answer.headers.setdefault(name, value)
    if request.scope["path"].startswith("/static/"):
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


# HEAD is answered as GET is, without the body: no page has to know of HEAD.


class HeadAsGet:
    """Around the whole application. An answer that would stream for long ends with its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app({**scope, "method": "GET"}, receive, send_headers)
