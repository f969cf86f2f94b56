"""Development only: the e-mails that would have been sent, for reading on this machine."""

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
def show_outbox(request: Request, mail: str | None = None) -> Response:
    """All mails, newest first, and an open mail."""
    visit = visit_of(request)
    composer = Composer(visit.runtime.settings)
    with visit.read() as session:
        every = session.exec(select(OutboxMail).order_by(col(OutboxMail.written_at).desc()).limit(LISTED)).all()
        total = session.exec(select(func.count()).select_from(OutboxMail)).one()
    mails: list[dict[str, Any]] = []
    for row in every:
        subject, text, _ = composer.compose(row)
        mails.append({"mail": row, "subject": subject, "text": text, "href": composer.address(row)})
    leaves = bool(visit.runtime.settings.smtp_url)
    chosen = next((m for m in mails if m["mail"].id == mail), mails[0] if mails else None)
    return page(request, "outbox/outbox.html", mails=mails, total=total, leaves=leaves, chosen=chosen)


@router.get("/outbox/{mail_id}")
def show_mail(request: Request, mail_id: str) -> Response:
    """A mail as a mail program shows it. Its styles are inline, so only this page allows inline styles."""
    visit = visit_of(request)
    with visit.read() as session:
        mail = session.get(OutboxMail, mail_id)
    if mail is None:
        raise HTTPException(404)
    html = Composer(visit.runtime.settings).compose(mail)[2]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
