"""One e-mail as it will be read: subject, plain text and HTML with its styles inlined."""

from datetime import timedelta

import css_inline
from jinja2 import Environment as Jinja

from app import look
from app.access.sessions import LINK_LASTS
from app.migration.models import OutboxMail
from app.notify.kinds import mail_kind
from app.problems import Problem, catalogue
from app.settings import Settings
from app.sources import source
from app.storage.encryption import key_from_setting, open_secret


class Composer:
    """Draws mails with the product's own templates. Parameters are numbers, codes and names of clinics."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.jinja: Jinja = look.environment()
        self.inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)

    def compose(self, mail: OutboxMail) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        kind, code, origin = mail_kind(mail.kind), str(mail.params.get("code")), source(mail.params.get("source"))
        told = {
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
        subject = " ".join(told["subject"].split())
        text = self.jinja.get_template(f"emails/{kind.name}.txt").render(told)
        html = self.jinja.get_template(f"emails/{kind.name}.html").render(told)
        return subject, text, self.inliner.inline(html)

    def address(self, mail: OutboxMail) -> str:
        """Where the button leads. Host and scheme come from our settings, never from a request."""
        base = self.settings.base_url.rstrip("/")
        if mail.kind == "sign_in":
            token = open_secret(mail.params["sealed_token"], key_from_setting(self.settings.secret_key), "sign_in")
            return f"{base}/signin/{token}"
        page = mail_kind(mail.kind).page
        if page is None:
            return f"{base}/support/{mail.migration_id}"
        return f"{base}{page}" if page.startswith("/") else f"{base}/m/{mail.migration_id}/{page}"
