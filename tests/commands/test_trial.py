"""`caspen-import read` and `trial`, as scripts and tests rely on them."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from app.cli import app
from app.commands.private import NO_CLINIC, begin_private, private_engine
from app.migration.models import AuditEntry
from tests.figures import command
from tests.harness.clinic import clinic_files, patients
from tests.reading.locks import locked
from tests.reading.zips import Item, build

OUTCOMES = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
P = {"code", "level", "kind", "file", "line", "source_id", "column", "count"}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, text in clinic_files(30, 40).items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of private databases, so that tests see what remains."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def content_of(path: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(path.read_text())
    return answer


def test_read_says_what_is_in_an_export_and_leaves_nothing(export: Path, temporary: Path, tmp_path: Path) -> None:
    assert run("read", export, "--json", tmp_path / "r.json").exit_code == 0
    answer = content_of(tmp_path / "r.json")
    assert set(answer) == {"export", "inventory", "references", "problems"}
    assert {f["path"]: (f["kind"], f["rows"]) for f in answer["export"]["files"]}["Patients.csv"] == ("patients", 30)
    assert answer["inventory"]["patients"]["ids"] == 30
    assert answer["references"]["practitioners"][0]["appointments"] == 40
    assert all(set(problem) == P for problem in answer["problems"])
    assert list(temporary.iterdir()) == []


def test_trial_balances_and_writes_its_records_out(export: Path, temporary: Path, tmp_path: Path) -> None:
    assert run("trial", export, "--json", tmp_path / "t.json", "--records", tmp_path / "records").exit_code == 0
    answer = content_of(tmp_path / "t.json")
    assert answer["balanced"] is True
    for kind in answer["kinds"]:
        assert kind["read"] == sum(kind[outcome] for outcome in OUTCOMES)
        assert kind["source_digest"] == kind["caspen_digest"]
    assert set(answer["seconds"]) == {"read", "trial", "reconcile"}
    assert answer["peak_rss_mb"] > 0
    clients = [json.loads(line) for line in (tmp_path / "records" / "clients.jsonl").read_text().splitlines()]
    assert len(clients) == 30
    assert clients[0]["source_kind"] == "patients"
    assert list(temporary.iterdir()) == []


def test_a_trial_of_a_small_export_needs_little_memory(export: Path) -> None:
    tried = command.trial(export)
    assert tried.balances
    assert 0 < tried.answer["peak_rss_mb"] < 512


def test_a_second_trial_of_what_went_live_is_all_unchanged(export: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/caspen/live.sqlite"
    answer = tmp_path / "t.json"
    assert run("trial", export, "--database", database, "--finalise", "--json", answer).exit_code == 0
    assert run("trial", export, "--database", database, "--json", answer).exit_code == 0
    for kind in content_of(answer)["kinds"]:
        assert kind["created"] == kind["updated"] == 0
        assert kind["unchanged"] == kind["read"]


def test_bringing_records_live_needs_a_database_to_bring_them_to(export: Path, tmp_path: Path) -> None:
    answer = tmp_path / "t.json"
    assert run("trial", export, "--finalise", "--json", answer).exit_code == 2
    assert [problem["code"] for problem in content_of(answer)["problems"]] == ["finalise_without_database"]


def test_a_workspace_file_and_a_plan_decide_who_is_who(export: Path, tmp_path: Path) -> None:
    workspace, plan = tmp_path / "w.yaml", tmp_path / "p.yaml"
    workspace.write_text(
        "name: Harbour\ntimezone: Australia/Perth\nlocations: [{name: MAIN STREET}]\n"
        "services: [{name: Other, duration: 20}]\n"
    )
    plan.write_text("services: {'9': {to: match, name: other}}\n")
    answer = tmp_path / "t.json"
    assert run("trial", export, "--workspace", workspace, "--plan", plan, "--json", answer).exit_code == 0
    kinds = {kind["kind"]: kind for kind in content_of(answer)["kinds"]}
    assert (kinds["businesses"]["unchanged"], kinds["businesses"]["records"]) == (1, 0)
    assert kinds["appointment_types"]["unchanged"] == 1


def test_nothing_that_can_be_read_is_status_2_with_its_reason(tmp_path: Path) -> None:
    lonely = tmp_path / "appointment_types.csv"
    lonely.write_text(clinic_files()["appointment_types.csv"])
    for words in (("read", lonely), ("trial", lonely), ("read", tmp_path / "nowhere")):
        answer = tmp_path / "a.json"
        assert run(*words, "--json", answer).exit_code == 2
        codes = {problem["code"] for problem in content_of(answer)["problems"]}
        assert codes & {"no_patients_file", "export_not_found"}


def test_a_file_that_is_no_plan_is_bad_usage(export: Path, tmp_path: Path) -> None:
    plan = tmp_path / "p.yaml"
    plan.write_text("services: 7\nnonsense: true\n")
    answer = tmp_path / "a.json"
    assert run("trial", export, "--plan", plan, "--json", answer).exit_code == 2
    assert [problem["code"] for problem in content_of(answer)["problems"]] == ["option_file_unusable"]


def test_one_problem_entry_counts_all_rows_of_a_file_that_have_it(tmp_path: Path) -> None:
    file = tmp_path / "Patients.csv"
    file.write_text(patients(12, Email="not an address"))
    answer = tmp_path / "t.json"
    run("trial", file, "--json", answer)
    problems = [problem for problem in content_of(answer)["problems"] if problem["code"] == "bad_email"]
    assert [(p["count"], p["line"], p["source_id"]) for p in problems] == [(12, 2, "1000")]


def test_a_locked_zip_is_opened_with_the_password_that_is_asked_for(export: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut.zip"
    shut.write_bytes(build([locked(Item(f.name.encode(), f.read_bytes()), b"secret") for f in export.iterdir()]))
    words = ["trial", str(shut), "--json", str(tmp_path / "t.json")]
    assert CliRunner().invoke(app, words).exit_code == 2
    assert {f["code"] for f in content_of(tmp_path / "t.json")["problems"]} >= {"zip_encrypted"}
    assert CliRunner().invoke(app, [*words, "--ask-password"], input="guess\n").exit_code == 2
    for nothing in ("\n", ""):
        (tmp_path / "t.json").unlink()
        assert CliRunner().invoke(app, [*words, "--ask-password"], input=nothing).exit_code == 2
        assert {f["code"] for f in content_of(tmp_path / "t.json")["problems"]} >= {"zip_encrypted"}
    result = CliRunner().invoke(app, [*words, "--ask-password"], input="secret\n")
    assert result.exit_code == 0
    assert "secret" not in result.output
    assert content_of(tmp_path / "t.json")["balanced"] is True


def test_the_command_line_writes_down_that_no_clinic_acknowledged_the_lists(export: Path, tmp_path: Path) -> None:
    with private_engine(keep=tmp_path / "kept") as runtime:
        migration = begin_private(runtime, export)
        with runtime.ledger.read() as session:
            lines = session.exec(select(AuditEntry).where(AuditEntry.migration_id == migration.id)).all()
    assert [line.act for line in lines] == ["start", "acknowledge_lists", "submit_export"]
    assert {line.by for line in lines} == {"command line"}
    assert lines[1].reason == NO_CLINIC
