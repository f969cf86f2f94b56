"""Every e-mail that the product sends to the people of a clinic or to support: one line each.

Each has its words in `templates/emails/NAME.txt` and `NAME.html`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MailKind:
    """`page` is where its button leads: below `/m/{migration}/`, or from the root when it begins with a slash.

    None leads to support's page of the migration. `by_link` replaces the subject where the export was handed over as a
    link: its files are downloaded afterwards, and none of them has arrived when the mail is written.
    """

    name: str
    subject: str
    button: str
    page: str | None
    by_link: str = ""

    def subject_for(self, params: Mapping[str, Any]) -> str:
        """The subject, with the clinic's name where it has one."""
        subject = self.by_link if self.by_link and params.get("way") == "link" else self.subject
        return subject.format_map({"clinic": params.get("clinic", "")})


KINDS: tuple[MailKind, ...] = (
    MailKind("sign_in", "Your link to sign in", "Sign in", None),
    MailKind("received", "We have your export", "See the progress", "progress", "We download your export"),
    MailKind("ready_to_match", "Your export is read: who is who?", "See what we found", "handover"),
    MailKind("ready_to_review", "Your trial is ready to review", "Review the trial", "review"),
    MailKind("changes_requested", "{clinic} asks for a change", "Open the request", None),
    MailKind("changes_answered", "Your request is answered", "See the answer", "review"),
    MailKind("failed", "Your move stopped, nothing is lost", "See what to do", "progress"),
    MailKind("abandoned", "Our copies of your export are being deleted", "Start again", "overview"),
    MailKind("finalised", "Your clinic is live in Caspen", "Read the report", "report"),
    MailKind("undone", "Your move was taken back", "See what was removed", "report"),
    MailKind("help_answered", "Support has answered", "Read the answer", "help"),
    MailKind("check_waived", "Support let a check pass", "See the checklist", "checklist"),
    MailKind("invitation", "{clinic} invites you to its move to Caspen", "See the invitation", "/invitations"),
    MailKind("person_invited", "Somebody was invited to your move", "See who can see this move", "people"),
    MailKind("person_joined", "Somebody accepted an invitation to your move", "See who can see this move", "people"),
)


def mail_kind(name: str) -> MailKind:
    return next(kind for kind in KINDS if kind.name == name)
