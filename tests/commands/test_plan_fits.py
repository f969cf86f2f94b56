"""Impossible answers of `--plan` are refused before any trial; possible answers are taken."""

from pathlib import Path

import pytest
import yaml

from tests.commands.test_trial import content_of, run

pytestmark = pytest.mark.usefixtures("takes_turns_here")
FILES = {
    "Patients.csv": "Patient ID,First Name,Last Name,Date of Birth,Custom: Pets\n1,Ann,Lee,1980-02-03,Cat\n",
    "custom_fields.csv": "field_token,field_name,field_type,option_token,option_name\nt1,Pets,radiobuttons,o1,Cat\n",
    "appointment_types.csv": "id,name,duration_in_minutes\n1,Other,30\n",
    "businesses.csv": "id,business_name\n3,Main Street\n",
}
WORKSPACE = "name: Harbour\nlocations: [{name: Main Street}]\nservices: [{name: Other, duration: 20}]\n"
CANNOT_BE = {
    "a type that the field cannot have": ({"field_types": {"t1": "number"}}, "t1 cannot become number"),
    "a field that nobody asks": ({"field_types": {"t9": "number"}}, "no field t9"),
    "a question of the workspace that is none": ({"fields": {"t1": {"to": "match", "id": "x"}}}, "t1 is matched"),
    "a service that is not there": ({"services": {"1": {"to": "match", "id": "x"}}}, "1 is matched"),
    "a match with nothing": ({"locations": {"3": "match"}}, "3 is matched"),
    "a service that waits": ({"services": {"1": "wait"}}, "1 cannot wait"),
    "a place that is not there": ({"default_location": "loc_nowhere"}, "loc_nowhere"),
    "a business that is not there": ({"default_location": "source:9"}, "source:9"),
    "a kind that is none": ({"leave_out_kinds": ["teeth"]}, "no kind teeth"),
    "a time zone that is none": ({"timezone": "Mars/Base"}, "Mars/Base"),
    "a country that is none": ({"country": "XX"}, "XX"),
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("export")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def tried(clinic: Path, tmp_path: Path, answers: object) -> tuple[int, str, Path]:
    plan, workspace, answer = tmp_path / "plan.yaml", tmp_path / "workspace.yaml", tmp_path / "t.json"
    plan.write_text(yaml.safe_dump(answers))
    workspace.write_text(WORKSPACE)
    result = run("trial", clinic, "--workspace", workspace, "--plan", plan, "--json", answer)
    return result.exit_code, result.output, answer


@pytest.mark.parametrize("what", CANNOT_BE)
def test_an_impossible_answer_is_refused(clinic: Path, tmp_path: Path, what: str) -> None:
    answers, words = CANNOT_BE[what]
    status, output, answer = tried(clinic, tmp_path, answers)
    assert status == 2
    assert words in output
    assert [problem["code"] for problem in content_of(answer)["problems"]] == ["option_file_unusable"]


def test_possible_answers_are_taken(clinic: Path, tmp_path: Path) -> None:
    answers = {
        "field_types": {"t1": "dropdown"},
        "services": {"1": {"to": "match", "name": "other"}, "77": "leave_out"},
        "default_location": "source:3",
        "leave_out_kinds": ["contacts"],
        "timezone": "Australia/Perth",
        "country": "NZ",
        "clients": {"1": "wait"},
    }
    status, output, answer = tried(clinic, tmp_path, answers)
    assert status == 0, output
    assert content_of(answer)["balanced"]


ALONE = ("a kind that is none", "a time zone that is none", "a country that is none")


@pytest.mark.parametrize("what", ALONE)
def test_an_answer_that_no_export_allows_is_refused_before_the_export_is_read(tmp_path: Path, what: str) -> None:
    answers, words = CANNOT_BE[what]
    status, output, _ = tried(tmp_path / "no such export", tmp_path, answers)
    assert status == 2
    assert words in output


@pytest.mark.parametrize("zone", ["Mars/Base", "Sydney", "australia/sydney", "+11:00", "", "../etc/passwd", 11])
def test_a_workspace_of_an_unknown_zone_is_refused_at_once(tmp_path: Path, zone: object) -> None:
    workspace, answer = tmp_path / "workspace.yaml", tmp_path / "t.json"
    workspace.write_text(yaml.safe_dump({"name": "Harbour", "timezone": zone}))
    result = run("trial", tmp_path / "no such export", "--workspace", workspace, "--json", answer)
    assert result.exit_code == 2
    assert "timezone: " in result.output
    assert [problem["code"] for problem in content_of(answer)["problems"]] == ["option_file_unusable"]
