"""Groups: one appointment for each patient, from rows of attendees where the export has them."""

from typing import Any

import pytest

from app.mapping.rows import Joined, Member, Outcome, Target
from app.problems import Level
from app.sources import source
from tests.kinds.story import IDS, MappedRow, joined_of, lookups, mapped, row_of

KIND = source("cliniko").kind("appointments")
GROUP: dict[str, Any] = {"patient_ids": "11, 12, 13", "max_attendees": "10", "patient_arrived": ""}
LUNCH: dict[str, Any] = {"patient_ids": "", "notes": "Lunch\nwith Sam"}
LATER: dict[str, Any] = {"starts_at": "2027-04-01 09:00:00 +1100", "ends_at": "2027-04-01 09:45:00 +1100"}


def client(number: str) -> str:
    return IDS.derive("clients", "patients", number)


def attendee(key: str, number: str, case: str | None = None, **cells: str) -> Member:
    """An attendee's row."""
    row = row_of("attendees", patient_id=number, **cells)
    targets = {"patient_case_id": Target(case, "1")} if case else {}
    return Member(key, Target(client(number), number), (2, 1), targets, row)


def with_members(*members: Member, **cells: Any) -> MappedRow:
    row = row_of("appointments", **cells)
    return mapped("appointments", joined=joined_of("appointments", row)._replace(members=members), **cells)


def visits(result: MappedRow) -> dict[str, Any]:
    return {r.key: r.values for r in result.records if r.table == "appointments"}


def test_37_three_patients_make_three_appointments_and_one_group() -> None:
    result = mapped("appointments", **GROUP | {"patient_arrived": "true"})
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    group, *rest = result.records
    assert (group.table, group.key) == ("appointment_groups", "77")
    assert group.values["capacity"] == 10
    assert {key: v["client_id"] for key, v in visits(result).items()} == {
        "77:11": client("11"), "77:12": client("12"), "77:13": client("13"),
    }  # fmt: skip
    shared = IDS.derive("appointment_groups", "appointments", "77")
    assert {(r.values["group_id"], r.values["status"], r.values["reminders_enabled"]) for r in rest} == {
        (shared, "arrived", False)
    }


def test_38_the_client_who_cancelled_is_not_guessed() -> None:
    result = mapped("appointments", **GROUP, number_of_cancellations="1")
    assert "group_attendance_unknown" in result.codes
    assert {v["status"] for v in visits(result).values()} == {"pending"}


@pytest.mark.parametrize("number", ["0", "3"])
def test_a_group_without_or_with_only_cancellations_has_the_slots_status(number: str) -> None:
    cells = GROUP | {"number_of_cancellations": number, "cancelled_at": "2026-03-30 10:00:00 +1100"}
    result = mapped("appointments", **cells)
    assert {v["status"] for v in visits(result).values()} == {"cancelled"}
    assert "group_attendance_unknown" not in result.codes


def test_the_note_of_a_group_is_not_copied_to_its_members() -> None:
    result = mapped("appointments", **GROUP, notes="Zoë pays for Max")
    assert result.records[0].values["note"] == "Zoë pays for Max"
    assert {v["note"] for v in visits(result).values()} == {None}


@pytest.mark.parametrize(
    "of_attendee", [None, "a", "words of both", "b" * 250, "c" * 300], ids=lambda note: f"{len(note or '')} there"
)
@pytest.mark.parametrize(
    "own", [None, "z", "words of both and more", "y" * 250, "x" * 300], ids=lambda note: f"{len(note or '')} own"
)
def test_a_row_whose_note_is_not_kept_whole_in_the_appointment_says_so(
    own: str | None, of_attendee: str | None
) -> None:
    member = attendee("77", "11", **({"notes": of_attendee} if of_attendee else {}))
    result = with_members(member, **({"notes": own} if own else {}))
    kept = str(result["note"] or "")
    if own and own not in kept:
        assert "appointment_note_truncated" in result.codes
    whole = [str(record.values["body"]) for record in result.records[1:]]
    assert all(note in kept or note in whole[0] for note in (own, of_attendee) if note)


@pytest.mark.parametrize(
    ("own", "of_attendee"), [("no", "nothing new"), ("knee", "no knee pain today"), ("A", "Ada\nB")]
)
def test_a_note_within_a_line_of_the_other_note_is_kept(own: str, of_attendee: str) -> None:
    result = with_members(attendee("77", "11", notes=of_attendee), notes=own)
    assert result["note"] == f"{of_attendee}\n{own}"


def test_lines_that_the_other_note_has_are_not_written_twice() -> None:
    result = with_members(attendee("77", "11", notes="came late\nknee\npaid"), notes="knee\npaid")
    assert result["note"] == "came late\nknee\npaid"


def test_a_count_that_differs_from_the_list_is_reported() -> None:
    assert "group_count_mismatch" in mapped("appointments", **GROUP, number_of_patients="4").codes
    assert "group_count_mismatch" not in mapped("appointments", **GROUP, number_of_patients="3").codes


def test_one_patient_with_a_capacity_for_many_is_a_group() -> None:
    result = mapped("appointments", **GROUP | {"patient_ids": "11"})
    assert [r.key for r in result.records] == ["77", "77:11"]


def test_two_patients_with_a_capacity_for_one_are_a_group() -> None:
    assert len(visits(mapped("appointments", **GROUP | {"patient_ids": "11 12", "max_attendees": "1"}))) == 2


def test_attendees_decide_the_members_and_their_attendance() -> None:
    cancelled: dict[str, Any] = {"cancelled_at": "2026-03-30T00:00:00Z", "cancellation_reason": "30"}
    result = with_members(
        attendee("77:11", "11", arrived="true", notes="Own mat"),
        attendee("77:12", "12", arrived="false"),
        attendee("77:14", "14", case="cas_9", cancellation_note="Flu", **cancelled),
        attendee("77:15", "15"),
        **GROUP,
        number_of_cancellations="1",
    )
    by_client = visits(result)
    assert {key: v["status"] for key, v in by_client.items()} == {
        "77:11": "arrived", "77:12": "missed", "77:14": "cancelled", "77:15": "pending",
    }  # fmt: skip
    assert by_client["77:11"]["note"] == "Own mat"
    assert (by_client["77:14"]["case_id"], by_client["77:14"]["cancellation_note"]) == ("cas_9", "Flu")
    reason = IDS.derive("cancellation_reasons", "appointments", "name:sick")
    assert by_client["77:14"]["cancellation_reason_id"] == reason
    assert result.codes == ["group_count_mismatch", "past_appointment_unmarked"]  # 13 is listed and has no row


@pytest.mark.parametrize("cancelled", ["2026-03-30 10:00:00 +1100", ""])
@pytest.mark.parametrize(
    "cells", [{}, {"arrived": "true"}, {"arrived": "false"}, {"cancelled_at": "2026-03-30T00:00:00Z"}]
)
def test_a_cancelled_group_with_an_attendee_who_did_not_cancel_is_a_conflict(
    cancelled: str, cells: dict[str, str]
) -> None:
    both = [attendee("a1", "11", cancelled_at="2026-03-30T00:00:00Z"), attendee("a2", "12", **cells)]
    result = with_members(*both, **GROUP, cancelled_at=cancelled)
    assert ("attendance_conflict" in result.codes) == (bool(cancelled) and "cancelled_at" not in cells)
    assert visits(result)["a1"]["status"] == "cancelled"
    expected = {"": "pending", "true": "arrived", "false": "missed"}[cells.get("arrived", "")]
    assert visits(result)["a2"]["status"] == ("cancelled" if "cancelled_at" in cells else expected)


ARCHIVED_AT = "2026-03-30T00:00:00Z"


def test_an_archived_group_is_cancelled_for_its_attendees() -> None:
    both = [attendee("a1", "11"), attendee("a2", "12"), attendee("a3", "13")]
    result = with_members(*both, **GROUP, archived_at=ARCHIVED_AT)
    assert {(v["status"], str(v["cancelled_at"])) for v in visits(result).values()} == {
        ("cancelled", "2026-03-30 00:00:00+00:00")
    }
    assert {v["cancellation_reason_id"] for v in visits(result).values()} == {
        mapped("appointments", archived_at=ARCHIVED_AT)["cancellation_reason_id"]
    }
    assert result.codes == ["appointment_archived"]


@pytest.mark.parametrize("number", [None, "1", "3"])
def test_an_archived_group_without_attendees_is_cancelled_whatever_its_number_of_cancellations(
    number: str | None,
) -> None:
    result = mapped("appointments", **GROUP, archived_at=ARCHIVED_AT, number_of_cancellations=number)
    assert {v["status"] for v in visits(result).values()} == {"cancelled"}
    assert result.codes == ["appointment_archived"]


@pytest.mark.parametrize(("arrived", "status"), [("true", "arrived"), ("false", "missed")])
def test_a_mark_of_an_attendee_has_priority_over_the_archived_group(arrived: str, status: str) -> None:
    members = [attendee("a1", "11", arrived=arrived), attendee("a2", "12"), attendee("a3", "13")]
    result = with_members(*members, **GROUP, archived_at=ARCHIVED_AT)
    assert [visits(result)[key]["status"] for key in ("a1", "a2", "a3")] == [status, "cancelled", "cancelled"]
    assert set(result.codes) == {"appointment_archived", "attendance_conflict"}


def test_the_words_of_an_archived_group_are_not_copied_to_its_attendees() -> None:
    members = [attendee(f"a{number}", f"1{number}") for number in (1, 2, 3)]
    result = with_members(*members, **GROUP, archived_at=ARCHIVED_AT, cancellation_note="Zoë was rude")
    assert {v["cancellation_note"] for v in visits(result).values()} == {None}
    assert "Zoë was rude" in result["note"]


def test_a_listed_client_without_an_attendee_is_reported_and_gets_no_visit() -> None:
    result = with_members(attendee("a1", "11"), attendee("a2", "12"), **GROUP)
    assert visits(result).keys() == {"a1", "a2"}
    assert "group_count_mismatch" in result.codes
    complete = with_members(*(attendee(f"a{number}", f"1{number}") for number in (1, 2, 3)), **GROUP)
    assert "group_count_mismatch" not in complete.codes


def test_43_a_long_note_of_an_attendee_is_kept_in_full_with_the_visit() -> None:
    result = with_members(attendee("77:11", "11", notes="n" * 900), attendee("77:12", "12"), **GROUP)
    (whole,) = (r for r in result.records if r.table == "communications")
    assert (whole.key, whole.values["client_id"]) == ("77:11:note", client("11"))
    assert whole.values["appointment_id"] == IDS.derive("appointments", "appointments", "77:11")
    assert mapped("attendees", notes="n" * 900).codes == ["appointment_note_truncated"]


def test_a_past_group_without_patients_is_skipped() -> None:
    result = with_members(**GROUP | {"patient_ids": ""})
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["group_without_attendees"])


def test_the_time_of_a_future_group_without_patients_is_a_busy_time() -> None:
    cells = GROUP | LATER | {"patient_ids": "", "appointment_type": "Pilates"}
    row = row_of("appointments", **cells)
    assert KIND.to_records is not None
    result: Any = KIND.to_records(row, joined_of("appointments", row)._replace(members=()), lookups())
    (record,) = result.records
    assert (record.table, record.key, record.values["name"]) == ("busy_times", "77", "Pilates")
    assert [(p.code, p.severity) for p in result.problems] == [("group_without_attendees", Level.WARNING)]


def test_39_a_row_without_capacity_and_without_patients_is_a_busy_time() -> None:
    cells: dict[str, Any]
    for cells in ({"max_attendees": ""}, {"max_attendees": "0"}, {"kind": "unavailable"}):
        result = mapped("appointments", **(LUNCH | cells))
        (record,) = result.records
        assert (record.table, record.source_kind, record.key) == ("busy_times", "appointments", "77")
        assert (record.values["name"], record.values["note"]) == ("Lunch", "Lunch\nwith Sam")
        assert result.codes == []


def test_a_busy_time_needs_a_practitioner_and_no_type() -> None:
    result = mapped("appointments", patient_ids="", appointment_type_id="")
    assert [r.table for r in result.records] == ["busy_times"]
    assert mapped("appointments", patient_ids="", practitioner_id="").codes == ["busy_time_without_practitioner"]
    lost = mapped("appointments", patient_ids="", lost=("practitioner_id",))
    assert (lost.outcome, lost.codes) == (Outcome.HELD, ["busy_time_without_practitioner"])


def test_the_reason_of_a_busy_time_makes_no_record() -> None:
    assert KIND.naming.mentions(row_of("appointments", patient_ids="", cancelled_at="2024-11-20T00:00:00Z")) == ()


@pytest.mark.parametrize(
    ("own", "cells", "status"),
    [
        ({}, {"arrived": "true"}, "arrived"),
        ({"patient_arrived": "true"}, {"arrived": "true"}, "arrived"),
        ({"patient_arrived": "true"}, {"arrived": "false"}, "missed"),
        ({"patient_arrived": "true"}, {}, "arrived"),
        ({"did_not_arrive": "true"}, {"cancelled_at": "2026-03-01T00:00:00Z"}, "cancelled"),
        ({"cancelled_at": "2026-03-01T00:00:00Z"}, {}, "cancelled"),
        ({}, {"archived_at": "2026-03-01T00:00:00Z"}, "cancelled"),
    ],
)
def test_an_attendee_has_priority_over_the_only_appointment(
    own: dict[str, Any], cells: dict[str, Any], status: str
) -> None:
    result = with_members(attendee("77", "11", **cells), **{"patient_arrived": ""} | own)
    assert [r.key for r in result.records] == ["77"]
    assert (result["status"], result.codes) == (status, [])
    assert result["group_id"] is None


def test_an_attendee_who_is_another_client_has_priority() -> None:
    assert with_members(attendee("77", "12", arrived="true"))["client_id"] == client("12")


def test_the_notes_of_both_rows_are_kept() -> None:
    assert with_members(attendee("77", "11", notes="Own mat"))["note"] == "Own mat"
    assert with_members(attendee("77", "11"), notes="Ramp")["note"] == "Ramp"
    assert with_members(attendee("77", "11", notes="Ramp"), notes="Ramp")["note"] == "Ramp"
    assert with_members(attendee("77", "11", notes="Own mat"), notes="Ramp")["note"] == "Own mat\nRamp"


def test_two_attendees_make_a_visit_a_group() -> None:
    result = with_members(attendee("77:11", "11"), attendee("77:12", "12"), patient_arrived="")
    assert visits(result).keys() == {"77:11", "77:12"}


def test_an_attendee_has_the_outcome_of_the_appointment() -> None:
    joined = Joined({"booking_id": Target("app_1", "77:11"), "patient_id": Target("cli_1", "11")})
    result = mapped("attendees", joined=joined)
    (record,) = result.records
    assert (record.key, record.source_kind, record.elsewhere) == ("77:11", "appointments", True)
    assert record.values == {"client_id": "cli_1"}, "the visit waits with the client"


@pytest.mark.parametrize(
    ("cells", "code"),
    [({"booking_id": ""}, "attendee_without_appointment"), ({"patient_id": ""}, "attendee_without_patient")],
)
def test_an_attendee_without_an_appointment_is_held(cells: dict[str, Any], code: str) -> None:
    result = mapped("attendees", **cells)
    assert (result.outcome, result.codes) == (Outcome.HELD, [code])


def test_42_an_attendee_who_cancelled_and_arrived_is_reported() -> None:
    joined = Joined({"booking_id": Target("app_1", "77:11"), "patient_id": Target("cli_1", "11")})
    result = mapped("attendees", joined=joined, arrived="true", cancelled_at="2026-03-01T00:00:00Z")
    assert result.codes == ["attendance_conflict"]


def test_a_visit_of_a_series_moves_alone_and_is_reported() -> None:
    assert mapped("appointments", repeat_rule='{"type":"Weekly"}').codes == ["series_not_linked"]


WORDS: dict[str, Any] = {"cancellation_reason": "Sick", "cancellation_note": "Rang to cancel"}


def test_a_busy_time_keeps_the_words_of_a_cancellation() -> None:
    assert mapped("appointments", **LUNCH | WORDS)["note"] == (
        "Lunch\nwith Sam\nCancellation: Sick\nCancellation: Rang to cancel"
    )


def test_a_group_keeps_the_words_of_a_cancellation_that_no_member_has() -> None:
    result = with_members(attendee("77:11", "11", arrived="true"), attendee("77:12", "12"), **GROUP | WORDS)
    assert result["note"] == "Cancellation: Sick\nCancellation: Rang to cancel"
    mine = attendee("77:11", "11", cancelled_at="2026-03-01T00:00:00Z", **WORDS)
    assert with_members(mine, attendee("77:12", "12"), **GROUP | WORDS)["note"] is None


def test_an_attendee_who_arrived_keeps_the_words_of_a_cancellation() -> None:
    result = with_members(attendee("77:11", "11", arrived="true", **WORDS), attendee("77:12", "12"), **GROUP)
    assert visits(result)["77:11"]["status"] == "arrived"
    assert visits(result)["77:11"]["cancellation_note"] == "Sick\nRang to cancel"


def test_a_visit_keeps_the_words_of_both_its_rows() -> None:
    result = with_members(attendee("77", "11", arrived="true", cancellation_note="Came late"), **WORDS)
    assert result["cancellation_note"] == "Came late\nSick\nRang to cancel"
