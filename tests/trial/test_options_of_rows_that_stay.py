"""Only answers that move add an option, or a field for text, to a custom field; each such answer is reported."""

from collections.abc import Iterator

import pytest

from tests.harness.clinic import runtime_in
from tests.register.story import Desk, Tried, kind_file, table

DELETED = "2024-01-01T00:00:00Z"
STAYS = {
    "of nobody": ("999", ""),
    "of a client who is deleted": ("12", ""),
    "that is deleted": ("13", DELETED),
}
"""By reason, the patient and the time of deletion of an answer that does not move."""
CHOICES = ("radiobuttons", "checkboxes")
TYPES = (*CHOICES, "date")


def files() -> dict[str, str | bytes]:
    definitions = [[f"f-{type_}", f"Field {type_}", type_, f"o-{type_}", "Red"] for type_ in CHOICES]
    definitions.append(["f-date", "Field date", "date", "", ""])
    answers = [[who, f"f-{type_}", f"{why} {type_}", gone] for type_ in TYPES for why, (who, gone) in STAYS.items()]
    for type_ in TYPES:  # of two answers of one client, the later one counts
        answers += [["14", f"f-{type_}", f"earlier {type_}", ""], ["14", f"f-{type_}", "2024-03-04", ""]]
    patients = kind_file("patients", [{}, {"id": "12", "deleted_at": DELETED}, {"id": "13"}, {"id": "14"}])
    return {
        "patients.csv": patients,
        "custom_fields.csv": table(
            ["Field Token", "Field Name", "Field Type", "Option Token", "Option Name"], *definitions
        ),
        "custom_field_values.csv": table(["Patient ID", "Field Token", "Value", "Deleted At"], *answers),
    }


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    with runtime_in(tmp_path_factory.mktemp("options")) as runtime:
        yield Desk(runtime).tried(files())


def test_every_option_that_was_added_is_chosen_by_a_value(tried: Tried) -> None:
    fields = {field["source_id"]: field for field in tried.records("custom_fields")}
    assert fields.keys() == {f"f-{type_}" for type_ in TYPES}  # no companion for the texts that are no date
    for type_ in CHOICES:
        assert [option["label"] for option in fields[f"f-{type_}"]["options"]] == ["Red", "2024-03-04"]
    chosen = [value["option_ids"] for value in tried.records("custom_field_values") if value["option_ids"]]
    assert chosen == [["name:2024-03-04"]] * len(CHOICES)


def test_every_added_option_is_reported(tried: Tried) -> None:
    (problem,) = tried.problems("custom_option_added")
    assert problem["count"] == len(CHOICES)
    assert not tried.problems("custom_value_bad_date")
    assert tried.clinic.trial.balanced
