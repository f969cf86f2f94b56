"""`caspen-import trial` of exports with damage that concerns one line, or nothing: balanced, nothing unverified."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.engine.story import clinic_files

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
    told: dict[str, Any] = json.loads(answer.read_text())
    codes = {problem["code"] for problem in told["problems"]}
    assert told["balanced"] is True
    assert codes & AGAINST == set()
    assert codes & {"bad_json", "file_may_be_cut", "control_chars_removed"} == wanted
    clients = next(kind for kind in told["kinds"] if kind["kind"] == "patients")
    assert clients["held"] == held
    assert clients["created"] == clients["read"] - clients["held"] - clients["skipped"]
