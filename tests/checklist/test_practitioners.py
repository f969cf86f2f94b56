"""Every person with history has a user in Caspen, former staff included."""

import pytest

from app.checklist import practitioners
from app.checklist.line import Mark
from app.checklist.situation import Situation
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice
from tests.checklist.situations import decided, named, practitioner, situation, workspace

RUBY = {KindRole.PRACTITIONER: (named("Ruby Castellano"),)}
TABLE: dict[str, tuple[Situation, Mark, str]] = {
    "nobody yet": (situation(workspace=workspace(practitioners=())), Mark.NEEDS, "archived ones too"),
    "before the export": (situation(), Mark.DONE, "1 practitioner in Caspen."),
    "one who has left counts": (
        situation(workspace=workspace(practitioners=(practitioner(active=False),))), Mark.DONE, "1 practitioner"),
    "everybody is known": (situation(read=True), Mark.DONE, "1 practitioner in Caspen."),
    "the export names somebody else": (situation(read=True, named=RUBY), Mark.NEEDS, "Invite them"),
    "whose history stays behind": (
        situation(read=True, named=RUBY, plan=decided(practitioners={"id_Ruby Castellano": Choice(to="leave_out")})),
        Mark.DONE, "1 practitioner"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_line_shows_its_state(case: str) -> None:
    situation, mark, words = TABLE[case]
    line = practitioners.check(situation)
    assert (line.mark, line.blocks, line.waivable) == (mark, True, False)
    assert words in line.what


def test_the_title_counts_people_in_singular_and_plural() -> None:
    assert practitioners.check(situation(read=True, named=RUBY)).title == "Decide about 1 person not in Caspen"
    two = {KindRole.PRACTITIONER: (named("Ruby"), named("Jo"))}
    line = practitioners.check(situation(read=True, named=two))
    assert line.title == "Decide about 2 people not in Caspen"
    assert (line.count, line.unit) == (30, "appointments and notes")
    assert line.names == ("Ruby", "Jo")
