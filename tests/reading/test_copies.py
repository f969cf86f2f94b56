"""The date range of an export is read from a file's name, whatever the copy is called."""

import pytest

from app.reading.naming import name_of
from tests.reading.damage import copy_names
from tests.reading.story import SOURCE, Desk, native, patients
from tests.reading.workbooks import workbook

LIMITED = native(rest="-From20260101-To20261120")[:-4]
NAMES = sorted(set(copy_names(LIMITED)))


def test_many_names_of_copies_are_tested() -> None:
    assert len(NAMES) > 200


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_keeps_kind_day_and_both_dates(name: str) -> None:
    known = name_of(name, SOURCE)
    kind = known.kind(SOURCE)
    assert kind is not None
    assert (kind.name, known.extension) == ("patients", "csv")
    assert [str(day) for day in (known.run, known.since, known.until)] == ["2026-11-20", "2026-01-01", "2026-11-20"]


@pytest.mark.parametrize("name", NAMES[::20])
def test_a_copy_of_a_limited_export_is_partial(desk: Desk, name: str) -> None:
    result = desk.csv(patients(2), name)
    assert "partial_export" in result.codes
    assert "file_name_mismatch" not in result.codes
    assert (result.only_file.facts["from"], result.only_file.facts["to"]) == ("2026-01-01", "2026-11-20")


@pytest.mark.parametrize("name", sorted(set(copy_names("Patients", twice=False))))
def test_a_copy_of_a_whole_export_is_not_partial(desk: Desk, name: str) -> None:
    result = desk.csv(patients(2), name)
    assert result.only_file.kind == "patients"
    assert not {"partial_export", "file_name_mismatch"} & result.codes


def test_a_workbook_of_a_limited_export_is_partial(desk: Desk) -> None:
    book = workbook({"Sheet1": [row.split(",") for row in patients(2).splitlines()]})
    result = desk.csv(book, f"{LIMITED} - Copy.xlsx")
    assert (result.only_file.kind, "partial_export" in result.codes) == ("patients", True)
