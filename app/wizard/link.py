"""The link doctor: what a clinic pasted is looked at, and shown before anything is downloaded.

What is well waits, sealed, until somebody says that it is the right export. What is not is told with the provider's own
steps, the link still in its field. The link is in no address, and masked wherever it is not in its own field.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app import formatting
from app.db import now
from app.errors import Stop
from app.fetch.hand_over import hand_over_link
from app.fetch.link_inspections import inspect_in_reader
from app.links import Findings
from app.links.normalise import normalise
from app.links.providers import provider_of
from app.links.share_link import ShareLink
from app.migration.checked_links import (
    CheckedShareLink,
    begin_check,
    forget_checked,
    keep_checked,
    load_checked_link,
    open_checked_link,
)
from app.migration.models import Migration
from app.migration.states import Event, State
from app.problems import Problem
from app.web.form_fingerprint import MOMENT, Changed, Field, Shown, columns_shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, SentAnswer, describe, describes
from app.web.repeated_forms import answered_before
from app.wizard.handover import draw
from app.wizard.link_seen import Seen, facts_of, seen_of
from app.wizard.lists_first import hands_over, lists_first

router = APIRouter()
OUTDATED = "Your move went on meanwhile."
UNREADABLE = "what you pasted, which is not a link"
PASTE_AGAIN = "Links are not kept in full. Paste it again."


WAITING = tuple(f"/m/{{migration_id}}/link/{act}" for act in ("again", "confirm", "forget"))
"""The forms of the page that shows the link that waits."""


@shows("/m/{migration_id}/link", *WAITING)
def link_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """This visit to the state, and the link that waits: the next one takes its place."""
    del visit
    checked = load_checked_link(session, migration.id)
    waits = checked is not None and checked.sealed_link is not None
    moment = columns_shown(MOMENT, migration)
    return Shown(
        inputs={"password": Field("Password of the link", "")},
        context={**moment.context, "link": checked.checked_at.isoformat() if checked and waits else ""},
        labels={"link": "The link that waits"},
        now={**moment.now, "link": checked.hint if checked and waits else "none"},
    )


@describes("/m/{migration_id}/link")
def describe_pasted(refusal: Refusal) -> RefusedForm:
    """The link that was pasted, masked: it is as secret as what it opens."""
    form, pasted = describe(refusal), "".join(refusal.sent.get("link", ())).strip()
    seen = SentAnswer("Share link", hint_of(pasted) or UNREADABLE, refusal.shown.now["link"], (), PASTE_AGAIN)
    return RefusedForm((*([seen] if pasted else ()), *form.answers), page=f"/m/{refusal.migration.id}/handover")


@router.get("/m/{migration_id}/link")
def look(request: Request) -> Response:
    """The link that waits to be handed over, and what was seen of it."""
    visit = visit_of(request)
    visit.remember(*WAITING)
    with visit.read() as session:
        checked = load_checked_link(session, visit.move.id)
    is_closed = visit.move.state != State.PREPARING or lists_first(visit) is not None
    if checked is None or checked.sealed_link is None or is_closed:
        return go(f"/m/{visit.move.id}/handover")
    seen = seen_of(checked.findings, checked.checked_at, now(), zone_of(visit), checked.sealed_password is not None)
    return page(request, "wizard/link.html", seen=seen, hint=checked.hint)


@router.post("/m/{migration_id}/link")
def check(request: Request, link: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
    """Looks at what was pasted. Nothing is downloaded."""
    visit = hands_over(request)
    if not link.strip():
        return draw(request, errors=[{"field": "link", "words": "Paste the link to your export."}])
    return examine(request, visit, link, password)


@router.post("/m/{migration_id}/link/again")
def again(request: Request) -> Response:
    """The link that waits, looked at once more."""
    visit = hands_over(request)
    if (waiting := waiting_in(visit)) is None:
        return go(f"/m/{visit.move.id}/handover")
    return examine(request, visit, waiting.link, waiting.password)


@router.post("/m/{migration_id}/link/confirm")
def confirm(request: Request) -> Response:
    """It is the right one: a worker fetches it."""
    visit = hands_over(request)
    if (waiting := waiting_in(visit)) is None:
        return go(answered_before(visit) or f"/m/{visit.move.id}/handover")
    given = {"hint": waiting.hint, "name": waiting.name, "password": waiting.password}
    hand_over_link(visit.runtime, visit.move, waiting.link, by=visit.by, confirm=visit.confirm, **given)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/link/forget")
def forget(request: Request) -> Response:
    """It was another one: the link is forgotten."""
    visit = in_state(request, Event.SUBMIT_EXPORT, State.PREPARING)
    with visit.confirmed() as confirmed:
        forget_checked(confirmed.session, visit.move.id)
    return go(f"/m/{visit.move.id}/handover")


def waiting_in(visit: Visit) -> CheckedShareLink | None:
    """The link that waits to be handed over, opened."""
    with visit.read() as session:
        return open_checked_link(load_checked_link(session, visit.move.id), visit.runtime.link_key(visit.move))


def examine(request: Request, visit: Visit, link: str, password: str) -> Response:
    """One look, counted and audited before it begins. What is pasted is kept in its field when it comes too late."""
    try:
        return examined(request, visit, link, password)
    except Changed as changed:
        visit.renew()
        now_waits = changed.shown.now["link"]
        what = f"Another link was checked meanwhile: {now_waits}." if "link" in changed.names else OUTDATED
        return draw(request, typed=link, errors=[{"field": "link", "words": f"{what} Yours was not used."}], status=409)


def examined(request: Request, visit: Visit, link: str, password: str) -> Response:
    with visit.confirmed() as confirmed:
        free_at = begin_check(confirmed.session, visit.move, visit.by, audited(link))
    if free_at is not None:
        seen = spent(visit, free_at)
        return draw(request, typed=link, seen=seen, errors=at_the_field(seen))
    found = inspect_in_reader(visit.runtime, visit.move, link, password=password, with_room=True)
    keep(visit, link, password, found)
    if found.usable:
        return go(f"/m/{visit.move.id}/link")
    seen = seen_of(facts_of(found), now(), now(), zone_of(visit))
    return draw(request, typed=link, seen=seen, errors=at_the_field(seen))


def keep(visit: Visit, link: str, password: str, found: Findings) -> None:
    """The link is kept where it can be handed over; of one that cannot, only what was seen."""
    with visit.confirmed() as confirmed:
        keep_checked(
            confirmed.session,
            visit.move.id,
            hint=hint_of(link),
            findings=facts_of(found),
            link=link if found.usable else "",
            password=password,
            key=visit.runtime.link_key(visit.move),
        )


def spent(visit: Visit, free_at: datetime) -> Seen:
    """A clinic has looked often enough for this hour."""
    time = formatting.at_clock(free_at, now(), zone_of(visit))
    told = seen_of(facts_of(Findings(problem=Problem("link_checks_spent"))), now(), now(), zone_of(visit))
    problem = Problem("link_checks_spent", details={"time": time})
    return replace(told, problem=problem, todo=problem.todo)


def audited(link: str) -> dict[str, str]:
    """What the audit may say of a link; nothing of what is none."""
    try:
        tidy = normalise(link)
    except Stop:
        return {}
    return {"provider": provider_of(tidy).name, "link": tidy.fingerprint}


def hint_of(link: str) -> str:
    """A link as it may be shown; empty for what is none."""
    try:
        return masked(link)
    except Stop:
        return ""


def at_the_field(seen: Seen) -> list[dict[str, str]]:
    """What the field itself says; the whole story stands beside it."""
    said = seen.problem.title if seen.problem else ""
    return [{"field": "password" if seen.password_needed else "link", "words": said}]


def zone_of(visit: Visit) -> ZoneInfo:
    return ZoneInfo((visit.move.plan or {}).get("timezone", "Australia/Sydney"))


# How a share link is shown: enough for its owner to know which one it was, and nothing that opens it.


def masked(link: str) -> str:
    """Host and the end of the path's last part: `drive.example/…export.zip`, never a query."""
    tidy: ShareLink = normalise(link)
    last = tidy.address.path.rstrip("/").rsplit("/", 1)[-1]
    shown = last if "." in last and len(last) <= 60 else f"…{last[-4:]}" if len(last) > 12 else "…"
    return f"{tidy.address.host}/{shown}"
