"""The checklist as a whole: activities, export and date; what blocks a trial, and in which order it is told."""

from datetime import date

import pytest

from app import checklist
from app.checklist import activities, contents, dates, export
from app.checklist.line import Line, Mark
from app.checklist.situation import Held
from tests.checklist.situations import here, practitioner, workspace

BLOCKS = {"locations", "practitioners", "invitations", "services", "activities", "contents"}


def test_activities_are_asked_about_once_the_export_is_read() -> None:
    assert activities.look(here()).mark is Mark.LATER
    assert activities.look(here()).passes
    assert activities.look(here(read=True)).mark is Mark.DONE
    line = activities.look(here(read=True, unsure=("Report", "Phone call")))
    assert (line.mark, line.passes, line.names) == (Mark.NEEDS, False, ("Report", "Phone call"))
    assert line.act is not None
    assert line.act.words == "Answer 2"
    assert line.act.about == "about 2 services"


def test_the_export_is_recommended_a_day_before_the_conversion_and_never_blocks() -> None:
    assert export.look(here()).passes
    assert "17 December 2026, 24 hours before" in export.look(here(conversion_date=date(2026, 12, 18))).what
    assert "28 February 2028, 24 hours before" in export.look(here(conversion_date=date(2028, 2, 29))).what
    assert export.look(here(export_held=Held.EVERYTHING)).mark is Mark.DONE


@pytest.mark.parametrize("held", list(Held))
def test_the_export_is_with_us_only_when_all_of_it_is_held(held: Held) -> None:
    line = export.look(here(export_held=held))
    assert line.passes, "the trial has a guard of its own"
    assert (line.mark is Mark.DONE) is (held in (Held.EVERYTHING, Held.DELETED))
    assert ("is with us" in line.what) is (held is Held.EVERYTHING)


def test_what_the_clinic_uses_and_lacks_is_named_and_blocks() -> None:
    line = contents.look(here(read=True, uses_said=True, absent=("Progress notes", "Cases")))
    assert (line.mark, line.passes, line.names) == (Mark.NEEDS, False, ("Progress notes", "Cases"))
    assert line.title.startswith("Add 2 kinds to your export")
    assert contents.look(here(read=True, uses_said=True)).mark is Mark.DONE


def test_what_the_clinic_uses_is_asked_before_the_export_and_holds_nothing_up() -> None:
    asked = contents.look(here())
    assert (asked.mark, asked.passes) == (Mark.NEEDS, True)
    assert asked.act is not None
    assert asked.act.href == "/m/mig_1/uses"
    said = contents.look(here(uses_said=True))
    assert said.mark is Mark.DONE


def test_the_conversion_date_is_asked_for_and_never_blocks() -> None:
    assert (dates.look(here()).mark, dates.look(here()).passes) == (Mark.LATER, True)
    given = dates.look(here(conversion_date=date(2026, 12, 18)))
    assert given.mark is Mark.DONE
    assert "18 December 2026" in given.what


def test_every_check_is_there_once_with_its_own_name() -> None:
    lines = checklist.lines(here(read=True))
    assert len({line.name for line in lines}) == len(lines) == len(checklist.CHECKS) == 8
    assert {line.name for line in lines if line.blocks} == BLOCKS


def test_a_clinic_that_is_ready_has_nothing_in_the_way() -> None:
    assert checklist.first_in_the_way(here(read=True)) is None


def test_the_first_open_line_is_the_one_that_is_told() -> None:
    waiting = workspace(locations=(), practitioners=(practitioner(accepted=False),))
    found = checklist.first_in_the_way(here(workspace=waiting))
    assert found is not None
    assert found.name == "locations"


def test_only_the_invitations_may_be_let_pass() -> None:
    nobody = workspace(locations=(), practitioners=(), services=())
    lines = checklist.lines(here(workspace=nobody, services_way=None))
    assert [line.name for line in lines if line.waivable] == ["invitations"]
    everything = {line.name: "A reason." for line in lines}
    still = checklist.lines(here(workspace=nobody, services_way=None, waived=everything))
    assert {line.name for line in still if not line.passes} >= {"locations", "practitioners", "services"}


@pytest.mark.parametrize(
    ("mark", "blocks", "waived", "passes"),
    [
        (Mark.DONE, True, False, True),
        (Mark.NEEDS, True, False, False),
        (Mark.WAIT, True, False, False),
        (Mark.LATER, True, False, False),
        (Mark.WAIT, True, True, True),
        (Mark.NEEDS, False, False, True),
    ],
)
def test_what_passes(mark: Mark, blocks: bool, waived: bool, passes: bool) -> None:
    assert Line("x", "g", "t", mark, "what", "words", blocks=blocks, waived=waived).passes is passes
