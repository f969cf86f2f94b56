"""Sends the e-mails of the outbox over SMTP. Without SMTP, the outbox page alone shows them.

An e-mail is claimed before it is sent, and always has the same Message-ID: after a crash between the server's
acceptance and our note, a repeated copy can be recognised.
"""

import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import structlog
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db import Database, now
from app.migration.models import OutboxMail
from app.notify.mails import Composer
from app.settings import Settings
from app.side_effects import side_effect

log = structlog.get_logger()
CLAIMED_FOR = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=1)


class Sender:
    """Sends the e-mails of one ledger. Safe to run in several processes at once."""

    def __init__(self, settings: Settings, ledger: Database) -> None:
        self.settings = settings
        self.ledger = ledger
        self.composer = Composer(settings)

    def send_due(self, limit: int = 20) -> int:
        """Sends up to `limit` due e-mails, and returns how many were sent. Failed e-mails are retried with growing
        pauses."""
        sent = 0
        for _ in range(limit):
            mail = self._claim()
            if mail is None:
                break
            trouble = self._deliver(mail)
            self._settle(mail.id, trouble)
            sent += trouble is None
        return sent

    def _claim(self) -> OutboxMail | None:
        moment = now()
        with self.ledger.read() as session:
            if session.exec(_due(moment).limit(1)).first() is None:
                return None
        with self.ledger.write() as session:
            mail = session.exec(_due(moment).with_for_update(skip_locked=True).limit(1)).first()
            if mail is None:
                return None
            mail.attempts += 1
            mail.not_before = moment + CLAIMED_FOR
            session.add(mail)
            return mail

    def _deliver(self, mail: OutboxMail) -> str | None:
        """Sends one e-mail. Returns the name of the failure, or None."""
        if not self.settings.smtp_url:
            return None  # the outbox page shows the e-mail; nothing leaves the machine
        try:
            message = self.message(mail)
        except Exception as fault:  # a defective e-mail must not stop the others
            log.error("mail_not_drawn", mail=mail.id, kind=mail.kind, trouble=type(fault).__name__)
            return type(fault).__name__
        try:
            with connect(self.settings.smtp_url) as server, side_effect("mail.send"):
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as trouble:
            log.warning("mail_not_sent", mail=mail.id, kind=mail.kind, trouble=type(trouble).__name__)
            return type(trouble).__name__
        return None

    def message(self, mail: OutboxMail) -> EmailMessage:
        subject, text, html = self.composer.compose(mail)
        domain = parseaddr(self.settings.mail_from)[1].partition("@")[2] or "localhost"
        message = EmailMessage(policy=SMTP)
        message["From"] = self.settings.mail_from
        message["To"] = mail.recipient
        message["Subject"] = subject
        message["Message-ID"] = f"<{mail.id}@{domain}>"
        message["Date"] = mail.written_at
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        return message

    def _settle(self, mail_id: str, trouble: str | None) -> None:
        with self.ledger.write() as session:
            mail = session.get_one(OutboxMail, mail_id)
            if trouble is None:
                mail.sent_at = now()
                mail.last_error = None
            else:
                wait = min(timedelta(seconds=5 * 2 ** min(mail.attempts, 12)), LONGEST_WAIT)
                mail.not_before = now() + wait
                mail.last_error = trouble
            session.add(mail)


def _due(moment: datetime) -> SelectOfScalar[OutboxMail]:
    ready = or_(col(OutboxMail.not_before).is_(None), col(OutboxMail.not_before) <= moment)
    return select(OutboxMail).where(col(OutboxMail.sent_at).is_(None), ready).order_by(col(OutboxMail.written_at))


def connect(url: str) -> smtplib.SMTP:
    """Connects to `smtp://user:password@host:587` or `smtps://...`, with STARTTLS where the server offers it."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        secure = ssl.create_default_context()  # takes a tenth of a second, so only for a secure connection
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=30, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=30)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server
