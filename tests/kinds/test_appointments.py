"""Appointments: each visit keeps its times, its status and its whole note; no message is sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.names import name_digest
from app.mapping.plan import Choice, Plan
from app.mapping.rows import Joined, Outcome, Target
from app.sources import source
from app.sources.cliniko.verification import rules
from tests.kinds.story import IDS, PERTH, SYDNEY, ZONES, context, joined_of, lookups, mapped, parsed, row_of

KIND = source("cliniko").kind("appointments")


def test_a_visit_becomes_an_appointment() -> None:
    result = mapped("appointments", notes="Bring last scan.", created_at="2026-03-01T00:00:00Z")
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    assert result["location_id"] == SYDNEY
    assert result["practitioner_id"] == IDS.derive("practitioners", "practitioners", "7")
    assert result["service_id"] == IDS.derive("services", "appointment_types", "9")
    assert result["client_id"] == IDS.derive("clients", "patients", "11")
    assert result["starts_at"] == datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    assert (result["duration"], result["status"], result["note"]) == (45, "arrived", "Bring last scan.")
    assert result["reminders_enabled"] is False


@pytest.mark.parametrize(
    ("cells", "status", "codes"),
    [
        ({"patient_arrived": "true"}, "arrived", []),
        ({"did_not_arrive": "true"}, "missed", []),
        ({"patient_arrived": "", "did_not_arrive": ""}, "pending", ["past_appointment_unmarked"]),
        ({"cancelled_at": "2026-03-30 10:00:00 +1100", "patient_arrived": ""}, "cancelled", []),
        ({"archived_at": "2026-03-30T10:00:00Z", "patient_arrived": ""}, "cancelled", ["appointment_archived"]),
    ],
)
def test_the_status_follows_from_the_marks(cells: dict[str, Any], status: str, codes: list[str]) -> None:
    result = mapped("appointments", **({"patient_arrived": ""} | cells))
    assert (result["status"], result.codes) == (status, codes)


def test_42_arrived_and_missed_is_missed_and_reported() -> None:
    result = mapped("appointments", patient_arrived="true", did_not_arrive="true")
    assert (result["status"], result.codes) == ("missed", ["attendance_conflict"])


def test_cancelled_and_arrived_is_cancelled_and_reported() -> None:
    result = mapped("appointments", patient_arrived="true", cancelled_at="2026-03-30 10:00:00 +1100")
    assert (result["status"], result.codes) == ("cancelled", ["attendance_conflict"])


@pytest.mark.parametrize("cell", ["n/a", "", "N/A"])
def test_40_an_empty_cancellation_time_is_no_cancellation(cell: str) -> None:
    result = mapped("appointments", cancelled_at=cell, patient_arrived="false")
    assert (result["status"], result["cancelled_at"]) == ("pending", None)


def test_41_an_old_cancellation_keeps_its_time_and_its_reason() -> None:
    result = mapped(
        "appointments", patient_arrived="", cancelled_at="2024-11-20 08:00:00 +1100", cancellation_reason="sick",
        cancellation_note="Flu",
    )  # fmt: skip
    assert (result["status"], result["cancellation_note"], result.codes) == ("cancelled", "Flu", [])
    assert result["cancelled_at"] == datetime(2024, 11, 19, 21, 0, tzinfo=UTC)
    assert result["cancellation_reason_id"] == IDS.derive("cancellation_reasons", "appointments", "name:sick")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("10", "Feeling better"),
        ("31", "COVID-19 related"),
        ("CONDITION WORSE", "Condition worse"),
        ("forgot", "Forgot"),
    ],
)
def test_reasons_are_known_by_code_or_by_words(cell: str, name: str) -> None:
    row = row_of("appointments", cancelled_at="2024-11-20T00:00:00Z", cancellation_reason=cell)
    assert [mention.name for mention in KIND.naming.mentions(row)] == [name]


def test_an_unknown_reason_is_other_and_its_words_precede_the_note() -> None:
    result = mapped(
        "appointments", patient_arrived="", cancelled_at="2024-11-20T00:00:00Z", cancellation_reason="Bus strike",
        cancellation_note="Rang at 8",
    )  # fmt: skip
    assert (result["cancellation_note"], result.codes) == ("Bus strike\nRang at 8", ["cancellation_reason_unknown"])


def test_words_next_to_a_reason_code_are_kept() -> None:
    cells: dict[str, Any] = {"cancelled_at": "2024-11-20T00:00:00Z", "cancellation_reason": "50", "patient_arrived": ""}
    result = mapped("appointments", cancellation_reason_description="Bus strike", **cells)
    assert result["cancellation_reason_id"] == IDS.derive("cancellation_reasons", "appointments", "name:other")
    assert (result["cancellation_note"], result.codes) == ("Bus strike", ["cancellation_reason_unknown"])
    same = mapped("appointments", cancellation_reason_description="other", **cells)
    assert (same["cancellation_note"], same.codes) == (None, [])


def test_the_reason_of_an_archived_visit_is_kept() -> None:
    cells: dict[str, Any] = {"archived_at": "2024-11-20T00:00:00Z", "cancellation_reason": "30", "patient_arrived": ""}
    result = mapped("appointments", cancellation_note="Rang at 8", **cells)
    assert (result["status"], result["cancellation_note"]) == ("cancelled", "Sick\nRang at 8")


def test_an_archived_visit_is_cancelled_as_archived() -> None:
    row = row_of("appointments", patient_arrived="", archived_at="2026-03-30T10:00:00Z")
    assert [mention.name for mention in KIND.naming.mentions(row)] == ["Archived in Cliniko"]


def test_a_reason_of_the_workspace_is_used() -> None:
    with_lookups = lookups(existing={"cancellation_reasons": {"sick": "cnr_OWN"}})
    result = mapped(
        "appointments", cancelled_at="2024-11-20T00:00:00Z", cancellation_reason="30", with_lookups=with_lookups
    )
    assert result["cancellation_reason_id"] == "cnr_OWN"


def test_43_a_note_of_900_characters_is_cut_and_kept_in_full_as_a_communication() -> None:
    note = "word & <tag> " * 69 + "the end"
    result = mapped("appointments", notes=note)
    assert result.codes == ["appointment_note_truncated"]
    assert result["note"] == note[:252] + "..."
    whole = result.records[1]
    assert (whole.table, whole.source_kind, whole.key) == ("communications", "appointments", "77:note")
    assert whole.values["confidential"] is True
    assert (whole.values["channel"], whole.values["category"]) == ("other", "Appointment note")
    assert whole.values["appointment_id"] == IDS.derive("appointments", "appointments", "77")
    assert "word &amp; &lt;tag&gt;" in str(whole.values["body"])
    assert "the end" in str(whole.values["body"])


def test_a_note_of_255_characters_is_not_changed() -> None:
    result = mapped("appointments", notes="x" * 255)
    assert (result["note"], len(result.records)) == ("x" * 255, 1)


@pytest.mark.parametrize("cell", ["", "soon", "2026-13-01 09:00:00 +1100"])
def test_a_visit_without_a_start_is_skipped(cell: str) -> None:
    result = mapped("appointments", starts_at=cell)
    assert (result.outcome, result.codes[-1]) == (Outcome.SKIPPED, "bad_appointment_time")


def test_a_visit_without_an_end_lasts_as_long_as_its_service() -> None:
    service = IDS.derive("services", "appointment_types", "9")
    result = mapped("appointments", ends_at="", with_lookups=lookups(durations={service: 50}))
    assert (result["duration"], result.codes) == (50, ["end_time_assumed"])
    assert mapped("appointments", ends_at="")["duration"] == 30


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Zoë O'Brien", []),
        ("Ms zoë  O'BRIEN", []),
        ("O'Brien, Zoë", []),
        ("Max O'Brien", ["patient_name_differs"]),
    ],
)
def test_a_visit_that_names_another_person_is_reported(name: str, codes: list[str]) -> None:
    row = {name: Target(name, "1") for name in ("practitioner_id", "business_id", "appointment_type_id")}
    client = Target("cli_1", "11", namesake=name_digest("Zoë\nO'Brien"))
    assert mapped("appointments", patient=name, joined=Joined({**row, "patient_ids": client})).codes == codes


def test_a_visit_that_ends_before_it_starts_is_held() -> None:
    result = mapped("appointments", ends_at="2026-04-01 09:00:00 +1100")
    assert (result.outcome, result.codes) == (Outcome.HELD, ["bad_interval"])


def test_a_visit_longer_than_a_day_is_reported() -> None:
    assert mapped("appointments", ends_at="2026-04-02 09:01:00 +1100").codes == ["long_appointment"]


def test_36_a_visit_without_a_client_is_held() -> None:
    assert mapped("appointments", lost=("patient_ids",)).outcome is Outcome.HELD
    result = mapped("appointments", patient_ids="", max_attendees="1")
    assert (result.outcome, result.codes) == (Outcome.HELD, ["appointment_without_patient"])


def test_a_visit_without_a_practitioner_is_held() -> None:
    result = mapped("appointments", practitioner_id="")
    assert (result.outcome, result.codes) == (Outcome.HELD, ["practitioner_unknown"])


def test_names_replace_missing_ids() -> None:
    row = row_of("appointments", practitioner_id="", practitioner="Dr Sam Lee", appointment_type="Massage")
    assert (row.practitioner_id.name, row.practitioner_id.ids) == ("Dr Sam Lee", ())
    assert row.appointment_type_id.ids == ("9",)


def test_20_times_without_an_offset_are_those_of_the_location() -> None:
    times: dict[str, Any] = {"starts_at": "2026-01-15 09:00", "ends_at": "15/01/2026 9:45 am"}
    perth = mapped("appointments", business_id="4", **times)
    assert perth["starts_at"] == datetime(2026, 1, 15, 1, 0, tzinfo=UTC)
    assert mapped("appointments", **times)["starts_at"] == datetime(2026, 1, 14, 22, 0, tzinfo=UTC)
    assert perth.codes == ["timezone_assumed", "timezone_assumed"]


def test_daylight_saving_is_that_of_the_location_and_not_of_the_account() -> None:
    times: dict[str, Any] = {"starts_at": "2026-10-04 02:30", "ends_at": "2026-10-04 04:30"}
    assert "dst_gap" in mapped("appointments", **times).codes
    assert "dst_gap" not in mapped("appointments", business_id="4", **times).codes


@pytest.mark.parametrize(
    ("starts", "ends", "minutes"), [("02:15", "02:45", 30), ("02:15", "04:00", 45), ("01:30", "02:30", 60)]
)
def test_only_a_time_that_daylight_saving_skips_moves_forward(starts: str, ends: str, minutes: int) -> None:
    result = mapped("appointments", starts_at=f"2026-10-04 {starts}", ends_at=f"2026-10-04 {ends}")
    assert (result.outcome, result["duration"]) == (Outcome.CREATED, minutes)
    assert "dst_gap" in result.codes


@pytest.mark.parametrize("kind", ["appointments", "unavailable_blocks"])
@pytest.mark.parametrize(("starts", "ends"), [("02:30", "03:30"), ("02:00", "03:00"), ("02:45", "03:15")])
def test_a_row_that_ends_before_its_moved_start_is_held(kind: str, starts: str, ends: str) -> None:
    result = mapped(kind, starts_at=f"2026-10-04 {starts}", ends_at=f"2026-10-04 {ends}")
    assert (result.outcome, "bad_interval" in result.codes) == (Outcome.HELD, True)


def test_a_visit_without_a_location_goes_to_the_only_one_or_to_the_default() -> None:
    alone = mapped("appointments", business_id="", with_lookups=lookups(zones={PERTH: "Australia/Perth"}))
    assert (alone["location_id"], alone.codes) == (PERTH, [])
    chosen = mapped("appointments", business_id="", with_lookups=lookups(Plan(default_location="source:4")))
    assert (chosen["location_id"], chosen.codes) == (PERTH, ["appointment_location_defaulted"])
    matched = Plan(default_location="source:4", locations={"4": Choice(to="match", id="loc_OWN")})
    assert mapped("appointments", business_id="", with_lookups=lookups(matched, ZONES))["location_id"] == "loc_OWN"


@pytest.mark.parametrize("number", ["", "501"])
@pytest.mark.parametrize("name", ["Bondi", " BONDI  "])
def test_a_location_without_a_row_is_found_in_caspen_by_its_name(name: str, number: str) -> None:
    known = replace(lookups(Plan(default_location=PERTH), ZONES), existing={"locations": {"bondi": "loc_BONDI"}})
    lost = joined_of("appointments", row_of("appointments", business_id=number, business=name), "business_id")
    result = mapped("appointments", business_id=number, business=name, joined=lost, with_lookups=known)
    assert (result["location_id"], result.codes) == ("loc_BONDI", [])
    other = mapped("appointments", business_id=number, business="Manly", joined=lost, with_lookups=known)
    assert (other["location_id"], other.codes) == (PERTH, ["appointment_location_defaulted"])


def test_rows_of_a_file_without_ids_get_a_stable_key() -> None:
    first, again = parsed("appointments", id=None), parsed("appointments", id=None)
    other = parsed("appointments", id=None, patient_ids="12")
    assert first.source_id == again.source_id != other.source_id
    assert row_of("appointments", id=None).id == first.source_id
    assert [p.code for p in first.problems] == ["synthetic_key_used"]


def test_a_generated_key_does_not_depend_on_the_time_zone() -> None:
    times: dict[str, Any] = {"id": None, "starts_at": "2026-01-15 09:00", "ends_at": "2026-01-15 09:45"}
    keys = {parsed("appointments", in_context=context(zone), **times).source_id for zone in ZONES.values()}
    assert len(keys) == 1


def test_an_empty_id_in_a_file_with_ids_is_not_generated() -> None:
    result = parsed("appointments", id="")
    assert (result.row, [p.code for p in result.problems]) == (None, ["missing_id"])


def test_private_links_of_a_booking_are_never_read() -> None:
    assert not {"telehealth_url", "booking_ip_address", "cancellation_url"} & {p.name for p in KIND.columns}


FRACTIONS = st.integers(min_value=0, max_value=999)


@given(FRACTIONS, FRACTIONS, st.integers(min_value=1, max_value=600))
def test_fractions_of_a_second_do_not_shorten_a_visit(first: int, second: int, minutes: int) -> None:
    starts = datetime(2026, 3, 31, 22, tzinfo=UTC)
    ends = starts + timedelta(minutes=minutes, milliseconds=second)
    starts += timedelta(milliseconds=first)
    cells: dict[str, Any] = {
        "starts_at": f"{starts:%Y-%m-%dT%H:%M:%S}.{first:03}Z",
        "ends_at": f"{ends:%Y-%m-%dT%H:%M:%S}.{second:03}Z",
    }
    result = mapped("appointments", **cells)
    assert (result["duration"], result["starts_at"], result["ends_at"]) == (minutes, starts, ends)
    assert rules.minutes.calculate(**cells) == str(minutes)


@pytest.mark.parametrize("cell", ["2026-04-01", "1/04/2026", "01-Apr-2026", "20260401", '="2026-04-01"', "2026/04/01"])
def test_a_date_without_a_time_is_neither_start_nor_end_of_a_visit(cell: str) -> None:
    result = mapped("appointments", starts_at=cell)
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["bad_appointment_time"])
    result = mapped("appointments", ends_at=cell)
    assert (result.outcome, result.codes, result["duration"]) == (Outcome.CREATED, ["end_time_assumed"], 30)


SAME_VISIT: list[dict[str, Any]] = [
    {"practitioner": "  SAM LEE "},
    {"practitioner": "Dr Sam Lee"},
    {"practitioner": "Lee, Sam"},
    {"appointment_type": "initial  CONSULT"},
    {"patient_ids": "12, 11"},
    {"patient_ids": "12;11;12"},
    {"starts_at": "2026-03-31T22:00:00Z"},
]
OTHER_VISIT: list[dict[str, Any]] = [
    {"practitioner": "Sam Leeson"},
    {"appointment_type": "Consult"},
    {"patient_ids": "11"},
    {"starts_at": "2026-04-01 09:15:00 +1100"},
    {"ends_at": "2026-04-01 09:46:00 +1100"},
]
WITHOUT_ID: dict[str, Any] = {
    "id": None,
    "starts_at": "2026-04-01 09:00:00 +1100",
    "ends_at": "2026-04-01 09:45:00 +1100",
    "practitioner_id": None,
    "practitioner": "Sam Lee",
    "patient_ids": "11, 12",
    "appointment_type_id": None,
    "appointment_type": "Initial consult",
}


@pytest.mark.parametrize("cells", SAME_VISIT)
def test_a_made_up_key_does_not_depend_on_how_a_cell_is_written(cells: dict[str, Any]) -> None:
    assert parsed("appointments", **WITHOUT_ID | cells).source_id == parsed("appointments", **WITHOUT_ID).source_id


@pytest.mark.parametrize("cells", OTHER_VISIT)
def test_another_visit_has_another_made_up_key(cells: dict[str, Any]) -> None:
    assert parsed("appointments", **WITHOUT_ID | cells).source_id != parsed("appointments", **WITHOUT_ID).source_id
