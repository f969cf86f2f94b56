"""The exclusions and matches of a plan, applied to the same sealed index."""

import time

from app.index.rows_aside import RowsAside
from app.mapping.plan import Choice, Plan
from app.mapping.traits import Mention
from tests.index.story import IDS, Export, booking, business, day, patient, practitioner, type_

LEAVE_OUT = Choice(to="leave_out")


def test_appointments_of_a_practitioner_who_is_left_out_are_left_out(export: Export) -> None:
    export.has("patients", "7")
    export.has("practitioners", "3", name="Sam Lee")
    export.has("practitioners", "4", name="Kim Roe")
    his = export.has("appointments", "5", patient("7"), practitioner("3"))
    hers = export.has("appointments", "6", patient("7"), practitioner("4"))
    attendee = export.has("attendees", "9", booking("5", required=True))
    note = export.has("treatment_notes", "1", patient("7"), booking("5"))
    plan = Plan(practitioners={"3": LEAVE_OUT})

    assert export.verdict("appointments", his, plan=plan) == ("left_out", None)
    assert export.verdict("attendees", attendee, plan=plan) == ("left_out", None)
    assert export.verdict("appointments", hers, plan=plan) is None
    assert export.verdict("treatment_notes", note, plan=plan) is None
    assert export.target("treatment_notes", note, "booking", plan=plan) is None
    assert export.row("treatment_notes", note, plan=plan).findings == ()
    assert export.index.view(plan).counts() == {"practitioners": 1, "appointments": 1, "attendees": 1}


def test_the_index_does_not_remember_a_plan(export: Export) -> None:
    export.has("practitioners", "3")
    visit = export.has("appointments", "5", practitioner("3"))

    assert export.verdict("appointments", visit, plan=Plan(practitioners={"3": LEAVE_OUT})) == ("left_out", None)
    assert export.verdict("appointments", visit, plan=Plan()) is None


def test_a_visit_at_a_business_that_is_left_out_is_left_out(export: Export) -> None:
    export.has("businesses", "1")
    there = export.has("appointments", "5", business("1"))
    attendee = export.has("attendees", "9", booking("5", required=True))
    nowhere = export.has("appointments", "6")
    plan = Plan(locations={"1": LEAVE_OUT})

    for choice in (plan, Plan(leave_out_kinds=("businesses",))):
        assert export.verdict("appointments", there, plan=choice) == ("left_out", None)
        assert export.verdict("attendees", attendee, plan=choice) == ("left_out", None)
        assert export.verdict("appointments", nowhere, plan=choice) is None
        assert export.index.view(choice).counts() == {"businesses": 1, "appointments": 1, "attendees": 1}


def test_a_visit_goes_on_without_a_business_that_waits(export: Export) -> None:
    export.has("businesses", "1")
    visit = export.has("appointments", "5", business("1"))
    (place,) = export.index.connection.execute("SELECT row FROM things WHERE id = 1").fetchone()
    export.index.leave_aside(RowsAside((place,)))

    assert export.verdict("appointments", visit) is None
    assert export.row("appointments", visit).findings == ("appointment_location_defaulted",)


def test_old_appointments_can_be_left_out(export: Export) -> None:
    old = export.has("appointments", "5", starts_at=day("2019-12-31"))
    new = export.has("appointments", "6", starts_at=day("2020-01-01"))
    undated = export.has("appointments", "7")
    plan = Plan(leave_out_before=day("2020-01-01"))

    assert export.verdict("appointments", old, plan=plan) == ("left_out", None)
    assert export.verdict("appointments", new, plan=plan) is None
    assert export.verdict("appointments", undated, plan=plan) is None


def test_a_kind_is_left_out_with_all_rows_that_require_it(export: Export) -> None:
    export.has("patients", "7")
    export.has("patients", "8")
    note = export.has("treatment_notes", "1", patient("7"))
    group = export.has("appointments", "5", patient("7", "8"))
    attendee = export.has("attendees", "9", booking("5", required=True))
    plan = Plan(leave_out_kinds=("patients",))

    assert export.verdict("treatment_notes", note, plan=plan) == ("left_out", None)
    assert export.verdict("appointments", group, plan=plan) == ("left_out", None)
    assert export.verdict("attendees", attendee, plan=plan) == ("left_out", None)


def test_a_rule_that_skips_a_row_comes_before_the_plan_and_a_decision_after_it(export: Export) -> None:
    gone = export.has("treatment_notes", "1", deleted=True)
    orphan = export.has("treatment_notes", "2", patient("8"))
    plan = Plan(leave_out_kinds=("treatment_notes",))

    assert export.verdict("treatment_notes", gone, plan=plan) == ("skipped", "deleted_in_source")
    assert export.verdict("treatment_notes", orphan, plan=plan) == ("left_out", None)
    assert export.index.view(plan).counts() == {"treatment_notes": 1}


def test_a_matched_practitioner_makes_nothing_and_appointments_point_at_the_match(export: Export) -> None:
    row = export.has("practitioners", "3")
    visit = export.has("appointments", "5", practitioner("3"))
    plan = Plan(practitioners={"3": Choice(to="match", id="pra_LIVE")})

    assert export.verdict("practitioners", row, plan=plan) == ("unchanged", None)
    assert export.target("appointments", visit, "practitioner", plan=plan) == "pra_LIVE"


def test_a_type_that_is_only_named_can_be_matched_or_left_out(export: Export) -> None:
    visit = export.has("appointments", "5", type_(name="Massage"))
    matched = Plan(services={"name:massage": Choice(to="match", id="ser_LIVE")})
    left_out = Plan(services={"name:massage": LEAVE_OUT})

    assert export.target("appointments", visit, "type", plan=matched) == "ser_LIVE"
    assert export.verdict("appointments", visit, plan=left_out) == ("left_out", None)
    assert export.index.view(left_out).counts() == {"appointments": 1}
    assert next(export.index.made(Plan())) == ("appointment_types", Mention("services", "name:massage", "Massage"))
    assert list(export.index.made(matched)) == list(export.index.made(left_out)) == []


def test_visits_of_an_activity_point_at_the_activity(export: Export) -> None:
    export.has("appointment_types", "1", name="Report")
    visit = export.has("appointments", "5", type_("1"))

    target = export.target("appointments", visit, "type", plan=Plan(service_kinds={"1": "activity"}))
    assert target == IDS.derive("activities", "appointment_types", "1")


def test_the_consequences_of_a_choice_are_counted_at_once(export: Export) -> None:
    export.has("patients", "7")
    for number in range(10):
        export.has("practitioners", f"{number}")
    for number in range(20_000):
        export.has("appointments", f"{number}", patient("7"), practitioner(f"{number % 10}"))
    index = export.index
    started = time.process_time()

    counts = index.view(Plan(practitioners={"3": LEAVE_OUT})).counts()

    assert counts == {"practitioners": 1, "appointments": 2_000}
    assert time.process_time() - started < 1
