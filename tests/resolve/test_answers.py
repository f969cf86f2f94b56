"""Questions of several rows, and answers of which only one of each client to each question counts."""

import pytest

from app.index import IndexLink
from tests.index.story import IDS, Export

ORPHAN, SEVERAL = "custom_field_undefined", "custom_field_ambiguous"


@pytest.fixture
def export(export: Export) -> Export:
    export.has("patients", "11")
    return export


def asked(*ids: str, name: str | None = None, field: str = "field", required: bool = True) -> IndexLink:
    return IndexLink(field, "questions", ids, name, required=required, orphan=ORPHAN, several=SEVERAL)


def answer(export: Export, key: str, *ids: str, name: str | None = None, says: str = "") -> int:
    who = IndexLink("who", "patients", (key.partition("/")[0],), required=True, orphan="custom_value_without_patient")
    return export.has("answers", key, who, asked(*ids, name=name), content=says, target_values=(("field", says),))


def test_rows_of_one_question_are_one_thing_by_token_and_by_name(export: Export) -> None:
    for option in ("f1/a", "f1/b", "f1/c"):
        export.has("questions", option, name="Sport")
    by_token, by_name = answer(export, "11/f1", "f1"), answer(export, "11/x", "f1", name="Other")
    known = IDS.derive("custom_fields", "questions", "f1")
    assert export.target("answers", by_name, "field") == known
    assert export.verdict("answers", by_token) == ("skipped", "custom_value_conflict")
    export_by_name = export.row("answers", by_name).findings
    assert export_by_name == ()


def test_a_name_means_the_one_question_that_bears_it_or_the_answer_waits(export: Export) -> None:
    export.has("questions", "f1/a", name="Sport")
    export.has("questions", "f1/b", name="Sport")
    export.has("questions", "f2", name="Club", alias="History: Club")
    export.has("questions", "f3", name="Club", alias="Social: Club")
    sport, club = answer(export, "11/Sport", name="sport"), answer(export, "11/Club", name="Club")
    social = answer(export, "11/Social", name="Social: Club")
    assert export.target("answers", sport, "field") == IDS.derive("custom_fields", "questions", "f1")
    assert export.verdict("answers", club) == ("held", SEVERAL)
    assert export.target("answers", social, "field") == IDS.derive("custom_fields", "questions", "f3")


def test_a_question_that_nobody_describes_is_made_of_its_name(export: Export) -> None:
    line = answer(export, "11/f9", "f9", name="Left handed")
    assert export.row("answers", line).findings == (ORPHAN,)
    assert export.verdict("answers", line) is None
    assert [(m.key, m.name) for _, m in export.index.made()] == [("f9", "Left handed")]


def test_of_two_answers_to_one_question_the_later_counts(export: Export) -> None:
    export.has("questions", "f1")
    first, second = answer(export, "11/f1", "f1", says="Rowing"), answer(export, "11/f1", "f1", says="Chess")
    again = answer(export, "11/f1", "f1", says="Chess")
    assert export.verdict("answers", first) == ("skipped", "custom_value_conflict")
    verdicts = {export.verdict("answers", line) for line in (second, again)}
    assert verdicts == {None, ("skipped", "duplicate_row")}


def test_an_answer_of_its_own_counts_more_than_one_in_the_clients_row(export: Export) -> None:
    export.has("questions", "f1")
    in_row = asked("f1", field="custom:f1", required=False)
    other = export.has("patients", "12", in_row, target_values=(("custom:f1", "Rowing"),))
    same = export.has("patients", "13", in_row, target_values=(("custom:f1", "rowing "),))
    alone = export.has("patients", "14", in_row, target_values=(("custom:f1", "Rowing"),))
    differs, agrees = answer(export, "12/f1", "f1", says="Chess"), answer(export, "13/f1", "f1", says="Rowing")
    assert export.row("answers", differs).findings == ("custom_value_conflict",)
    assert export.row("answers", agrees).findings == ()
    assert [export.row("patients", line).joined.extra for line in (other, same, alone)] == [
        {"answered custom:f1": "1"}, {"answered custom:f1": "1"}, {},
    ]  # fmt: skip
