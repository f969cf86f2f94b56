"""Composes e-mails: subject, plain text, and HTML with inlined styles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import css_inline
from jinja2 import Environment as Jinja

from app import templating
from app.access.rights import RIGHTS
from app.access.sessions import LINK_LASTS
from app.migration.ledger_json import AuditFacts
from app.migration.mail_names import Mail
from app.migration.models import OutboxMail
from app.migration.outbox import TO_SUPPORT
from app.problems import Problem, catalogue
from app.settings import Settings
from app.sources import source_or_unknown
from app.storage.encryption import key_from_setting, open_secret


class Composer:
    """Renders e-mails from the product's templates. Parameters are numbers, codes and names of clinics."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.jinja: Jinja = templating.environment()
        self.inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)

    def compose(self, mail: OutboxMail) -> tuple[str, str, str]:
        """Renders the subject, the text and the HTML."""
        kind, code = mail_kind(mail.kind), str(mail.params.get("code"))
        origin = source_or_unknown(mail.params.get("source"))
        context = {
            **mail.params,
            "clinic": mail.params.get("clinic", ""),
            "subject": kind.subject_for(mail.params),
            "button": kind.button,
            "href": self.address(mail),
            "source": origin,
            "support_email": self.settings.support_email,
            "recipient": mail.recipient,
            "minutes": LINK_LASTS // timedelta(minutes=1),
            "problem": Problem(code, details={"source": origin.label}) if code in catalogue() else None,
        }
        subject = " ".join(context["subject"].split())
        text = self.jinja.get_template(f"emails/{kind.name}.txt").render(context)
        html = self.jinja.get_template(f"emails/{kind.name}.html").render(context)
        return subject, text, self.inliner.inline(html)

    def address(self, mail: OutboxMail) -> str:
        """The target of the button. Host and scheme come from our settings, never from a request."""
        base = self.settings.base_url.rstrip("/")
        if mail.kind == Mail.SIGN_IN:
            token = open_secret(mail.params["sealed_token"], key_from_setting(self.settings.secret_key), "sign_in")
            return f"{base}/signin/{token}"
        page = mail_kind(mail.kind).page
        if page is None:
            return f"{base}/support/{mail.migration_id}"
        return f"{base}{page}" if page.startswith("/") else f"{base}/m/{mail.migration_id}/{page}"


# Every e-mail that the product sends to clinics or to support. The words are in `templates/emails/NAME.txt` and
# `.html`.


@dataclass(frozen=True, slots=True)
class MailKind:
    """A kind of e-mail. `page` is the target of its button: below `/m/{migration}/`, or absolute with a leading slash.

    `page=None` leads to support's page of the migration. `by_link` replaces the subject when the export was handed over
    as a link: its files are downloaded after the e-mail is written.
    """

    name: Mail
    subject: str
    button: str
    page: str | None
    by_link: str = ""

    def subject_for(self, params: AuditFacts) -> str:
        """The subject, with the clinic's name."""
        subject = self.by_link if self.by_link and params.get("way") == "link" else self.subject
        return subject.format_map({"clinic": params.get("clinic", "")})


KINDS: tuple[MailKind, ...] = (
    MailKind(Mail.SIGN_IN, "Your link to sign in", "Sign in", None),
    MailKind(Mail.RECEIVED, "We have your export", "See the progress", "progress", "We download your export"),
    MailKind(Mail.READY_TO_MATCH, "We have read your export: match the names", "See what we found", "handover"),
    MailKind(Mail.READY_TO_REVIEW, "Your trial is ready to review", "Review the trial", "review"),
    MailKind(Mail.CHANGES_REQUESTED, "{clinic} asks for a change", "Open the request", None),
    MailKind(Mail.CHANGES_ANSWERED, "Your request is answered", "See the answer", "review"),
    MailKind(Mail.FAILED, "Your move stopped, nothing is lost", "See what to do", "progress"),
    MailKind(Mail.ABANDONED, "Our copies of your export are being deleted", "Start again", "overview"),
    MailKind(Mail.FINALISED, "Your clinic is live in Caspen", "Read the report", "report"),
    MailKind(Mail.UNDONE, "Your move was taken back", "See what was removed", "report"),
    MailKind(Mail.HELP_ANSWERED, "Support has answered", "Read the answer", "help"),
    MailKind(Mail.CHECK_WAIVED, "Support waived a check", "See the checklist", "checklist"),
    MailKind(Mail.INVITATION, "{clinic} invites you to its move to Caspen", "See the invitation", "/invitations"),
    MailKind(Mail.PERSON_INVITED, "A person was invited to your move", "See who can see this move", "people"),
    MailKind(Mail.PERSON_JOINED, "A person accepted an invitation to your move", "See who can see this move", "people"),
)


class IncompleteMails(Exception):
    """A part of an e-mail is missing. The message names the part."""


def mail_kind(name: str) -> MailKind:
    """The kind of an e-mail in the outbox. Raises KeyError for a name that is no `Mail`."""
    return _BY_NAME[name]


def check_kinds(kinds: Sequence[MailKind], templates: Path) -> None:
    """Raises IncompleteMails for an e-mail without a line, with two lines, without a template of text or HTML, or with
    a button that leads to no page of its reader. Also for a template without an e-mail.
    """
    if sorted(kind.name for kind in kinds) != sorted(Mail):
        raise IncompleteMails("KINDS must have one line for each Mail")
    missing = [
        f"{mail}.{end}" for mail in Mail for end in ("txt", "html") if not (templates / f"{mail}.{end}").is_file()
    ]
    if missing:
        raise IncompleteMails(f"templates/emails lacks {', '.join(missing)}")
    names = {path.stem for path in templates.iterdir() if path.suffix in (".txt", ".html")}
    if idle := sorted(names - {*Mail, "base"}):
        raise IncompleteMails(f"Mail in app/migration/mail_names.py lacks {', '.join(idle)}")
    pages = {path for method, path in RIGHTS if method == "GET"}
    astray = [kind.name for kind in kinds if kind.page is not None and _route(kind.page) not in pages]
    if astray:
        raise IncompleteMails(f"the button leads to no page in {', '.join(astray)}")
    to_support = {kind.name for kind in kinds if kind.page is None} - {Mail.SIGN_IN}
    if wrong := sorted(to_support ^ TO_SUPPORT):
        raise IncompleteMails(f"page=None and TO_SUPPORT in app/migration/outbox.py differ in {', '.join(wrong)}")


def _route(page: str) -> str:
    """The route of a button's page, as in `RIGHTS`."""
    return page if page.startswith("/") else f"/m/{{migration_id}}/{page}"


_BY_NAME: Mapping[str, MailKind] = {kind.name: kind for kind in KINDS}
check_kinds(KINDS, templating.TEMPLATES / "emails")
