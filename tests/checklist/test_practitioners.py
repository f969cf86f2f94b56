"""Everybody whose history comes along has a user in Caspen, also those who have left."""

import pytest

from app.checklist import practitioners
from app.checklist.line import Mark
from app.checklist.situation import Situation
from app.mapping.plan import Choice
from tests.checklist.situations import decided, here, named, practitioner, workspace

RUBY = {"practitioners": (named("Ruby Castellano"),)}
TABLE: dict[str, tuple[Situation, Mark, str]] = {
    "nobody yet": (here(workspace=workspace(practitioners=())), Mark.NEEDS, "archived ones too"),
    "before the export": (here(), Mark.DONE, "1 practitioner in Caspen."),
    "one who has left counts": (
        here(workspace=workspace(practitioners=(practitioner(active=False),))), Mark.DONE, "1 practitioner"),
    "everybody is known": (here(read=True), Mark.DONE, "1 practitioner in Caspen."),
    "the export names somebody else": (here(read=True, named=RUBY), Mark.NEEDS, "Invite them"),
    "whose history stays behind": (
        here(read=True, named=RUBY, plan=decided(practitioners={"id_Ruby Castellano": Choice(to="leave_out")})),
        Mark.DONE, "1 practitioner"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_line_says_where_it_stands(case: str) -> None:
    situation, mark, words = TABLE[case]
    line = practitioners.look(situation)
    assert (line.mark, line.blocks, line.waivable) == (mark, True, False)
    assert words in line.what


def test_one_person_and_several_are_said_rightly() -> None:
    assert practitioners.look(here(read=True, named=RUBY)).title == "Decide about 1 person not in Caspen"
    two = {"practitioners": (named("Ruby"), named("Jo"))}
    line = practitioners.look(here(read=True, named=two))
    assert line.title == "Decide about 2 people not in Caspen"
    assert (line.count, line.unit) == (30, "appointments and notes")
    assert line.names == ("Ruby", "Jo")
