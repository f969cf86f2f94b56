"""Templates of notes and forms keep their questions, descriptions and names; none is sent."""

import pytest

from app.mapping.rows import Joined, Outcome
from tests.kinds.story import mapped

KINDS = ("treatment_note_templates", "patient_form_templates")
DESCRIBED = '{"sections":[{"name":"Consent","description":"<div>Read <b>this</b></div>","questions":[]}]}'


def test_a_note_template_becomes_a_progress_note_template() -> None:
    result = mapped(
        "treatment_note_templates", content='{"sections":[{"name":"S","questions":[{"name":"Q","type":"text"}]}]}'
    )
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    assert (result.main.table, result["name"], result["status"]) == ("progress_note_templates", "Review", "active")
    assert result["body"] == "<h1>S</h1><h2>Q</h2><p></p>"


def test_a_form_template_becomes_a_form_template() -> None:
    result = mapped("patient_form_templates", email_to_patient_on_completion="true", restricted_to_practitioner="true")
    assert (result.outcome, result.codes, result.main.table) == (Outcome.CREATED, [], "form_templates")
    heading, question = result["content"][0]["fields"]
    assert heading == {"type": "heading", "label": "S"}
    assert question == {"type": "short_text", "label": "Q", "answer": ""}


def test_50_a_description_is_always_kept() -> None:
    assert "Read <b>this</b>" in mapped("treatment_note_templates", content=DESCRIBED)["body"]
    assert mapped("patient_form_templates", content=DESCRIBED)["content"][0]["fields"][1] == {
        "type": "statement",
        "text": "<div>Read <b>this</b></div>",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_that_was_archived_is_archived(kind: str) -> None:
    assert mapped(kind, archived_at="2026-01-01T00:00:00Z")["status"] == "archived"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", ["", "{}", '{"sections":[]}'])
def test_a_template_without_sections_is_imported_empty_and_reported(kind: str, content: str) -> None:
    result = mapped(kind, content=content)
    assert (result.outcome, result.codes) == (Outcome.CREATED, ["template_empty"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", ['{"sections": [', "{'sections': []}", "[1]"])
def test_49_a_template_whose_content_is_no_json_is_held(kind: str, content: str) -> None:
    result = mapped(kind, content=content)
    assert (result.outcome, result.codes) == (Outcome.HELD, ["bad_json"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_of_a_name_is_numbered(kind: str) -> None:
    assert mapped(kind, joined=Joined(extra={"same_name": "2"}), name="Intake")["name"] == "Intake (2)"
    assert mapped(kind, joined=Joined(extra={"same_name": "3"}), name="x" * 255)["name"].endswith("... (3)")


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_without_a_name_is_called_by_its_number(kind: str) -> None:
    result = mapped(kind, name="")
    assert result["name"].endswith(result.main.key)
    assert result.codes == ["name_missing"]


@pytest.mark.parametrize(("cell", "codes"), [("{}", []), ('{"paper":"A4"}', ["print_settings_not_imported"])])
def test_print_settings_are_not_imported_and_are_reported(cell: str, codes: list[str]) -> None:
    assert mapped("treatment_note_templates", print_settings=cell).codes == codes
