"""HTTP security: response headers, and checks that each form comes from a page of this product."""

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.request_sizes import has_too_many_headers, is_path
from app.web.sent_numbers import sent_number

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
"""In production only, where every page has TLS."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_LIMIT = 1024 * 1024
PIECE_LIMIT = 8 * FORM_LIMIT
CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']*)", re.IGNORECASE)
"""Pages send UTF-8. Other charsets can take half a minute for a form of 250 kB, as punycode does."""
FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
PORTS = {"http": 80, "https": 443}
Next = Callable[[Request], Awaitable[Response]]


class WebOrigin(NamedTuple):
    """Scheme, host and port of a page."""

    scheme: str
    host: str
    port: int


def comes_from_us(request: Request) -> bool:
    """Whether a page of this product sent the form, by Sec-Fetch-Site and Origin. At least one header must be
    present.

    Origin must have this product's scheme, host and port, whatever Sec-Fetch-Site says. `app.state.address` is the
    address in production, and Host must match it. Without that setting, Host is trusted. A malformed header returns
    False.
    """
    ours, asked = own_origin(request), origin_at(f"{_scheme_of(request)}://{request.headers.get('host', '')}")
    if ours is None or asked != ours:
        return False
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if origin is not None and origin_at(origin) != ours:
        return False
    return origin is not None if site is None else site == "same-origin"


def own_origin(request: Request) -> WebOrigin | None:
    """The origin of this product's pages. None if Host is malformed and no address is set."""
    address = request.app.state.address or f"{_scheme_of(request)}://{request.headers.get('host', '')}"
    return origin_at(address)


def origin_at(address: str) -> WebOrigin | None:
    """Scheme, host and port of an address, as browsers compare them. None if a part is missing."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return WebOrigin(parts.scheme, parts.hostname.lower(), port or PORTS[parts.scheme])


def has_usable_host(request: Request) -> bool:
    """Whether Host makes a valid address. The framework builds an address for every page."""
    return origin_at(f"http://{request.headers.get('host', 'localhost')}") is not None


def _scheme_of(request: Request) -> str:
    """The scheme that browsers use. Behind a proxy that ends TLS, the server sees only http."""
    return "https" if request.app.state.is_behind_tls else str(request.scope["scheme"])


def is_upload(request: Request) -> bool:
    """Whether this form carries a whole export."""
    return request.url.path.endswith("/handover/upload")


def is_too_long(request: Request) -> bool:
    """Whether the request exceeds its size limit. Whole uploads have no limit here and count their bytes."""
    if is_upload(request):
        return False
    length = request.headers.get("content-length", "" if "transfer-encoding" in request.headers else "0")
    most = PIECE_LIMIT if request.url.path.endswith("/piece") else FORM_LIMIT
    size = sent_number(length)
    return size is None or size > most


def is_foreign_form(request: Request) -> bool:
    """Whether the body has a type or charset that no form of this product sends. Such a body would parse as an empty
    form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    charset = CHARSET.search(request.headers.get("content-type", ""))
    return kind not in FORMS or (charset is not None and charset[1].lower() not in {"utf-8", "utf8"})


async def guard(request: Request, call_next: Next) -> Response:
    """Checks every request, and adds security headers to every response, error pages included."""
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
        except Exception as trouble:  # the server's own log would quote the exception's values
            answer = await run_in_threadpool(request.app.state.our_fault, request, trouble)
    for name, value in (HEADERS | SECURE_HEADERS if request.app.state.is_secure else HEADERS).items():
        answer.headers.setdefault(name, value)
    if request.scope["path"].startswith("/static/"):
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


class HeadAsGet:
    """Answers HEAD as GET without the body. A streamed response ends after its headers."""

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
