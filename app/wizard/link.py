"""The link check: inspects a pasted link and shows the result before any download.

A usable link is stored, sealed, until a person confirms it. For a problem the page shows the provider's own steps and
keeps the link in its field. Addresses hold no link, and every other place shows it masked.
"""

from dataclasses import dataclass, field, replace
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
from app.links.inspection import Findings
from app.links.normalise import normalise
from app.links.provider_registry import provider_of
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
from app.web.form_fingerprint import MOMENT, Changed, FormField, Shown, columns_shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, SentAnswer, describe, describes
from app.web.repeated_forms import answered_before
from app.wizard.handover import render_handover
from app.wizard.link_report import LinkReport, build_link_report, facts_of
from app.wizard.lists_first import hands_over, lists_first

router = APIRouter()
OUTDATED = "Your move went on meanwhile."
UNREADABLE = "what you pasted, which is not a link"
PASTE_AGAIN = "Links are not kept in full. Paste it again."


@dataclass(frozen=True, slots=True)
class PastedText:
    """The text of the field, and its link. A text without a usable link has no `link`, and the reason in `refused`."""

    text: str = field(repr=False)
    link: ShareLink | None
    refused: Findings


def read_pasted(text: str, password: str = "") -> PastedText:
    """The link of a form's field, normalised once."""
    try:
        return PastedText(text, normalise(text, password), Findings())
    except Stop as stop:
        return PastedText(text, None, Findings(problem=stop.problem, retryable=stop.retryable))


WAITING = tuple(f"/m/{{migration_id}}/link/{act}" for act in ("again", "confirm", "forget"))
"""The forms on the page of a checked link."""


@shows("/m/{migration_id}/link", *WAITING)
def link_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The state of the move, and the checked link, which a new link replaces."""
    del visit
    checked = load_checked_link(session, migration.id)
    waits = checked is not None and checked.sealed_link is not None
    moment = columns_shown(MOMENT, migration)
    return Shown(
        inputs={"password": FormField("Password of the link", "")},
        context={**moment.context, "link": checked.checked_at.isoformat() if checked and waits else ""},
        labels={"link": "The link that waits"},
        now={**moment.now, "link": checked.hint if checked and waits else "none"},
    )


@describes("/m/{migration_id}/link")
def describe_pasted(refusal: Refusal) -> RefusedForm:
    """The pasted link, masked: a link is as secret as its content."""
    form, pasted = describe(refusal), "".join(refusal.sent.get("link", ())).strip()
    hint = hint_of(read_pasted(pasted).link) or UNREADABLE
    answer = SentAnswer("Share link", hint, refusal.shown.now["link"], (), PASTE_AGAIN)
    return RefusedForm((*([answer] if pasted else ()), *form.answers), page=f"/m/{refusal.migration.id}/handover")


@router.get("/m/{migration_id}/link")
def show_link(request: Request) -> Response:
    """The checked link that waits for confirmation, and its report."""
    visit = visit_of(request)
    visit.remember(*WAITING)
    with visit.read() as session:
        checked = load_checked_link(session, visit.move.id)
    is_closed = visit.move.state != State.PREPARING or lists_first(visit) is not None
    if checked is None or checked.sealed_link is None or is_closed:
        return go(f"/m/{visit.move.id}/handover")
    report = build_link_report(
        checked.findings, checked.checked_at, now(), zone_of(visit), checked.sealed_password is not None
    )
    return page(request, "wizard/link.html", report=report, hint=checked.hint)


@router.post("/m/{migration_id}/link")
def check(request: Request, link: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
    """Inspects the pasted link. Downloads nothing."""
    visit = hands_over(request)
    if not link.strip():
        return render_handover(request, errors=[{"field": "link", "words": "Paste the link to your export."}])
    return check_link(request, visit, read_pasted(link, password))


@router.post("/m/{migration_id}/link/again")
def check_again(request: Request) -> Response:
    """Inspects the waiting link again."""
    visit = hands_over(request)
    if (waiting := waiting_in(visit)) is None:
        return go(f"/m/{visit.move.id}/handover")
    return check_link(request, visit, read_pasted(waiting.link, waiting.password))


@router.post("/m/{migration_id}/link/confirm")
def confirm(request: Request) -> Response:
    """Hands over the waiting link. A worker downloads it. A link that is refused by now is shown with the reason."""
    visit = hands_over(request)
    if (waiting := waiting_in(visit)) is None:
        return go(answered_before(visit) or f"/m/{visit.move.id}/handover")
    pasted = read_pasted(waiting.link, waiting.password)
    if pasted.link is None:
        return check_link(request, visit, pasted)
    given = {"hint": waiting.hint, "name": waiting.name}
    hand_over_link(visit.runtime, visit.move, pasted.link, by=visit.by, confirm=visit.confirm, **given)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/link/forget")
def forget(request: Request) -> Response:
    """Deletes the waiting link."""
    visit = in_state(request, Event.SUBMIT_EXPORT, State.PREPARING)
    with visit.confirmed() as confirmed:
        forget_checked(confirmed.session, visit.move.id)
    return go(f"/m/{visit.move.id}/handover")


def waiting_in(visit: Visit) -> CheckedShareLink | None:
    """The waiting link, unsealed. None if there is none."""
    with visit.read() as session:
        return open_checked_link(load_checked_link(session, visit.move.id), visit.runtime.link_key(visit.move))


def check_link(request: Request, visit: Visit, pasted: PastedText) -> Response:
    """Runs a check, counted and audited before it begins. If the move has changed, the pasted link stays in its
    field.
    """
    try:
        return check_confirmed_link(request, visit, pasted)
    except Changed as changed:
        visit.renew()
        now_waits = changed.shown.now["link"]
        what = f"Another link was checked meanwhile: {now_waits}." if "link" in changed.names else OUTDATED
        return render_handover(
            request, typed=pasted.text, errors=[{"field": "link", "words": f"{what} Yours was not used."}], status=409
        )


def check_confirmed_link(request: Request, visit: Visit, pasted: PastedText) -> Response:
    with visit.confirmed() as confirmed:
        free_at = begin_check(confirmed.session, visit.move, visit.by, audited(pasted.link))
    if free_at is not None:
        report = limit_report(visit, free_at)
        return render_handover(request, typed=pasted.text, report=report, errors=field_errors(report))
    link, inspection = pasted.link, pasted.refused
    if link is not None:
        inspection = inspect_in_reader(visit.runtime, visit.move, link, with_room=True)
    save_check(visit, link, inspection)
    if inspection.usable:
        return go(f"/m/{visit.move.id}/link")
    report = build_link_report(facts_of(inspection), now(), now(), zone_of(visit))
    return render_handover(request, typed=pasted.text, report=report, errors=field_errors(report))


def save_check(visit: Visit, link: ShareLink | None, inspection: Findings) -> None:
    """Stores the inspection, and the link only if it is usable."""
    with visit.confirmed() as confirmed:
        keep_checked(
            confirmed.session,
            visit.move.id,
            hint=hint_of(link),
            findings=facts_of(inspection),
            link=link.address.secret_url if link is not None and inspection.usable else "",
            password=link.password if link is not None else "",
            key=visit.runtime.link_key(visit.move),
        )


def limit_report(visit: Visit, free_at: datetime) -> LinkReport:
    """The report for a clinic that has used up its checks for this hour."""
    time = formatting.at_clock(free_at, now(), zone_of(visit))
    report = build_link_report(facts_of(Findings(problem=Problem("link_checks_spent"))), now(), now(), zone_of(visit))
    problem = Problem("link_checks_spent", details={"time": time})
    return replace(report, problem=problem, todo=problem.todo)


def audited(link: ShareLink | None) -> dict[str, str]:
    """The link's facts for the audit. Empty for an invalid link."""
    return {} if link is None else {"provider": provider_of(link).name, "link": link.fingerprint}


def hint_of(link: ShareLink | None) -> str:
    """The masked link. "" for an invalid link."""
    return "" if link is None else masked(link)


def field_errors(report: LinkReport) -> list[dict[str, str]]:
    """The error at the field. The report next to it has the details."""
    words = report.problem.title if report.problem else ""
    return [{"field": "password" if report.password_needed else "link", "words": words}]


def zone_of(visit: Visit) -> ZoneInfo:
    return ZoneInfo((visit.move.plan or {}).get("timezone", "Australia/Sydney"))


def masked(link: ShareLink) -> str:
    """Host and the end of the path's last part: `drive.example/…export.zip`, never a query. The owner recognises the
    link, and nobody can open it.
    """
    last = link.address.path.rstrip("/").rsplit("/", 1)[-1]
    shown = last if "." in last and len(last) <= 60 else f"…{last[-4:]}" if len(last) > 12 else "…"
    return f"{link.address.host}/{shown}"
