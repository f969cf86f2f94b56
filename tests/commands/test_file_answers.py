"""Answers about files in `--plan`: files are named by path or bare name; unknown names have a clear message."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.commands.test_trial import content_of, run
from tests.figures.command import Tried
from tests.figures.samples import differences
from tests.harness.unknown_dialect import write_unknown_dialect
from tests.wizard.questionable import REGISTER, cases_called_otherwise

pytestmark = pytest.mark.usefixtures("takes_turns_here")
PAIRS = {"case_no": "Case ID", "client_ref": "patient_id", "opened": "issue_date", "is_closed": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export as a folder, with two files of one name."""
    folder: Path = tmp_path_factory.mktemp("export")
    for name, data in cases_called_otherwise().items():
        path = folder / name.rsplit("/", 1)[-1]
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    for place in ("one", "two"):
        (folder / place).mkdir()
        (folder / place / "twice.csv").write_text(f"shape,weight\n{place},2\n")
    return folder


def tried(folder: Path, tmp_path: Path, **answers: object) -> tuple[int, str, Path]:
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump(answers))
    result = run("trial", folder, "--plan", plan, "--json", tmp_path / "t.json")
    return result.exit_code, result.output, tmp_path / "t.json"


def test_an_unknown_dialect_goes_through_by_pairing_alone(tmp_path: Path) -> None:
    export = write_unknown_dialect(tmp_path / "export.zip")
    plan = export.plan(tmp_path / "plan.yaml")
    assert run("read", export.path).exit_code == 2
    status = run("trial", export.path, "--plan", plan, "--json", tmp_path / "t.json").exit_code
    answer = Tried(status, content_of(tmp_path / "t.json"))
    assert answer.balances
    assert differences(answer, export.expected.at(datetime.now(UTC))) == []


def test_kinds_and_fields_go_by_our_names_or_the_sources(folder: Path, tmp_path: Path) -> None:
    status, _, answer = tried(
        folder,
        tmp_path,
        file_kinds={REGISTER: "patient_cases", "one/twice.csv": "leave_out"},
        column_pairs={REGISTER: PAIRS},
    )
    assert status == 0
    files = {file["path"]: file for file in content_of(answer)["export"]["files"]}
    assert files[REGISTER]["kind"] == "patient_cases"
    assert files["one/twice.csv"]["kind"] is None
    codes = {(p["code"], p["file"]) for p in content_of(answer)["problems"]}
    assert ("file_left_out", "one/twice.csv") in codes
    assert ("unrecognised_file", "two/twice.csv") in codes


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "an unknown file": ({"file_kinds": {"nowhere.csv": "contacts"}}, "the export has no file nowhere.csv"),
    "a name that is not one file's alone": (
        {"file_kinds": {"twice.csv": "contacts"}},
        "several files are called twice.csv",
    ),
    "an unknown kind": ({"file_kinds": {REGISTER: "horoscopes"}}, "there is no kind horoscopes"),
    "an unknown field": (
        {"file_kinds": {REGISTER: "patient_cases"}, "column_pairs": {REGISTER: {"title": "shoe_size"}}},
        "patient_cases have no field shoe_size",
    ),
    "pairs of a file that nobody knows": ({"column_pairs": {REGISTER: {"title": "name"}}}, "is not recognised"),
    "a column that is not there": (
        {"file_kinds": {REGISTER: "patient_cases"}, "column_pairs": {REGISTER: {**PAIRS, "colour": "name"}}},
        "has no column 'colour'",
    ),
    "kinds that are no table": ({"file_kinds": [REGISTER]}, "file_kinds must hold files"),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_answer_about_a_missing_file_is_refused_with_its_name(folder: Path, tmp_path: Path, what: str) -> None:
    answers, words = WRONG[what]
    status, output, _ = tried(folder, tmp_path, **answers)
    assert status == 2
    assert words in " ".join(output.split())


PEOPLE = "Patients.csv"


def clients_of(tmp_path: Path) -> Path:
    export = tmp_path / "export"
    export.mkdir()
    (export / PEOPLE).write_text(
        "Patient ID,First Name,Last Name,Date of Birth,City,State\n1001,Ada,Brook,1980-03-02,Sydney,NSW\n"
    )
    return export


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ({"Nickname": "preferred_first_name"}, "has no column 'Nickname'"),
        ({"City": "notes", "State": "notes"}, "'City' and 'State' are both paired with notes"),
        ({"City": "first_name"}, "'City' is paired with first_name, and so is 'First Name' by its name"),
        ({"City": "First Name"}, "'City' is paired with first_name, and so is 'First Name' by its name"),
    ],
)
def test_a_pairing_that_cannot_be_is_refused(tmp_path: Path, pairs: dict[str, str], words: str) -> None:
    status, output, answer = tried(clients_of(tmp_path), tmp_path, column_pairs={PEOPLE: pairs})
    assert status == 2
    assert words in output
    assert [problem["code"] for problem in content_of(answer)["problems"]] == ["option_file_unusable"]


def test_two_columns_may_change_places(tmp_path: Path) -> None:
    swapped = {"First Name": "last_name", "Last Name": "first_name"}
    status, output, _ = tried(clients_of(tmp_path), tmp_path, column_pairs={PEOPLE: swapped})
    assert status == 0, output
