"""Completeness warnings: date ranges are joined, gaps are named, and the clinic's own numbers are explained."""

import re
from datetime import date
from random import Random
from typing import Any, cast

import pytest

from app.mapping.kind import CountableKind
from app.migration.balance import KindLine
from app.migration.completeness_warnings import (
    CompletenessWarning,
    CountComparison,
    compare_count,
    joined,
    joined_kinds,
    partial,
    run_day,
    unticked,
)
from app.migration.ledger_json import FileFacts
from app.migration.models import ExportFile
from app.migration.states import OVER, Event, State, move_for
from app.migration.warning_texts import to_text
from app.sources import source
from app.templating import environment
from app.wizard.completeness import OTHERS, why, why_own, why_stayed


def file(kind: str = "appointments", **facts: str) -> ExportFile:
    return ExportFile(
        migration_id="m", export_number=1, number=1, path="a.csv", kind=kind, facts=cast(FileFacts, facts)
    )


def sliced(*ranges: tuple[str, str]) -> list[ExportFile]:
    return [file(**{"from": since, "to": until}) for since, until in ranges]


def summarised(warnings: list[CompletenessWarning]) -> list[tuple[str, list[str]]]:
    return [(doubt.code, [f"{a} {b}" for a, b in doubt.days]) for doubt in warnings]


def test_adjacent_ranges_are_joined() -> None:
    warnings = partial("appointments", sliced(("2024-01-01", "2026-11-20"), ("2020-01-01", "2023-12-31")))
    assert summarised(warnings) == [("partial_export", ["2020-01-01 2026-11-20"])]


def test_a_gap_between_ranges_has_both_ends() -> None:
    warnings = partial("appointments", sliced(("2020-01-01", "2021-12-31"), ("2022-03-01", "2022-12-31")))
    assert summarised(warnings) == [
        ("partial_export", ["2020-01-01 2022-12-31"]),
        ("partial_export_gap", ["2022-01-01 2022-02-28"]),
    ]


def test_a_file_without_a_range_closes_every_gap() -> None:
    files = [*sliced(("2020-01-01", "2020-02-01"), ("2022-03-01", "2022-12-31")), file(run="2026-11-20")]
    assert [doubt.code for doubt in partial("appointments", files)] == ["partial_export"]
    assert partial("patients", files) == []


def test_overlapping_and_nested_ranges_are_joined() -> None:
    days = [date(2024, 1, n) for n in range(1, 10)]
    assert joined([(days[0], days[8]), (days[2], days[3])]) == [(days[0], days[8])]
    assert joined([(days[5], days[6]), (days[0], days[4])]) == [(days[0], days[6])]
    assert joined([(days[6], days[7]), (days[0], days[4])]) == [(days[0], days[4]), (days[6], days[7])]


def test_the_day_of_an_export_is_its_newest_files() -> None:
    assert run_day([file(run="2026-11-01"), file(run="2026-11-20")]) == date(2026, 11, 20)
    assert run_day([file()]) is None


def test_a_warning_is_ticked_by_its_code_and_kind() -> None:
    doubts = [
        CompletenessWarning("partial_export", "patients"),
        CompletenessWarning("partial_export", "appointments"),
        CompletenessWarning("none_ahead"),
    ]
    assert unticked(doubts, ["partial_export:patients", "none_ahead"]) == (doubts[1],)


PATIENTS = CountableKind("patients", "Patients", "", may_lack=("clients_archived",), places="records")
OUTCOMES = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")


def counted(
    own: int, *, codes: dict[str, int] | None = None, totals: dict[str, int] | None = None, **line: Any
) -> CountComparison:
    values = {"records": 0, "source_digest": "", "caspen_digest": "", "label": "Clients", "moves": True}
    row = KindLine(**{**dict.fromkeys(OUTCOMES, 0), **values, "kind": "patients", **line})
    return compare_count(PATIENTS, "Clients", own, row, totals or {}, codes or {})


WHOLE: dict[str, Any] = {"read": 120, "created": 100, "skipped": 17, "held": 3}
CODES = {"merged_patient_redirected": 12, "duplicate_row": 5}
ARCHIVED = {"clients_archived": 8}


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (100, "The same number as came across."),
        (115, "Your export has 5 more than you counted."),
        (112, "Your export has 8 more than you counted."),
        (120, "The same number as in your export."),
        (92, "8 more came than you counted: 8 archived."),
        (97, "3 more came than you counted: 3 archived."),
    ],
)
def test_a_number_is_explained_by_excluded_and_uncounted_rows(own: int, words: str) -> None:
    number = counted(own, codes=CODES, totals=ARCHIVED, **WHOLE)
    assert not number.missing
    stayed = "20 rows of your export did not come: 5 in your export more than once, 12 merged into others, 3 held back."
    assert why(number, "Cliniko") == f"{words} {stayed}"


@pytest.mark.parametrize(
    ("own", "there", "words"),
    [
        (91, 91, "9 more came than you counted: 8 archived, 1 not explained."),
        (116, 115, "Your export holds 115 different ones. You counted 1 more: 1 not in your export."),
        (130, 115, "Your export holds 115 different ones. You counted 15 more: 15 not in your export."),
    ],
)
def test_an_unexplained_number_names_its_distance_from_the_export(own: int, there: int, words: str) -> None:
    number = counted(own, codes=CODES, totals=ARCHIVED, **WHOLE)
    assert (number.missing, number.nearest) == (max(own - 115, 0), there)
    assert why_own(number, "Cliniko") == words


def test_a_missing_kind_has_no_reasons() -> None:
    number = compare_count(PATIENTS, "Clients", 7, None, {}, {})
    assert (number.missing, number.in_export, number.brought) == (7, 0, 0)
    assert why(number, "Cliniko") == "You counted 7 more: 7 not in your export."


def test_an_equal_number_gives_no_warning_and_the_reasons_add_up() -> None:
    dice = Random(5024)
    for _ in range(2_000):
        rows = {outcome: dice.choice((0, dice.randrange(9), dice.randrange(600))) for outcome in OUTCOMES}
        read = sum(rows.values())
        names = ("duplicate_row", "merged_patient_redirected", "deleted_in_source", "id_conflict_newest_used")
        codes = {name: dice.randrange(rows["skipped"] + 3) for name in dice.sample(names, dice.randrange(5))}
        brought = rows["created"] + rows["updated"] + rows["unchanged"]
        totals = {"clients_archived": dice.randrange(brought + 1), "records": brought + dice.choice((0, 0, 12))}
        own = dice.choice((read, brought, dice.randrange(read + 40), dice.randrange(2_000)))
        number = counted(own, codes=codes, totals=totals, read=read, **rows)
        context = (rows, codes, totals, own)
        assert sum(reason.count for reason in number.excluded) == read - brought, context
        assert sum(reason.count for reason in number.apart) == abs(own - number.compared), context
        assert all(reason.count > 0 for reason in (*number.excluded, *number.apart)), context
        lacking = sum(reason.count for reason in number.apart if reason.code == "not_in_export")
        assert number.missing == lacking, context
        assert not number.missing or own > max(brought, number.different), context
        assert number.compared in (own, brought, number.different), context
        numbers = [int(digits.replace(",", "")) for digits in re.findall(r"[\d,]*\d", why_stayed(number, "Cliniko"))]
        assert not numbers or numbers[0] == sum(numbers[1:]) == read - brought, context


def test_no_question_asks_for_optional_records() -> None:
    words = {"appointments_cancelled": "cancelled", "notes_draft": "drafts", "notes_final": "final"}
    for question in source("cliniko").counts:
        assert [name for name in question.may_lack if words.get(name, "no such word") in question.where] == []
        assert all(name in OTHERS for name in question.may_lack)
    assert {name for question in source("cliniko").counts for name in question.may_lack} <= {
        "clients_archived",
        "busy_times",
    }, "a new total that a number may be without: say in its question that it may"


def test_five_kinds_that_were_exported_for_the_same_days_are_one_question() -> None:
    year = ((date(2026, 1, 1), date(2026, 11, 20)),)
    other = ((date(2025, 1, 1), date(2026, 11, 20)),)
    kinds = ["patients", "appointments", "communications", "contacts", "treatment_notes"]
    warnings = joined_kinds(
        [
            *(CompletenessWarning("partial_export", kind, days=year) for kind in kinds),
            CompletenessWarning("x", "patients", days=year),
        ]
    )
    warnings += joined_kinds([CompletenessWarning("partial_export", "patients", days=other)])
    assert [doubt.kinds for doubt in warnings] == [tuple(kinds), ("patients",), ("patients",)]
    assert warnings[0].key == "partial_export:patients,appointments,communications,contacts,treatment_notes"
    assert to_text(warnings[0], source("cliniko")).title.startswith(
        "Clients, appointments, communications, contacts and "
    )


NO_SIGN = {"content_is_text", "encoding_guessed", "files_unanswered"}
EVERY = (
    *("kind_absent", "partial_export", "partial_export_gap", "json_pages_missing", "zip_part_missing", "many_orphans"),
    *("encoding_guessed", "export_dates_differ", "content_is_text", "gone_from_export", "files_unanswered"),
    *("count_differs", "none_ahead", "starts_late", "file_may_be_cut"),
)


@pytest.mark.parametrize("code", EVERY)
def test_only_some_warnings_suggest_an_incomplete_export(code: str) -> None:
    days = ((date(2026, 1, 1), date(2026, 2, 1)),)
    signs = (("csv_unclosed_quote", "patients"),) if code == "file_may_be_cut" else ()
    given: dict[str, Any] = {"days": days, "own": 2, "signs": signs, "encodings": ("utf-8", "cp1252"), "files": ("a",)}
    words = to_text(CompletenessWarning(code, "patients", 1, **given), source("cliniko"))
    assert words.suggests_missing is (code not in NO_SIGN)
    assert " 1 hold " not in words.title
    assert " 1 of them are " not in words.title


def test_the_heading_counts_signs_and_other_warnings_separately() -> None:
    template = environment().from_string(
        "{% from 'components/doubts.html' import doubts_counted %}{{ doubts_counted(doubts, over) }}"
    )
    number = {"one": 1, "One": 1}
    for signs, others, over in ((s, o, over) for s in range(4) for o in range(4) for over in (False, True)):
        doubts = [to_text(CompletenessWarning("none_ahead"), source("cliniko"))] * signs
        doubts += [to_text(CompletenessWarning("content_is_text", "patients", 2), source("cliniko"))] * others
        words = template.render(doubts=doubts, over=over).strip()
        counts = [number.get(word) or int(word) for word in re.findall(r"\b(?:One|one|\d+)\b", words)]
        assert counts == [each for each in (signs, others) if each], words
        assert ("whole" in words) is bool(signs), words
        assert ("your eye" in words) is bool(others), words


@pytest.mark.parametrize("state", sorted(State))
def test_the_warning_about_unidentified_files_advises_only_possible_acts(
    state: State,
) -> None:
    small = to_text(CompletenessWarning("files_unanswered", count=9, files=("a.csv",)), source("cliniko"), state).small
    assert ("change the plan first" in small) is (move_for(Event.CHANGE_PLAN, state) is not None)
    assert ("answered or withdrawn" in small) is (state is State.CHANGES_REQUESTED)
    assert not (small and state in OVER)


def test_an_unexplained_surplus_names_no_reason() -> None:
    assert why_own(counted(91, **WHOLE), "Cliniko") == "9 more came than you counted."
