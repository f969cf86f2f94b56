"""Ranges that meet are one, days between them are named; a number of the clinic's is explained or it is not."""

import re
from datetime import date
from random import Random
from typing import Any

import pytest

from app.mapping.kind import Countable
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
from app.migration.models import ExportFile
from app.migration.states import OVER, Event, State, move_for
from app.migration.warning_texts import to_text
from app.sources import source
from app.templating import environment
from app.wizard.completeness import OTHERS, why, why_own, why_stayed


def file(kind: str = "appointments", **facts: str) -> ExportFile:
    return ExportFile(migration_id="m", export_number=1, number=1, path="a.csv", kind=kind, facts=facts)


def sliced(*ranges: tuple[str, str]) -> list[ExportFile]:
    return [file(**{"from": since, "to": until}) for since, until in ranges]


def told(found: list[CompletenessWarning]) -> list[tuple[str, list[str]]]:
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
    doubts = [
        CompletenessWarning("partial_export", "patients"),
        CompletenessWarning("partial_export", "appointments"),
        CompletenessWarning("none_ahead"),
    ]
    assert unticked(doubts, ["partial_export:patients", "none_ahead"]) == (doubts[1],)


PATIENTS = Countable("patients", "Patients", "", may_lack=("clients_archived",), places="records")
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
def test_a_number_is_explained_by_what_stayed_and_by_what_was_not_counted(own: int, words: str) -> None:
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
def test_a_number_that_nothing_explains_says_how_far_it_is_from_the_export(own: int, there: int, words: str) -> None:
    number = counted(own, codes=CODES, totals=ARCHIVED, **WHOLE)
    assert (number.missing, number.nearest) == (max(own - 115, 0), there)
    assert why_own(number, "Cliniko") == words


def test_a_kind_that_is_not_there_explains_nothing() -> None:
    number = compare_count(PATIENTS, "Clients", 7, None, {}, {})
    assert (number.missing, number.in_export, number.brought) == (7, 0, 0)
    assert why(number, "Cliniko") == "You counted 7 more: 7 not in your export."


def test_the_same_number_is_no_doubt_and_reasons_add_up_for_any_numbers_and_outcomes() -> None:
    dice = Random(5024)
    for _ in range(2_000):
        rows = {outcome: dice.choice((0, dice.randrange(9), dice.randrange(600))) for outcome in OUTCOMES}
        read = sum(rows.values())
        names = ("duplicate_row", "merged_patient_redirected", "deleted_in_source", "id_conflict_newest_used")
        codes = {name: dice.randrange(rows["skipped"] + 3) for name in dice.sample(names, dice.randrange(5))}
        came = rows["created"] + rows["updated"] + rows["unchanged"]
        totals = {"clients_archived": dice.randrange(came + 1), "records": came + dice.choice((0, 0, 12))}
        own = dice.choice((read, came, dice.randrange(read + 40), dice.randrange(2_000)))
        number = counted(own, codes=codes, totals=totals, read=read, **rows)
        context = (rows, codes, totals, own)
        assert sum(reason.count for reason in number.excluded) == read - came, context
        assert sum(reason.count for reason in number.apart) == abs(own - number.compared), context
        assert all(reason.count > 0 for reason in (*number.excluded, *number.apart)), context
        lacking = sum(reason.count for reason in number.apart if reason.code == "not_in_export")
        assert number.missing == lacking, context
        assert not number.missing or own > max(came, number.different), context
        assert number.compared in (own, came, number.different), context
        says = [int(digits.replace(",", "")) for digits in re.findall(r"[\d,]*\d", why_stayed(number, "Cliniko"))]
        assert not says or says[0] == sum(says[1:]) == read - came, context


def test_no_question_asks_for_what_the_number_may_be_without() -> None:
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
    found = joined_kinds(
        [
            *(CompletenessWarning("partial_export", kind, days=year) for kind in kinds),
            CompletenessWarning("x", "patients", days=year),
        ]
    )
    found += joined_kinds([CompletenessWarning("partial_export", "patients", days=other)])
    assert [doubt.kinds for doubt in found] == [tuple(kinds), ("patients",), ("patients",)]
    assert found[0].key == "partial_export:patients,appointments,communications,contacts,treatment_notes"
    assert to_text(found[0], source("cliniko")).title.startswith("Clients, appointments, communications, contacts and ")


NO_SIGN = {"content_is_text", "encoding_guessed", "files_unanswered"}
EVERY = (
    *("kind_absent", "partial_export", "partial_export_gap", "json_pages_missing", "zip_part_missing", "many_orphans"),
    *("encoding_guessed", "export_dates_differ", "content_is_text", "gone_from_export", "files_unanswered"),
    *("count_differs", "none_ahead", "starts_late", "file_may_be_cut"),
)


@pytest.mark.parametrize("code", EVERY)
def test_only_what_says_that_something_is_missing_counts_as_a_sign_that_the_export_is_not_whole(code: str) -> None:
    days = ((date(2026, 1, 1), date(2026, 2, 1)),)
    signs = (("csv_unclosed_quote", "patients"),) if code == "file_may_be_cut" else ()
    given: dict[str, Any] = {"days": days, "own": 2, "signs": signs, "encodings": ("utf-8", "cp1252"), "files": ("a",)}
    words = to_text(CompletenessWarning(code, "patients", 1, **given), source("cliniko"))
    assert words.suggests_missing is (code not in NO_SIGN)
    assert " 1 hold " not in words.title
    assert " 1 of them are " not in words.title


def test_the_heading_counts_signs_and_other_things_apart() -> None:
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
def test_a_file_that_nobody_identified_advises_a_change_of_the_plan_only_where_the_plan_can_be_changed(
    state: State,
) -> None:
    small = to_text(CompletenessWarning("files_unanswered", count=9, files=("a.csv",)), source("cliniko"), state).small
    assert ("change the plan first" in small) is (move_for(Event.CHANGE_PLAN, state) is not None)
    assert ("answered or withdrawn" in small) is (state is State.CHANGES_REQUESTED)
    assert not (small and state in OVER)


def test_more_than_the_clinic_counted_without_any_reason_names_none() -> None:
    assert why_own(counted(91, **WHOLE), "Cliniko") == "9 more came than you counted."
