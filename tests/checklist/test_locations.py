"""Every place of the clinic exists in Caspen and is active."""

import pytest

from app.checklist import locations
from app.checklist.line import Mark
from app.checklist.situation import Situation
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice
from tests.checklist.situations import decided, location, named, situation, workspace

NEWPORT = {KindRole.LOCATION: (named("Newport", appointments=40),)}
TABLE: dict[str, tuple[Situation, Mark, str]] = {
    "none yet": (situation(workspace=workspace(locations=())), Mark.NEEDS, "called businesses there"),
    "an archived one does not count": (
        situation(workspace=workspace(locations=(location(archived=True),))), Mark.NEEDS, "Each place"),
    "one, before the export": (situation(), Mark.DONE, "We compare them with your export"),
    "the export names none that is missing": (situation(read=True), Mark.DONE, "1 location: Harbour Street."),
    "the export names one that nobody decided about": (situation(read=True, named=NEWPORT), Mark.NEEDS, "Add it there"),
    "one that is to be brought": (
        situation(read=True, named=NEWPORT, plan=decided(locations={"id_Newport": Choice(to="create")})),
        Mark.DONE, "1"),
    "one that stays behind": (
        situation(read=True, named=NEWPORT, plan=decided(locations={"id_Newport": Choice(to="leave_out")})),
        Mark.DONE, "1"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_line_shows_its_state(case: str) -> None:
    situation, mark, words = TABLE[case]
    line = locations.check(situation)
    assert (line.mark, line.blocks, line.waivable) == (mark, True, False)
    assert words in line.what
    assert line.passes is (mark is Mark.DONE)


def test_missing_locations_are_named_with_their_appointments() -> None:
    line = locations.check(situation(read=True, named=NEWPORT))
    assert line.names == ("Newport",)
    assert (line.count, line.unit) == (40, "appointments")
    assert line.act is not None
    assert line.act.href == "/sandbox/wsp_1#loc"
