"""The clinic sets up its services in Caspen, or the product brings those of its old software."""

import pytest

from app.checklist import services
from app.checklist.line import Mark
from app.checklist.situation import Situation
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice
from tests.checklist.situations import decided, named, service, situation, workspace

NEEDLING = {KindRole.SERVICE: (named("Dry needling"),)}
CHOSEN = decided(services={"id_Dry needling": Choice(to="create")})
TABLE: dict[str, tuple[Situation, Mark, str]] = {
    "no way chosen": (situation(services_way=None), Mark.NEEDS, "or let us bring those of Old Desk"),
    "brought": (situation(), Mark.DONE, "We bring your Old Desk services"),
    "brought, whatever the export names": (situation(read=True, named=NEEDLING), Mark.DONE, "We bring"),
    "set up by hand, none yet": (
        situation(services_way="set_up", workspace=workspace(services=())), Mark.NEEDS, "There is none yet."),
    "set up by hand, only archived ones": (
        situation(services_way="set_up", workspace=workspace(services=(service(archived=True),))),
        Mark.NEEDS, "none yet"),
    "set up by hand": (situation(services_way="set_up"), Mark.DONE, "1 service so far."),
    "set up by hand, one is missing": (
        situation(services_way="set_up", read=True, named=NEEDLING), Mark.NEEDS, "Add them there"),
    "set up by hand, decided about": (
        situation(services_way="set_up", read=True, named=NEEDLING, plan=CHOSEN), Mark.DONE, "1 service so far."),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_line_shows_its_state(case: str) -> None:
    situation, mark, words = TABLE[case]
    line = services.check(situation)
    assert (line.mark, line.blocks, line.waivable) == (mark, True, False)
    assert words in line.what


def test_missing_services_are_named() -> None:
    line = services.check(situation(services_way="set_up", read=True, named=NEEDLING))
    assert line.names == ("Dry needling",)
    assert line.title == "Set up 1 service in Caspen"
