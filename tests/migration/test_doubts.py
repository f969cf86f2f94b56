"""Ranges that meet are one, days between them are named; a number of the clinic's is explained or it is not."""

from datetime import date
from typing import Any

import pytest

from app.migration.balance import KindLine
from app.migration.counted import Counted, one_of
from app.migration.doubt_words import said
from app.migration.doubts import Doubt, joined, joined_kinds, partial, run_day, unticked
from app.migration.models import ExportFile
from app.sources import source


def file(kind: str = "appointments", **facts: str) -> ExportFile:
    return ExportFile(migration_id="m", export_number=1, number=1, path="a.csv", kind=kind, facts=facts)


def sliced(*ranges: tuple[str, str]) -> list[ExportFile]:
    return [file(**{"from": since, "to": until}) for since, until in ranges]


def told(found: list[Doubt]) -> list[tuple[str, list[str]]]:
    return [(doubt.code, [f"{a} {b}" for a, b in doubt.days]) for doubt in found]


def test_slices_that_meet_are_told_as_their_union() -> None:
    found = partial("appointments", sliced(("2024-01-01", "2026-11-20"), ("2020-01-01", "2023-12-31")))
    assert told(found) == [("partial_export", ["2020-01-01 2026-11-20"])]


def test_days_between_slices_are_told_with_both_ends() -> None:
    found = partial("appointments", sliced(("2020-01-01", "2021-12-31"), ("2022-03-01", "2022-12-31")))
    assert told(found) == [
        ("partial_export", ["2020-01-01 2022-12-31"]),
        ("partial_export_gap", ["2022-01-01 2022-02-28"]),
    ]


def test_a_whole_file_beside_slices_closes_every_gap() -> None:
    files = [*sliced(("2020-01-01", "2020-02-01"), ("2022-03-01", "2022-12-31")), file(run="2026-11-20")]
    assert [doubt.code for doubt in partial("appointments", files)] == ["partial_export"]
    assert partial("patients", files) == []


def test_ranges_that_overlap_or_lie_in_each_other_are_joined() -> None:
    days = [date(2024, 1, n) for n in range(1, 10)]
    assert joined([(days[0], days[8]), (days[2], days[3])]) == [(days[0], days[8])]
    assert joined([(days[5], days[6]), (days[0], days[4])]) == [(days[0], days[6])]
    assert joined([(days[6], days[7]), (days[0], days[4])]) == [(days[0], days[4]), (days[6], days[7])]


def test_the_day_of_an_export_is_its_newest_files() -> None:
    assert run_day([file(run="2026-11-01"), file(run="2026-11-20")]) == date(2026, 11, 20)
    assert run_day([file()]) is None


def test_a_doubt_is_ticked_by_its_code_and_kind_alone() -> None:
    doubts = [Doubt("partial_export", "patients"), Doubt("partial_export", "appointments"), Doubt("none_ahead")]
    assert unticked(doubts, ["partial_export:patients", "none_ahead"]) == (doubts[1],)


def counted(
    own: int, *, stays: dict[str, int] | None = None, told: dict[str, int] | None = None, **line: Any
) -> Counted:
    outcomes = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
    values = {"records": 0, "source_digest": "", "caspen_digest": "", "label": "Clients", "moves": True}
    row = KindLine(**{**dict.fromkeys(outcomes, 0), **values, "kind": "patients", **line})
    return one_of("patients", "Clients", own, row, told or {}, stays or {})


WHOLE: dict[str, Any] = {"read": 120, "created": 100, "skipped": 17, "held": 3}
STAYS = {"merged_patient_redirected": 12, "duplicate_row": 5}


@pytest.mark.parametrize(
    ("own", "explained"), [(100, True), (112, True), (115, True), (116, False), (92, True), (91, False)]
)
def test_a_number_is_explained_by_what_stayed_and_by_what_was_not_counted(own: int, explained: bool) -> None:
    found = counted(own, stays=STAYS, told={"clients_archived": 8}, **WHOLE)
    assert found.explained is explained
    assert (found.fewest, found.most) == (92, 115), "rows told twice are one"


def test_the_reasons_are_those_of_the_side_that_is_short() -> None:
    more = counted(110, stays=STAYS, told={"clients_archived": 8}, **WHOLE)
    assert [(r.code, r.count) for r in more.reasons] == [("merged_patient_redirected", 12), ("held", 3)]
    fewer = counted(95, stays=STAYS, told={"clients_archived": 8}, **WHOLE)
    assert [(r.code, r.count) for r in fewer.reasons] == [("clients_archived", 8)]
    assert counted(100, stays=STAYS, **WHOLE).reasons == ()


def test_a_kind_that_is_not_there_explains_nothing() -> None:
    found = one_of("patients", "Clients", 7, None, {}, {})
    assert (found.explained, found.in_export, found.came) == (False, 0, 0)


def test_five_kinds_that_were_exported_for_the_same_days_are_one_question() -> None:
    year = ((date(2026, 1, 1), date(2026, 11, 20)),)
    other = ((date(2025, 1, 1), date(2026, 11, 20)),)
    kinds = ["patients", "appointments", "communications", "contacts", "treatment_notes"]
    found = joined_kinds(
        [*(Doubt("partial_export", kind, days=year) for kind in kinds), Doubt("x", "patients", days=year)]
    )
    found += joined_kinds([Doubt("partial_export", "patients", days=other)])
    assert [doubt.kinds for doubt in found] == [tuple(kinds), ("patients",), ("patients",)]
    assert found[0].key == "partial_export:patients,appointments,communications,contacts,treatment_notes"
    assert said(found[0], source("cliniko")).title.startswith("Clients, appointments, communications, contacts and ")
