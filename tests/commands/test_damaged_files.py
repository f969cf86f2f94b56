"""`caspen-import trial` of exports with minor damage: the trial balances, and everything is verified."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.harness.clinic import clinic_files

pytestmark = pytest.mark.usefixtures("takes_turns_here")
AGAINST = {"rows_miscounted", "cells_not_found", "cells_in_doubt", "not_verified", "row_quarantined", "not_a_record"}
CLIENTS = [
    {"id": str(1000 + n), "first_name": "Ann", "last_name": f"Lee{n}", "date_of_birth": "1980-02-13"} for n in range(20)
]
LINES = [json.dumps(client) for client in CLIENTS]
DAMAGED: dict[str, tuple[str, bytes, set[str], int]] = {
    "a bad line": ("clients.jsonl", "\n".join([*LINES, LINES[3][:20], LINES[4]]).encode(), {"bad_json"}, 1),
    "a cut last line": ("clients.jsonl", "\n".join(LINES).encode()[:-9], {"bad_json", "file_may_be_cut"}, 1),
    "NULs behind lines": ("clients.jsonl", "\n".join(LINES).encode() + bytes(512), {"control_chars_removed"}, 0),
    "NULs behind an array": ("clients.json", json.dumps(CLIENTS).encode() + bytes(7), {"control_chars_removed"}, 0),
    "NULs": ("Patients.csv", clinic_files()["Patients.csv"].encode() + bytes(4096), {"control_chars_removed"}, 0),
    "Ctrl-Z": ("Patients.csv", clinic_files()["Patients.csv"].encode() + b"\x1a", set(), 0),
    "Ctrl-Z and NULs": (
        "Patients.csv",
        clinic_files()["Patients.csv"].rstrip("\n").encode("utf-16") + "\x1a\0\0".encode("utf-16-le") + b"\0",
        {"control_chars_removed"},
        0,
    ),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_trial_holds_what_is_damaged_and_brings_the_rest(damage: str, tmp_path: Path) -> None:
    name, content, wanted, held = DAMAGED[damage]
    folder = tmp_path / "export"
    folder.mkdir()
    for path, text in clinic_files().items():
        if path != "Patients.csv":
            (folder / path).write_text(text)
    (folder / name).write_bytes(content)
    answer = tmp_path / "t.json"
    assert CliRunner().invoke(app, ["trial", str(folder), "--json", str(answer)]).exit_code == 0
    result: dict[str, Any] = json.loads(answer.read_text())
    codes = {problem["code"] for problem in result["problems"]}
    assert result["balanced"] is True
    assert codes & AGAINST == set()
    assert codes & {"bad_json", "file_may_be_cut", "control_chars_removed"} == wanted
    clients = next(kind for kind in result["kinds"] if kind["kind"] == "patients")
    assert clients["held"] == held
    assert clients["created"] == clients["read"] - clients["held"] - clients["skipped"]


def test_a_trial_loses_no_client_to_a_mark_that_another_client_s_row_closes(tmp_path: Path) -> None:
    """Otherwise two clients would be inside a third client's alert, and the third would have an e-mail of the two."""
    folder = tmp_path / "export"
    folder.mkdir()
    for path, text in clinic_files().items():
        (folder / path).write_text(text)
    (folder / "Patients more.csv").write_text(
        "Patient ID,First Name,Last Name,Date of Birth,Medical Alerts,Extra Information,Email\n"
        '5401,Ada,Moss,1980-01-01,"latex,n,ada@x.example\n'
        "5402,Ben,Frost,1981-01-01,Anaphylaxis: bees,n,ben@x.example\n"
        "5403,Cleo,Birch,1982-01-01,tall 5'10\",n,cleo@x.example\n"
        "5404,Dov,Hale,1983-01-01,,n,dov@x.example\n"
        '5405,Eve,Stone,1984-01-01,"gluten,n,eve@x.example\n'
        '5406,Fay,Marsh,1985-01-01,"bees, wasps",n,fay@x.example\n'
        '5407,Gil,Reed,1986-01-01,,"first line\n5408, no row\nlast line",gil@x.example\n'
    )
    answer, records = tmp_path / "t.json", tmp_path / "records"
    finished = CliRunner().invoke(app, ["trial", str(folder), "--json", str(answer), "--records", str(records)])
    assert finished.exit_code == 0
    result: dict[str, Any] = json.loads(answer.read_text())
    codes = {problem["code"] for problem in result["problems"]}
    assert result["balanced"] is True
    assert codes & AGAINST == set()
    (stray,) = [problem for problem in result["problems"] if problem["code"] == "stray_quotation_mark"]
    assert (stray["file"], stray["line"], stray["count"]) == ("Patients more.csv", 2, 2)
    clients = next(kind for kind in result["kinds"] if kind["kind"] == "patients")
    assert clients["created"] == clients["read"] == 27
    people = {row["first_name"]: row for row in map(json.loads, (records / "clients.jsonl").read_text().splitlines())}
    assert [people[name]["alert"] for name in ("Ada", "Ben", "Cleo", "Dov", "Eve", "Fay")] == [
        "latex",
        "Anaphylaxis: bees",
        "tall 5'10\"",
        None,
        "gluten",
        "bees, wasps",
    ]
    assert all(people[name]["email"] == f"{name.lower()}@x.example" for name in ("Ada", "Ben", "Cleo", "Eve", "Fay"))
    assert people["Gil"]["notes"] == "first line\n5408, no row\nlast line"
