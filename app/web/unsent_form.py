"""A form that could not be used, as it came: what was typed, how to send it again, and the page on which it stood."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request

from app.access.rights import RIGHTS
from app.web.form_fingerprint import FIELD
from app.web.http_security import SAFE, is_upload
from app.web.page_context import page_before, visit_of

TYPED = frozenset({"text", "reason", "name", "email"})
"""Fields with words that a person wrote: a refused form shows them once more."""


@dataclass(frozen=True, slots=True)
class UnsentForm:
    """A form that came without a session. Its page holds all that was sent, and our side keeps none of it.

    `fields` send the form once more to `href`; `words` are the texts that a person wrote. Passwords and files are in
    neither: where there were some, the form has to be filled in again.
    """

    href: str
    fields: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    has_password: bool
    has_files: bool


def unsent_form(request: Request) -> UnsentForm | None:
    """What a form without a session held. None for a page that is asked for, and for a button without an answer."""
    fields = visit_of(request).sent.fields
    form = form_sent(request)
    holds = form.has_files or any(value for name, values in fields.items() if name != FIELD for value in values)
    return form if request.method not in SAFE and holds else None


def form_sent(request: Request) -> UnsentForm:
    """What the form of this request holds."""
    sent = visit_of(request).sent.fields
    fields = tuple((name, value) for name, values in sent.items() for value in values)
    secret = [value for name, value in fields if "password" in name and value]
    kept = tuple((name, value) for name, value in fields if "password" not in name)
    words = tuple(value for name, value in kept if name in TYPED and value)
    has_files = is_upload(request) and bool(request.headers.get("content-type"))
    return UnsentForm(own_target(request), kept, words, bool(secret), has_files)


def way_back(request: Request) -> str:
    """The page to see after signing in again: the page on which the form stood, or the nearest one above its address.

    An address that opens with POST alone is never one: pressed twice, a browser names it as the page before.
    """
    before = page_before(request)
    if before is not None and ("GET", route_of(before.partition("?")[0])) in RIGHTS:
        return before
    route, address = visit_of(request).sent.path, request.url.path
    while address and ("GET", route) not in RIGHTS:
        route, address = route.rpartition("/")[0], address.rpartition("/")[0]
    return address or "/"


def route_of(address: str) -> str:
    """The route of an address: of several that fit, the one with the fewest names in it. Empty where none fits."""
    parts = address.split("/")
    routes = {path for _, path in RIGHTS if len(path.split("/")) == len(parts)}
    fits = [
        route
        for route in routes
        if all(own == part or (own[:1] == "{" and part) for own, part in zip(route.split("/"), parts, strict=True))
    ]
    return min(fits, key=lambda route: route.count("{"), default="")


def own_target(request: Request) -> str:
    """The path and query of this request, to send the same form to once more."""
    return f"{quote(request.url.path)}?{request.url.query}" if request.url.query else quote(request.url.path)
