"""The dates that an export was limited to are read from a file's name, whatever a copy of it is called."""

import pytest

from app.reading.naming import name_of
from tests.reading.damage import copy_names
from tests.reading.story import SOURCE, Desk, native, patients
from tests.reading.workbooks import workbook

LIMITED = native(rest="-From20260101-To20261120")[:-4]
NAMES = sorted(set(copy_names(LIMITED)))


def test_many_names_of_copies_are_tried() -> None:
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
    told = desk.csv(patients(2), name)
    assert "partial_export" in told.codes
    assert "file_name_mismatch" not in told.codes
    assert (told.one.facts["from"], told.one.facts["to"]) == ("2026-01-01", "2026-11-20")


@pytest.mark.parametrize("name", sorted(set(copy_names("Patients", twice=False))))
def test_a_copy_of_a_whole_export_is_not_partial(desk: Desk, name: str) -> None:
    told = desk.csv(patients(2), name)
    assert told.one.kind == "patients"
    assert not {"partial_export", "file_name_mismatch"} & told.codes


def test_a_workbook_of_a_limited_export_is_partial(desk: Desk) -> None:
    book = workbook({"Sheet1": [row.split(",") for row in patients(2).splitlines()]})
    told = desk.csv(book, f"{LIMITED} - Copy.xlsx")
    assert (told.one.kind, "partial_export" in told.codes) == ("patients", True)
