"""The expectation of a sample: every row has one outcome, every plant is present, and the counts are right."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.sources.cliniko.sample import AS_OF, NEVER, DialectName, KindCount
from app.sources.cliniko.sample.levels import LEVELS
from tests.samples.exports import DIALECTS, sample

API_ONLY = {
    "contact_type_conflict",
    "deleted_in_source",
    "merged_patient_redirected",
    "partial_export",
    "price_unknown",
    "attendee_without_appointment",
    "attendee_without_patient",
    "duplicate_attendee",
}
NATIVE_ONLY = {
    "archived_state_unknown",
    "group_attendance_unknown",
    "group_count_mismatch",
    "kind_absent",
    "referrer_ambiguous",
}
"""Attendees decide the members of classes; csv exports have no attendees."""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_row_has_one_outcome(dialect: DialectName) -> None:
    expected = sample(dialect).expected
    assert all(count.balances for count in expected.kinds.values())
    assert sum(count.read for count in expected.kinds.values()) == sum(expected.files.values())


def test_a_count_that_does_not_balance_is_detected() -> None:
    count = sample("api").expected.kinds["patients"]
    assert not replace(count, held=count.held + 1).balances
    assert KindCount(read=2, created=1, skipped=1).balances


@pytest.mark.parametrize("dialect", DIALECTS)
def test_held_and_skipped_rows_are_as_many_as_their_problems(dialect: DialectName) -> None:
    expected = sample(dialect).expected
    reported: Counter[tuple[str, str]] = Counter()
    for problem in expected.problems:
        reported[problem.kind, problem.level] += problem.count
    for kind, count in expected.kinds.items():
        assert reported[kind, "held"] == count.held
        lost = expected.count_of("id_conflict_newest_used", kind)
        assert reported[kind, "skipped"] + lost == count.skipped


def test_between_them_the_dialects_plant_every_problem_that_the_levels_name() -> None:
    codes = {problem.code for dialect in DIALECTS for problem in sample(dialect).expected.problems}
    assert codes == set(LEVELS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_plant_that_a_dialect_can_have_is_in_its_sample(dialect: DialectName) -> None:
    codes = {problem.code for problem in sample(dialect).expected.problems}
    assert set(LEVELS) - API_ONLY - NATIVE_ONLY <= codes
    assert dialect != "native" or not codes & API_ONLY


def test_a_csv_file_of_patients_has_no_merged_or_deleted_patients() -> None:
    native = sample("native").expected
    assert native.count_of("merged_patient_redirected", "patients") == 0
    assert native.count_of("archived_state_unknown", "patients") == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_kinds_that_do_not_move_are_counted_and_skipped_whole(dialect: DialectName) -> None:
    expected = sample(dialect).expected
    staying = {kind: count for kind, count in expected.kinds.items() if kind in NEVER}
    assert staying
    for kind, count in staying.items():
        assert count.skipped == count.read > 0
        assert expected.count_of("kind_not_imported", kind) == count.read


def test_two_slices_share_a_few_appointments() -> None:
    expected = sample("mixed").expected
    slices = [path for path in expected.files if "/Appointments-Cliniko-20261120-From" in path]
    assert len(slices) == 2
    assert expected.count_of("partial_export", "appointments") == 2
    assert expected.count_of("duplicate_row", "appointments") >= 1


def test_a_booking_ahead_becomes_unmarked_once_it_has_ended() -> None:
    expected = sample("native").expected
    before = expected.count_of("past_appointment_unmarked", "appointments")
    ahead = sum(count for _ends, count in expected.unmarked_later)
    first, ending = expected.unmarked_later[0]
    assert first.date() > AS_OF
    assert expected.at(first).count_of("past_appointment_unmarked", "appointments") == before
    a_moment_later = expected.at(first + timedelta(microseconds=1))
    assert a_moment_later.count_of("past_appointment_unmarked", "appointments") == before + ending
    much_later = expected.at(first + timedelta(days=365))
    assert much_later.count_of("past_appointment_unmarked", "appointments") == before + ahead
    assert much_later.unmarked_later == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_expectation_can_be_written_as_json(dialect: DialectName) -> None:
    written = sample(dialect).expected.to_json()
    assert written["as_of"] == date(2026, 11, 20).isoformat()
    assert set(written["kinds"]["patients"]) == {"read", "created", "left_out", "skipped", "held", "refused"}
    assert set(written["problems"][0]) == {"code", "level", "kind", "count"}
    assert written["records"]["clients"] == written["kinds"]["patients"]["created"]


def test_a_small_sample_has_the_size_of_a_small_sample() -> None:
    kinds = sample("native", "small").expected.kinds
    assert kinds["patients"].read == pytest.approx(600, abs=10)
    assert kinds["appointments"].read == pytest.approx(6_000, abs=60)
    assert kinds["communications"].read == pytest.approx(900, abs=10)
    assert kinds["patient_files"].read == pytest.approx(150, abs=10)
    assert kinds["treatment_notes"].read == pytest.approx(5_000, abs=60)
