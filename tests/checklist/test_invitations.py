"""Every invited practitioner has accepted before the trial, unless support waives the check."""

from collections.abc import Mapping

import pytest

from app.checklist import invitations
from app.checklist.line import Mark
from app.checklist.situation import Situation
from tests.checklist.situations import practitioner, situation, workspace

PRIYA = practitioner("Priya", accepted=False)
LEFT = practitioner("Helen", active=False, accepted=False)
BROUGHT = practitioner("Ruby", accepted=False, invited=False)


def with_people(*people: object, waived: Mapping[str, str] | None = None) -> Situation:
    return situation(workspace=workspace(practitioners=people), waived=waived or {})


TABLE: dict[str, tuple[Situation, Mark, str, bool]] = {
    "nobody invited": (with_people(), Mark.LATER, "Each one gets an e-mail", False),
    "all have": (with_people(practitioner()), Mark.DONE, "1 of 1 have.", True),
    "one has not": (with_people(practitioner(), PRIYA), Mark.WAIT, "1 of 2 have. Not yet:", False),
    "who has left need not": (with_people(practitioner(), LEFT), Mark.DONE, "1 of 1 have.", True),
    "who cannot sign in need not": (with_people(practitioner(), BROUGHT), Mark.DONE, "1 of 1 have.", True),
    "nobody can sign in": (with_people(BROUGHT), Mark.DONE, "No invitation is open.", True),
    "one of each": (with_people(practitioner(), BROUGHT, PRIYA), Mark.WAIT, "1 of 2 have. Not yet:", False),
    "support waived the check": (
        with_people(PRIYA, waived={"invitations": "Priya is on leave."}),
        Mark.DONE,
        "0 of 1 have.",
        True,
    ),
    "another check was waived": (with_people(PRIYA, waived={"locations": "A reason."}), Mark.WAIT, "0 of 1", False),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_line_shows_its_state(case: str) -> None:
    situation, mark, words, passes = TABLE[case]
    line = invitations.check(situation)
    assert line.mark is mark
    assert words in line.what
    assert line.passes is passes
    assert line.waivable


def test_those_who_have_not_are_named() -> None:
    assert invitations.check(with_people(PRIYA, LEFT, BROUGHT)).names == ("Priya",)
