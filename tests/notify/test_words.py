"""The statements of an e-mail are true for every course of a move, and its button leads to the named page."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.migration.mail_names import Mail
from app.migration.models import OutboxMail
from app.notify.mails import KINDS, Composer, IncompleteMails, check_kinds
from app.settings import Settings
from app.templating import TEMPLATES

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


def test_the_mail_about_an_undone_move_says_what_stays() -> None:
    for version in composed("undone"):
        assert "What only this move had brought is removed" in version
        assert "or another move need, is still there" in version
        assert "It begins with an export." in version


def test_a_mail_without_a_line_a_template_or_a_page_is_refused(tmp_path: Path) -> None:
    templates = TEMPLATES / "emails"
    for kinds in (KINDS[1:], (*KINDS, KINDS[0]), (replace(KINDS[0], name=KINDS[1].name), *KINDS[1:])):
        with pytest.raises(IncompleteMails, match="one line"):
            check_kinds(kinds, templates)
    for file in templates.iterdir():
        (tmp_path / file.name).touch()
    check_kinds(KINDS, tmp_path)
    by_name = {kind.name: kind for kind in KINDS}
    for page, message in (("nowhere", "no page in undone"), (None, "TO_SUPPORT .* differ in undone")):
        with pytest.raises(IncompleteMails, match=message):
            check_kinds(list({**by_name, Mail.UNDONE: replace(by_name[Mail.UNDONE], page=page)}.values()), tmp_path)
    (tmp_path / "forgotten.html").touch()
    with pytest.raises(IncompleteMails, match="lacks forgotten"):
        check_kinds(KINDS, tmp_path)
    (tmp_path / "forgotten.html").unlink()
    (tmp_path / "undone.txt").unlink()
    with pytest.raises(IncompleteMails, match=r"undone\.txt"):
        check_kinds(KINDS, tmp_path)
