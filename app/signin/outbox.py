"""Development only: the e-mails that would have been sent, to be read and clicked on this machine."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import col, func, select

from app.migration.models import OutboxMail
from app.notify.mails import Composer
from app.web.page_context import page, visit_of

router = APIRouter()
LISTED = 50


@router.get("/outbox")
def show(request: Request, mail: str | None = None) -> Response:
    """All mails, newest first, and one of them open."""
    visit = visit_of(request)
    composer = Composer(visit.runtime.settings)
    with visit.read() as session:
        every = session.exec(select(OutboxMail).order_by(col(OutboxMail.written_at).desc()).limit(LISTED)).all()
        total = session.exec(select(func.count()).select_from(OutboxMail)).one()
    mails: list[dict[str, Any]] = []
    for one in every:
        subject, text, _ = composer.compose(one)
        mails.append({"mail": one, "subject": subject, "text": text, "href": composer.address(one)})
    leaves = bool(visit.runtime.settings.smtp_url)
    chosen = next((m for m in mails if m["mail"].id == mail), mails[0] if mails else None)
    return page(request, "outbox/outbox.html", mails=mails, total=total, leaves=leaves, chosen=chosen)


@router.get("/outbox/{mail_id}")
def html_of(request: Request, mail_id: str) -> Response:
    """One mail as a mail program would show it. Its styles are inline, so this page alone allows them."""
    visit = visit_of(request)
    with visit.read() as session:
        mail = session.get(OutboxMail, mail_id)
    if mail is None:
        raise HTTPException(404)
    html = Composer(visit.runtime.settings).compose(mail)[2]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
