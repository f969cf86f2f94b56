"""Every place of the clinic exists in Caspen and is active."""

import pytest

from app.checklist import locations
from app.checklist.line import Mark
from app.checklist.situation import Situation
from app.mapping.plan import Choice
from tests.checklist.situations import decided, here, location, named, workspace

NEWPORT = {"businesses": (named("Newport", appointments=40),)}
TABLE: dict[str, tuple[Situation, Mark, str]] = {
    "none yet": (here(workspace=workspace(locations=())), Mark.NEEDS, "called businesses there"),
    "an archived one does not count": (
        here(workspace=workspace(locations=(location(archived=True),))), Mark.NEEDS, "Each place"),
    "one, before the export": (here(), Mark.DONE, "We compare them with your export"),
    "the export names none that is missing": (here(read=True), Mark.DONE, "1 location: Harbour Street."),
    "the export names one that nobody decided about": (here(read=True, named=NEWPORT), Mark.NEEDS, "Add it there"),
    "one that is to be brought": (
        here(read=True, named=NEWPORT, plan=decided(locations={"id_Newport": Choice(to="create")})), Mark.DONE, "1"),
    "one that stays behind": (
        here(read=True, named=NEWPORT, plan=decided(locations={"id_Newport": Choice(to="leave_out")})), Mark.DONE, "1"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_line_says_where_it_stands(case: str) -> None:
    situation, mark, words = TABLE[case]
    line = locations.look(situation)
    assert (line.mark, line.blocks, line.waivable) == (mark, True, False)
    assert words in line.what
    assert line.passes is (mark is Mark.DONE)


def test_the_missing_ones_are_named_with_what_hangs_on_them() -> None:
    line = locations.look(here(read=True, named=NEWPORT))
    assert line.names == ("Newport",)
    assert (line.count, line.unit) == (40, "appointments")
    assert line.act is not None
    assert line.act.href == "/sandbox/wsp_1#loc"
