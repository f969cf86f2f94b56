"""The statements of an e-mail are true for every course of a move, and its button leads to the named page."""

import pytest

from app.migration.models import OutboxMail
from app.notify.mails import KINDS, Composer
from app.settings import Settings

KIND_NAMES = [kind.name for kind in KINDS if kind.name != "sign_in"]
ONLY_SOMETIMES = ("share link", "before beside after", "until when it holds", "we undo it", "new trial when you like")


def composed(kind: str, **params: str) -> tuple[str, str]:
    given = {"clinic": "Riverbend Physio", "source": "cliniko", **params}
    mail = OutboxMail(id="m1", migration_id="mig_1", cause="c", kind=kind, recipient="a@b.example", params=given)
    _, text, html = Composer(Settings()).compose(mail)
    return text, html


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_no_mail_about_an_upload_promises_what_the_product_does_not_do(kind: str) -> None:
    for version in composed(kind, way="upload"):
        assert [words for words in ONLY_SOMETIMES if words in version] == []


def test_the_mail_about_a_move_taken_back_says_what_stays() -> None:
    for version in composed("undone"):
        assert "What only this move had brought is removed" in version
        assert "or another move need, is still there" in version
        assert "It begins with an export." in version
