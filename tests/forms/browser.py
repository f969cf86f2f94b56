"""Forms as a browser sends them: with the fingerprint of the form on its page."""

import re
from html import unescape
from typing import Any

from httpx import Response

from app.access.rights import RIGHTS
from app.access.sessions import viewer_of
from app.migration.models import Migration
from app.web.form_fingerprint import FENCED, FOR_ANYBODY
from app.web.page_context import Sent, Visit

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.S)
BASIS = re.compile(r'<input type="hidden" name="basis" value="([^"]*)">')
PAGES = (
    (
        r"/m/\w+/(overview|uses|uses/counts|export|files|files/password|files/\d+|matches|approve|people|people/[^/]+|help)",
        r"\g<0>",
    ),
    (r"(/m/\w+)/people/invitations/.+", r"\1/people"),
    (r"(/m/\w+/people/\w+)/remove", r"\1"),
    (r"(/m/\w+)/checklist/\w+", r"\1/checklist"),
    (r"(/m/\w+)/handover/(upload|sample|found)", r"\1/handover"),
    (r"(/m/\w+)/upload/(begin|finish|stop)", r"\1/handover"),
    (r"(/m/\w+)/link/\w+", r"\1/link"),
    (r"(/m/\w+)/link", r"\1/handover"),
    (r"(/m/\w+)/handover/replace", r"\1"),
    (r"(/m/\w+)/progress/[\w-]+", r"\1/progress"),
    (r"(/m/\w+)/review/(change-plan|start-again)", r"\1"),
    (r"(/m/\w+)/review/.+", r"\1/review"),
    (r"(/m/\w+)/report/\w+", r"\1/report"),
    (r"(/support/\w+)/files/\d+", r"\g<0>"),
    (r"(/support/\w+)/[\w-]+", r"\1"),
)
"""Where the form of an address stands, by the pattern of its address. A page may lead on to another one."""
SAME = {"begin": "handover/upload", "finish": "handover/upload", "stop": "handover/upload"}


def page_of(address: str, tab: str = "") -> str | None:
    """The page (and its tab) with the form that posts to this address; None where no fingerprint is asked for."""
    path = address.partition("?")[0]
    found = ((pattern, page) for pattern, page in PAGES if re.fullmatch(pattern, path))
    pattern, page = next(found, ("", ""))
    question = f"?show={tab}" if tab and path.endswith("/matches") else ""
    return re.sub(pattern, page, path) + question if pattern else None


def basis_in(page: Response, address: str) -> str | None:
    """The fingerprint of the form that posts to this address, taken from the page."""
    path = address.partition("?")[0]
    head, _, act = path.rpartition("/upload/")
    action = f"{head}/{SAME[act]}" if head and act in SAME else path
    for attributes, inside in FORM.findall(page.text):
        match = re.search(r'\baction="([^"]*)"', attributes)
        if (unescape(match[1]) if match else page.url.path) == action:
            found = BASIS.search(inside)
            return unescape(found[1]) if found else None
    return None


def basis_now(app: Any, address: str, tab: str = "", secret: str | None = None, **sent_too: str) -> str | None:
    """The fingerprint that a form would have now, for tests of forms that no page offers.

    `secret` is the cookie of the person. `sent_too` are fields on which the facts of the form depend.
    """
    runtime, path = app.state.runtime, address.partition("?")[0]
    found = route_at(path)
    if found is None or ("number" in found[1] and not found[1]["number"].isdigit()):
        return None
    route, values = found
    with runtime.ledger.read() as session:
        viewer = viewer_of(session, secret)
        if route in FENCED:
            return None if route in FOR_ANYBODY else Visit(runtime, viewer, None).token_of_person()
        migration = session.get(Migration, values["migration_id"])
        if migration is None:
            return None
        fields = {**({"show": tab} if tab else {}), **sent_too}
        sent = Sent("", {name: [value] for name, value in fields.items()}, values)
        return Visit(runtime, viewer, migration, sent).token(route, session, migration)


def route_at(path: str) -> tuple[str, dict[str, str]] | None:
    """The POST route of an address, and the address's parameters."""
    posts = sorted((route for method, route in RIGHTS if method == "POST"), key=lambda route: route.count("{"))
    for route in posts:
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route), path)
        if found is not None:
            return route, found.groupdict()
    return None
