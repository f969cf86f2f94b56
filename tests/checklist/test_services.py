"""The clinic sets its services up in Caspen, or has those of its old software brought across."""

import pytest

from app.checklist import services
from app.checklist.line import Mark
from app.checklist.situation import Situation
from app.mapping.plan import Choice
from tests.checklist.situations import decided, here, named, service, workspace

NEEDLING = {"appointment_types": (named("Dry needling"),)}
CHOSEN = decided(services={"id_Dry needling": Choice(to="create")})
TABLE: dict[str, tuple[Situation, Mark, str]] = {
    "no way chosen": (here(services_way=None), Mark.NEEDS, "or let us bring those of Old Desk"),
    "brought": (here(), Mark.DONE, "We bring your Old Desk services"),
    "brought, whatever the export names": (here(read=True, named=NEEDLING), Mark.DONE, "We bring"),
    "set up by hand, none yet": (
        here(services_way="set_up", workspace=workspace(services=())), Mark.NEEDS, "There is none yet."),
    "set up by hand, only archived ones": (
        here(services_way="set_up", workspace=workspace(services=(service(archived=True),))), Mark.NEEDS, "none yet"),
    "set up by hand": (here(services_way="set_up"), Mark.DONE, "1 service so far."),
    "set up by hand, one is missing": (
        here(services_way="set_up", read=True, named=NEEDLING), Mark.NEEDS, "Add them there"),
    "set up by hand, decided about": (
        here(services_way="set_up", read=True, named=NEEDLING, plan=CHOSEN), Mark.DONE, "1 service so far."),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_line_says_where_it_stands(case: str) -> None:
    situation, mark, words = TABLE[case]
    line = services.look(situation)
    assert (line.mark, line.blocks, line.waivable) == (mark, True, False)
    assert words in line.what


def test_the_missing_ones_are_named() -> None:
    line = services.look(here(services_way="set_up", read=True, named=NEEDLING))
    assert line.names == ("Dry needling",)
    assert line.title == "Set up 1 service in Caspen"
