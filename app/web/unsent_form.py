"""A form that the server could not use: the typed text, the inputs to send again, and the page of the form."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request

from app.access.rights import RIGHTS
from app.web.form_fingerprint import FIELD
from app.web.http_security import SAFE, is_upload
from app.web.page_context import page_before, visit_of

TYPED = frozenset({"text", "reason", "name", "email"})
"""Fields with words that a person wrote. The page of a refused form shows them."""


@dataclass(frozen=True, slots=True)
class UnsentForm:
    """A form that arrived without a session. The page holds its inputs, and the server stores nothing.

    `fields` send the form to `href` again, `words` are the texts that a person wrote. Passwords and files are in
    neither, so a form with a password or file has to be filled in again.
    """

    href: str
    fields: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    has_password: bool
    has_files: bool


def unsent_form(request: Request) -> UnsentForm | None:
    """The content of a form without a session. None for a GET, and for a button without inputs."""
    fields = visit_of(request).sent.fields
    form = form_sent(request)
    holds = form.has_files or any(value for name, values in fields.items() if name != FIELD for value in values)
    return form if request.method not in SAFE and holds else None


def form_sent(request: Request) -> UnsentForm:
    """The content of this request's form."""
    sent = visit_of(request).sent.fields
    fields = tuple((name, value) for name, values in sent.items() for value in values)
    secret = [value for name, value in fields if "password" in name and value]
    kept = tuple((name, value) for name, value in fields if "password" not in name)
    words = tuple(value for name, value in kept if name in TYPED and value)
    has_files = is_upload(request) and bool(request.headers.get("content-type"))
    return UnsentForm(own_target(request), kept, words, bool(secret), has_files)


def way_back(request: Request) -> str:
    """The page to open after signing in: the page of the form, or the nearest page above its address.

    An address with a POST route only is skipped. Browsers name such an address as the previous page after a second
    press.
    """
    before = page_before(request)
    if before is not None and ("GET", route_of(before.partition("?")[0])) in RIGHTS:
        return before
    route, address = visit_of(request).sent.path, request.url.path
    while address and ("GET", route) not in RIGHTS:
        route, address = route.rpartition("/")[0], address.rpartition("/")[0]
    return address or "/"


def route_of(address: str) -> str:
    """The route of an address. Of several matches, the route with the fewest parameters. Empty without a match."""
    parts = address.split("/")
    routes = {path for _, path in RIGHTS if len(path.split("/")) == len(parts)}
    fits = [
        route
        for route in routes
        if all(own == part or (own[:1] == "{" and part) for own, part in zip(route.split("/"), parts, strict=True))
    ]
    return min(fits, key=lambda route: route.count("{"), default="")


def own_target(request: Request) -> str:
    """The path and query of this request, for sending the same form again."""
    return f"{quote(request.url.path)}?{request.url.query}" if request.url.query else quote(request.url.path)
