"""Rows that differ only in the time of the last change are one row. Times are equal as precisely as both cells are."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import permutations, product

import pytest

from app.mapping.equality import same_times
from tests.harness.clinic import Clinic, clinic_files
from tests.index.story import Export, day
from tests.resolve.test_same_rows import NATIVE, outcomes, table
from tests.shapes.export import BESIDE, KINDS

CHANGES = ("", "2026-03-01 09:00:00 +1000", "2026-03-02 09:00:00 +1000", "2026-03-02 10:00:00 +1100", "#REF!", "n/a")
DATED = [kind for kind, rows in KINDS.items() if any("Updated At" in row for row in rows)]


def test_rows_of_every_kind_that_differ_only_in_their_last_change_are_duplicates(clinic: Clinic) -> None:
    files: dict[str, str | bytes] = {f"{kind}.csv": table(rows) for kind, rows in KINDS.items()}
    for kind, (number, cell) in product(DATED, enumerate(CHANGES)):
        files[f"again/{number}/{kind}.csv"] = table([{**row, "Updated At": cell} for row in KINDS[kind]])
    clinic.tried({**files, **BESIDE})
    kinds = {kind["kind"]: kind for kind in clinic.trial.kinds}
    for kind in DATED:
        counted = {name: kinds[kind][name] for name in ("created", "skipped", "held")}
        rows = len(KINDS[kind])
        assert counted == {"created": rows, "skipped": rows * len(CHANGES), "held": 0}, kind
    assert clinic.trial.balanced
    codes = clinic.codes("trial:1") | clinic.codes("export:1")
    assert "duplicate_row" in codes
    assert not codes & {"id_conflict", "id_conflict_newest_used", "cells_not_found"}


@pytest.mark.parametrize("dates", list(permutations((None, day("2024-01-01"), day("2025-01-01")))))
def test_the_newest_of_equal_rows_moves(export: Export, dates: tuple[datetime | None, ...]) -> None:
    rows = [export.has("patients", "7", content="Ann", updated_at=date) for date in dates]
    moved = [row for row in rows if export.verdict("patients", row) is None]
    assert moved == [rows[dates.index(day("2025-01-01"))]]
    assert {export.verdict("patients", row) for row in rows} == {None, ("skipped", "duplicate_row")}


def test_a_copy_without_offsets_never_moves_before_its_original(export: Export) -> None:
    copy = export.has("patients", "7", content="Ann", updated_at=day("2025-01-02"), zone_assumed=True)
    original = export.has("patients", "7", content="Ann", updated_at=day("2025-01-01"))
    assert (export.verdict("patients", copy), export.verdict("patients", original)) == (
        ("skipped", "duplicate_row"),
        None,
    )


SECONDS = ("", "05", "05.250000", "05.999000", "06", "06.000000")
"""The seconds of a time, as a cell shows them."""


def are_equal(one: str, other: str) -> bool:
    """Whether two texts of SECONDS are equal in the precision of the coarser one."""
    size = min(len(one), len(other))
    return one[:size] == other[:size]


@pytest.mark.parametrize(("one", "other"), product(SECONDS, SECONDS))
def test_two_times_are_equal_as_precisely_as_both_are(export: Export, one: str, other: str) -> None:
    assert same_times(f"00,{one}", f"00,{other}") is are_equal(one, other)
    rows = [export.has("patients", "7", content="Ann", seconds=f"00,{seconds}") for seconds in (one, other)]
    verdicts = [export.verdict("patients", row) for row in rows]
    if are_equal(one, other):
        moved = int(len(other) > len(one))  # the more precise row
        assert verdicts[moved] is None
        assert verdicts[1 - moved] == ("skipped", "duplicate_row")
    else:
        assert verdicts == [("held", "id_conflict")] * 2


def times() -> Iterator[tuple[Mapping[str, str], bool]]:
    """Cells of a visit's start at another precision or in another form, and whether they are equal to NATIVE's."""
    for cell, is_equal in (
        ("2026-03-01T23:00:00Z", True),
        ("2026-03-01T23:00:00.999Z", True),  # the other cell shows no fraction
        ("2026-03-01T23:00Z", True),
        ("2026-03-02 10:00 +1100", True),
        ("2026-03-01T23:00:01Z", False),
        ("2026-03-01T23:00:59.999Z", False),
        ("2026-03-01T23:01Z", False),
        ("2026-03-02 09:00:00 +1100", False),
    ):
        yield {"Start Time": cell}, is_equal


def test_a_trial_tells_equal_starts_from_other_starts(clinic: Clinic) -> None:
    files: dict[str, str | bytes] = {**clinic_files()}
    del files["Appointments.csv"]
    rows = [{**NATIVE, "Appointment ID": str(50 + number)} for number, _ in enumerate(times())]
    files["Appointments.csv"] = table(rows)
    files["Appointments 2.csv"] = table([{**row, **cells} for row, (cells, _) in zip(rows, times(), strict=True)])
    clinic.tried(files)
    different = {row["Appointment ID"] for row, (_, is_equal) in zip(rows, times(), strict=True) if not is_equal}
    assert outcomes(clinic, "id_conflict") == different
    assert len(different) < len(rows)
    assert clinic.trial.balanced


@pytest.mark.parametrize(
    ("local", "instant", "is_equal"),
    [
        ("2026-10-04 02:30:00", "2026-10-03T16:30:00Z", True),  # skipped by summer time, read an hour later
        ("2026-04-05 02:30:00", "2026-04-04T15:30:00Z", True),  # comes twice, read as the first
        ("2026-04-05 02:30:00 +1100", "2026-04-04T16:30:00Z", False),  # the other one of the two
    ],
)
def test_times_around_a_change_of_the_clocks_are_compared_as_instants(
    clinic: Clinic, local: str, instant: str, is_equal: bool
) -> None:
    files: dict[str, str | bytes] = {**clinic_files()}
    del files["Appointments.csv"]
    row = {**NATIVE, "Appointment ID": "50", "Start Time": local, "End Time": "2026-10-09 09:00:00 +1000"}
    files["Appointments.csv"] = table([row])
    files["Appointments 2.csv"] = table([{**row, "Start Time": instant}])
    clinic.tried(files)
    assert outcomes(clinic, "id_conflict") == (set() if is_equal else {"50"})
    assert clinic.trial.balanced
