"""Lines 36 to 46 of the catalogue, and lines about practitioners who left: visits of one export in one trial."""

import pytest

from tests.register.story import DIARY, Desk, Tried, export

NOW = {"patient_arrived": ""}
CLASS = {"patient_ids": "11, 12, 13", "max_attendees": "10", "patient_arrived": ""}
TWO_YEARS_AGO = {"starts_at": "2024-04-01 09:00:00 +1100", "ends_at": "2024-04-01 09:45:00 +1100"}
LONG = "Left shoulder. " * 60
VISITS = [
    {"id": "36", "patient_ids": "404"},
    {"id": "37", **CLASS},
    {"id": "38", **CLASS, "number_of_patients": "3", "number_of_cancellations": "1"},
    {"id": "39", "patient_ids": "", "max_attendees": "", "notes": "Staff meeting"},
    {"id": "40", "cancelled_at": "n/a", **NOW},
    {
        "id": "41", **TWO_YEARS_AGO, **NOW, "cancelled_at": "2024-03-30 10:00:00 +1100", "cancellation_reason": "Sick",
        "cancellation_note": "called at nine",
    },
    {"id": "42", "patient_arrived": "true", "did_not_arrive": "true"},
    {"id": "43", "notes": LONG},
    {"id": "44", "practitioner_id": "", "practitioner": "Sam Lee"},
    {"id": "45", "appointment_type_id": "", "appointment_type": "Hydrotherapy"},
    {"id": "62", "practitioner_id": "9"},
]  # fmt: skip


@pytest.fixture(scope="module")
def tried(desk: Desk) -> Tried:
    sam = {"display_name": "Sam Lee"}
    gone = {"id": "9", "display_name": "Kim Old", "archived_at": "2025-01-01 09:00:00 +1100", "active": "false"}
    return desk.tried(
        export(
            *(kind for kind in DIARY if kind != "practitioners"),
            practitioners=[sam, {"id": "8", **sam}, gone],
            patients=[{}, {"id": "12", "first_name": "Bea"}, {"id": "13", "first_name": "Cai"}],
            appointments=VISITS,
        )
    )


def reported(tried: Tried, code: str) -> dict[str, str]:
    """The ids of the visits for which a code is reported, with its level."""
    lines = [p for p in tried.clinic.problems("trial:1") if p.code == code and p.kind == "appointments"]
    return {str(p.source_id): p.level for p in lines}


def test_36_a_visit_whose_client_is_not_in_the_export_is_held(tried: Tried) -> None:
    assert reported(tried, "appointment_without_patient") == {"36": "held"}


def test_37_three_ids_of_a_class_are_three_visits_of_one_group(tried: Tried) -> None:
    group = tried.record("appointment_groups", "37")
    visits = [a for a in tried.records("appointments") if a["group_id"] == group["id"]]
    assert {v["source_id"] for v in visits} == {"37:11", "37:12", "37:13"}
    assert group["capacity"] == 10
    assert "37" not in reported(tried, "group_count_mismatch") | reported(tried, "group_attendance_unknown")


def test_38_who_of_a_class_cancelled_is_not_guessed(tried: Tried) -> None:
    assert reported(tried, "group_attendance_unknown") == {"38": "warning"}
    visits = [a for a in tried.records("appointments") if a["source_id"].startswith("38:")]
    assert [v["status"] for v in visits] == ["pending"] * 3


def test_39_a_row_without_patient_and_room_is_a_busy_time(tried: Tried) -> None:
    busy = tried.record("busy_times", "39")
    assert (busy["source_kind"], busy["name"], busy["note"]) == ("appointments", "Staff meeting", "Staff meeting")
    assert "39" not in {a["source_id"] for a in tried.records("appointments")}


def test_40_not_applicable_is_no_cancellation(tried: Tried) -> None:
    visit = tried.record("appointments", "40")
    assert (visit["status"], visit["cancelled_at"]) == ("pending", None)


def test_41_a_visit_that_was_cancelled_long_ago_stays_cancelled(tried: Tried) -> None:
    visit = tried.record("appointments", "41")
    reasons = {r["id"]: r["name"] for r in tried.records("cancellation_reasons")}
    assert (visit["status"], visit["cancelled_at"]) == ("cancelled", "2024-03-29T23:00:00Z")
    assert (reasons[visit["cancellation_reason_id"]], visit["cancellation_note"]) == ("Sick", "called at nine")


def test_42_an_attendee_who_came_and_did_not_come_is_a_no_show_and_reported(tried: Tried) -> None:
    assert tried.record("appointments", "42")["status"] == "missed"
    assert reported(tried, "attendance_conflict") == {"42": "warning"}


def test_43_a_long_note_is_cut_and_kept_whole_where_only_the_practice_reads_it(tried: Tried) -> None:
    visit = tried.record("appointments", "43")
    whole = tried.record("communications", "43:note")
    assert len(LONG) == 900
    assert visit["note"] == LONG[:252] + "..."
    assert LONG in whole["body"]
    assert (whole["confidential"], whole["category"], whole["channel"]) == (True, "Appointment note", "other")
    assert (whole["client_id"], whole["appointment_id"]) == (visit["client_id"], visit["id"])
    assert reported(tried, "appointment_note_truncated") == {"43": "warning"}


def test_44_a_name_that_two_practitioners_bear_holds_the_visit(tried: Tried) -> None:
    assert reported(tried, "practitioner_ambiguous") == {"44": "held"}


def test_45_a_service_that_no_file_describes_is_made_archived(tried: Tried) -> None:
    visit = tried.record("appointments", "45")
    made = next(s for s in tried.records("services") if s["id"] == visit["service_id"])
    assert (made["name"], made["status"], made["source_id"]) == ("Hydrotherapy", "archived", "name:hydrotherapy")
    assert reported(tried, "appointment_type_created_from_name") == {"45": "warning"}


def test_46_sunday_is_0_and_7(desk: Desk) -> None:
    week = [
        {"day_of_week": "0"},
        {"id": "32", "day_of_week": "7", "availabilities": '[{"starts_at":"14:00","ends_at":"15:00"}]'},
    ]
    tried = desk.tried(export(*DIARY, practitioner_availability=week))
    assert sorted((a["weekday"], a["starts_at"]) for a in tried.records("availability")) == [(7, "09:00"), (7, "14:00")]


def test_62_a_practitioner_who_left_keeps_their_history_without_a_seat(tried: Tried) -> None:
    practitioner = tried.record("practitioners", "9")
    assert practitioner["active"] is False
    assert tried.record("appointments", "62")["practitioner_id"] == practitioner["id"]
    assert tried.kind("practitioners")["created"] == 3


def test_every_visit_is_accounted_for(tried: Tried) -> None:
    visits = tried.kind("appointments")
    assert (visits["read"], visits["created"], visits["held"]) == (11, 9, 2)
    assert tried.answer["balanced"]
