"""Groups in the index: their members, the record that a reference means, and groups without a member."""

from pathlib import Path
from typing import Any

import pytest

from app.index import IndexLink
from app.mapping.plan import Choice, Plan
from tests.index.story import IDS, WITH_GROUPS, Export, booking, patient, practitioner


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "index.sqlite", source=WITH_GROUPS)


def attendee_of(*ids: str) -> IndexLink:
    return IndexLink("attendee", "attendees", ids, orphan="note_without_appointment")


def clinic(export: Export, *patients: str, **more: Any) -> None:
    for number in patients:
        export.has("patients", number, **more)


def attends(export: Export, key: str, visit: str, number: str, **more: Any) -> int:
    return export.has("attendees", key, booking(visit, required=True), _attendee_patient(number), aside=True, **more)


def _attendee_patient(number: str) -> IndexLink:
    return IndexLink("patient", "patients", (number,), required=True, orphan="attendee_without_patient")


def keys(export: Export, line: int) -> list[str]:
    return [member.key for member in export.row("appointments", line).joined.members]


def record(key: str) -> str:
    return IDS.derive("appointments", "appointments", key)


def test_37_those_whom_a_group_lists_are_its_members(export: Export) -> None:
    clinic(export, "11", "12")
    visit = export.has("appointments", "5", patient("11", "12", "99"), shared=True)
    assert keys(export, visit) == ["5:11", "5:12"]
    assert [m.place for m in export.row("appointments", visit).joined.members] == [None, None]


def test_somebody_merged_into_another_member_is_one_member(export: Export) -> None:
    clinic(export, "11")
    export.has("patients", "12", IndexLink("merged_with", "patients", ("11",), merge=True), merged=True)
    visit = export.has("appointments", "5", patient("11", "12"), shared=True)
    assert keys(export, visit) == ["5:11"]


def test_rows_of_attendees_decide_whom_a_group_lists_or_not(export: Export) -> None:
    clinic(export, "11", "12", "13")
    visit = export.has("appointments", "5", patient("11", "12"), shared=True)
    empty = export.has("appointments", "6", shared=True)
    first = attends(export, "501", "5", "12")
    attends(export, "502", "5", "13")
    attends(export, "503", "6", "11")
    assert keys(export, visit) == ["5:12", "5:13"]
    assert keys(export, empty) == ["6:11"]
    assert export.row("appointments", visit).joined.members[0].place == (1, first)
    assert export.target("attendees", first, "booking") == record("5:12")


def test_a_client_who_is_in_a_group_twice_has_one_visit(export: Export) -> None:
    clinic(export, "11", "12")
    visit = export.has("appointments", "5", shared=True)
    attends(export, "501", "5", "11")
    attends(export, "502", "5", "12")
    again = attends(export, "503", "5", "11")
    assert export.verdict("attendees", again) == ("skipped", "duplicate_attendee")
    assert keys(export, visit) == ["5:11", "5:12"]


def test_a_client_who_cancelled_and_came_back_has_both(export: Export) -> None:
    clinic(export, "11")
    visit = export.has("appointments", "5", shared=True)
    attends(export, "501", "5", "11", cancelled=True)
    back = attends(export, "502", "5", "11")
    again = attends(export, "503", "5", "11")
    note = export.has("treatment_notes", "1", patient("11"), booking("5"))
    assert keys(export, visit) == ["5:11:501", "5:11"]
    assert export.verdict("attendees", back) is None
    assert export.verdict("attendees", again) == ("skipped", "duplicate_attendee")
    assert export.target("treatment_notes", note, "booking") == record("5:11")


def test_a_visit_of_one_has_one_place_whatever_was_cancelled_before(export: Export) -> None:
    clinic(export, "11")
    visit = export.has("appointments", "5", patient("11"))
    gone = attends(export, "501", "5", "11", cancelled=True)
    attends(export, "502", "5", "11")
    assert keys(export, visit) == ["5"]
    assert export.verdict("attendees", gone) == ("skipped", "duplicate_attendee")


def test_two_who_came_to_a_visit_of_one_share_it(export: Export) -> None:
    clinic(export, "11", "12")
    visit = export.has("appointments", "5", patient("11"))
    attends(export, "501", "5", "11")
    attends(export, "502", "5", "12")
    assert keys(export, visit) == ["5:11", "5:12"]


def test_a_visit_whose_client_only_its_attendee_names_belongs_to_that_client(export: Export) -> None:
    clinic(export, "11")
    visit = export.has("appointments", "5", aside=True)
    attends(export, "501", "5", "11")
    note = export.has("treatment_notes", "1", patient("11"), booking("5"))
    assert (export.verdict("appointments", visit), keys(export, visit)) == (None, ["5"])
    assert export.target("treatment_notes", note, "booking") == record("5")


def test_36_a_visit_without_a_client_waits(export: Export) -> None:
    clinic(export, "11")
    visit = export.has("appointments", "5")
    note = export.has("treatment_notes", "1", patient("11"), booking("5"))
    assert export.verdict("appointments", visit) == ("held", "appointment_without_patient")
    assert export.row("treatment_notes", note).findings == ("note_without_appointment",)


def test_a_group_whose_members_all_wait_waits_with_them(export: Export) -> None:
    visit = export.has("appointments", "5", shared=True)
    lost = attends(export, "501", "5", "99")
    assert export.verdict("attendees", lost) == ("held", "attendee_without_patient")
    assert export.verdict("appointments", visit) == ("held", "appointment_without_patient")


def test_a_group_that_nobody_is_in_is_for_mapping_to_judge(export: Export) -> None:
    visit = export.has("appointments", "5", shared=True)
    assert (export.verdict("appointments", visit), keys(export, visit)) == (None, [])


def test_a_group_goes_on_without_a_deleted_attendee(export: Export) -> None:
    clinic(export, "11")
    export.has("patients", "12", deleted=True)
    visit = export.has("appointments", "5", shared=True)
    attends(export, "501", "5", "11")
    fallen = attends(export, "502", "5", "12")
    assert keys(export, visit) == ["5:11"]
    assert export.verdict("attendees", fallen) == ("held", "parent_not_imported")


def test_an_attendee_of_an_unknown_visit_waits(export: Export) -> None:
    clinic(export, "11")
    lost = attends(export, "501", "7", "11")
    assert export.verdict("attendees", lost) == ("held", "attendee_without_appointment")


def test_a_note_of_a_group_belongs_to_the_place_of_its_own_client(export: Export) -> None:
    clinic(export, "11", "12", "13")
    export.has("appointments", "5", patient("11", "12"), shared=True)
    note = export.has("treatment_notes", "1", patient("12"), booking("5"))
    other = export.has("treatment_notes", "2", patient("13"), booking("5"))
    assert export.target("treatment_notes", note, "booking") == record("5:12")
    assert export.row("treatment_notes", note).findings == ()
    assert export.target("treatment_notes", other, "booking") is None
    assert export.row("treatment_notes", other).findings == ("note_without_appointment",)


def test_a_note_of_a_busy_time_has_no_appointment(export: Export) -> None:
    clinic(export, "11")
    export.has("appointments", "5", aside=True)
    note = export.has("treatment_notes", "1", patient("11"), booking("5"))
    assert export.target("treatment_notes", note, "booking") is None
    assert export.row("treatment_notes", note).findings == ("note_without_appointment",)


def test_a_note_that_names_an_attendee_belongs_to_that_place(export: Export) -> None:
    clinic(export, "11", "12")
    export.has("appointments", "5", shared=True)
    export.has("appointments", "6", patient("12"))
    attends(export, "501", "5", "11")
    attends(export, "502", "6", "12")
    attends(export, "503", "5", "11")
    note = export.has("treatment_notes", "1", patient("11"), attendee_of("501"))
    alone = export.has("treatment_notes", "2", patient("12"), attendee_of("502"))
    again = export.has("treatment_notes", "3", patient("11"), attendee_of("503"))
    found = [export.target("treatment_notes", line, "attendee") for line in (note, alone, again)]
    assert found == [record("5:11"), record("6"), record("5:11")]
    assert export.row("treatment_notes", again).findings == ()


def test_one_way_to_the_visit_is_enough(export: Export) -> None:
    clinic(export, "11")
    export.has("appointments", "5", patient("11"))
    either = export.has("treatment_notes", "1", patient("11"), booking("5"), attendee_of("900"))
    neither = export.has("treatment_notes", "2", patient("11"), booking("8"), attendee_of("900"))
    assert export.row("treatment_notes", either).findings == ()
    assert export.row("treatment_notes", neither).findings == ("note_without_appointment",)


def test_a_member_left_out_leaves_no_reference_behind(export: Export) -> None:
    clinic(export, "11", "12")
    export.has("practitioners", "3", name="Sam Lee")
    visit = export.has("appointments", "5", practitioner("3"), patient("11", "12"), shared=True)
    note = export.has("treatment_notes", "1", patient("11"), booking("5"))
    plan = Plan(practitioners={"3": Choice(to="leave_out")})
    assert export.verdict("appointments", visit, plan=plan) == ("left_out", None)
    assert export.target("treatment_notes", note, "booking", plan=plan) is None
    without = Plan(leave_out_kinds=("attendees",))
    attends(export, "501", "5", "11")
    assert export.target("treatment_notes", note, "booking", plan=without) == record("5:11")


def test_42_an_attendee_who_contradicts_the_visit_is_reported(export: Export) -> None:
    clinic(export, "11", "12")
    export.has("appointments", "5", patient("11"), attended=True)
    export.has("appointments", "6", patient("11"), cancelled=True)
    export.has("appointments", "7", patient("11"))
    export.has("appointments", "8", patient("11"))
    lines = {
        "missed": attends(export, "501", "5", "11", attended=False),
        "came": attends(export, "502", "6", "11", attended=True),
        "refined": attends(export, "503", "7", "11", attended=True),
        "other": attends(export, "504", "8", "12"),
    }
    found = {name: export.row("attendees", line).findings for name, line in lines.items()}
    conflict = ("attendance_conflict",)
    assert found == {"missed": conflict, "came": conflict, "refined": (), "other": conflict}
