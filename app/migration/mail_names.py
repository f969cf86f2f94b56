"""The names of all e-mails. `app/notify/mails.py` has the subject, the button and the templates of each."""

from enum import StrEnum


class Mail(StrEnum):
    """An e-mail of the product. The value is its name in the outbox and of its templates."""

    SIGN_IN = "sign_in"
    RECEIVED = "received"
    READY_TO_MATCH = "ready_to_match"
    READY_TO_REVIEW = "ready_to_review"
    CHANGES_REQUESTED = "changes_requested"
    CHANGES_ANSWERED = "changes_answered"
    FAILED = "failed"
    ABANDONED = "abandoned"
    FINALISED = "finalised"
    UNDONE = "undone"
    HELP_ANSWERED = "help_answered"
    CHECK_WAIVED = "check_waived"
    INVITATION = "invitation"
    PERSON_INVITED = "person_invited"
    PERSON_JOINED = "person_joined"
