"""The checklist: activities, export and date, what blocks a trial, and the order of lines."""

from datetime import date

import pytest

from app import checklist
from app.checklist import activities, contents, dates, export
from app.checklist.line import CheckLine, Mark
from app.checklist.situation import Held
from tests.checklist.situations import practitioner, situation, workspace

BLOCKS = {"locations", "practitioners", "invitations", "services", "activities", "contents"}


def test_activities_are_asked_about_once_the_export_is_read() -> None:
    assert activities.check(situation()).mark is Mark.LATER
    assert activities.check(situation()).passes
    assert activities.check(situation(read=True)).mark is Mark.DONE
    line = activities.check(situation(read=True, unsure=("Report", "Phone call")))
    assert (line.mark, line.passes, line.names) == (Mark.NEEDS, False, ("Report", "Phone call"))
    assert line.act is not None
    assert line.act.words == "Answer 2"
    assert line.act.about == "about 2 services"


def test_the_export_is_recommended_a_day_before_the_conversion_and_never_blocks() -> None:
    assert export.check(situation()).passes
    assert "17 December 2026, 24 hours before" in export.check(situation(conversion_date=date(2026, 12, 18))).what
    assert "28 February 2028, 24 hours before" in export.check(situation(conversion_date=date(2028, 2, 29))).what
    assert export.check(situation(export_held=Held.EVERYTHING)).mark is Mark.DONE


@pytest.mark.parametrize("held", list(Held))
def test_the_export_is_done_only_when_every_file_is_stored(held: Held) -> None:
    line = export.check(situation(export_held=held))
    assert line.passes, "the trial has a guard of its own"
    assert (line.mark is Mark.DONE) is (held in (Held.EVERYTHING, Held.DELETED))
    assert ("is with us" in line.what) is (held is Held.EVERYTHING)


def test_a_used_kind_missing_from_the_export_blocks_by_name() -> None:
    line = contents.check(situation(read=True, uses_answered=True, absent=("Progress notes", "Cases")))
    assert (line.mark, line.passes, line.names) == (Mark.NEEDS, False, ("Progress notes", "Cases"))
    assert line.title.startswith("Add 2 kinds to your export")
    assert contents.check(situation(read=True, uses_answered=True)).mark is Mark.DONE


def test_used_features_are_asked_before_the_export_without_blocking() -> None:
    asked = contents.check(situation())
    assert (asked.mark, asked.passes) == (Mark.NEEDS, True)
    assert asked.act is not None
    assert asked.act.href == "/m/mig_1/uses"
    line = contents.check(situation(uses_answered=True))
    assert line.mark is Mark.DONE


def test_the_conversion_date_is_asked_for_and_never_blocks() -> None:
    assert (dates.check(situation()).mark, dates.check(situation()).passes) == (Mark.LATER, True)
    given = dates.check(situation(conversion_date=date(2026, 12, 18)))
    assert given.mark is Mark.DONE
    assert "18 December 2026" in given.what


def test_every_check_appears_once_with_a_unique_name() -> None:
    lines = checklist.lines(situation(read=True))
    assert len({line.name for line in lines}) == len(lines) == len(checklist.CHECKS)
    assert {line.name for line in lines if line.blocks} == BLOCKS


def test_a_complete_clinic_has_no_blocking_line() -> None:
    assert checklist.lines_in_the_way(situation(read=True)) == ()


def test_every_open_line_is_reported_with_its_place() -> None:
    waiting = workspace(locations=(), practitioners=(practitioner(accepted=False),))
    facts = situation(workspace=waiting)
    open_lines = checklist.lines_in_the_way(facts)
    assert [line.name for line in open_lines] == ["locations", "invitations"]
    assert [line.on_page(facts.base).href for line in open_lines] == [
        f"{facts.base}/checklist#check-locations",
        f"{facts.base}/checklist#check-invitations",
    ]


def test_only_the_invitations_may_be_let_pass() -> None:
    nobody = workspace(locations=(), practitioners=(), services=())
    lines = checklist.lines(situation(workspace=nobody, services_way=None))
    assert [line.name for line in lines if line.waivable] == ["invitations"]
    everything = {line.name: "A reason." for line in lines}
    still = checklist.lines(situation(workspace=nobody, services_way=None, waived=everything))
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
def test_each_mark_passes_or_blocks(mark: Mark, blocks: bool, waived: bool, passes: bool) -> None:
    assert CheckLine("x", "g", "t", mark, "what", "words", blocks=blocks, waived=waived).passes is passes
