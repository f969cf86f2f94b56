"""An entry of a folder that is no file is never read, and is reported like such an entry of a zip."""

import json
import os
import socket
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.harness.clinic import clinic_files

pytestmark = pytest.mark.usefixtures("takes_turns_here")
SECRET = "a secret of another folder"


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(place.parent)  # the address of a socket has 108 bytes at most
        try:
            listening.bind(place.name)
        finally:
            os.chdir(here)


NO_FILES: dict[str, Callable[[Path, Path], None]] = {
    "a link to a file": lambda place, outside: place.symlink_to(outside / "secret.txt"),
    "a link to a folder": lambda place, outside: place.symlink_to(outside),
    "a link to a file of the export": lambda place, outside: place.symlink_to(place.parent / "kept.txt"),
    "a link to nothing": lambda place, outside: place.symlink_to(outside / "gone"),
    "a link to itself": lambda place, outside: place.symlink_to(place),
    "a pipe": lambda place, outside: os.mkfifo(place),
    "a socket": lambda place, outside: _socket(place),
}
PLACES = ("Patients (1).csv", "notes.txt", "Patient files/1000/scan.pdf", "Treatment notes/1000/2024-01-02 Note.html")


def folder_of(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for path, text in clinic_files().items():
        (folder / path).write_text(text)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    return folder


def answer_of(folder: Path, command: str) -> dict[str, Any]:
    answer = folder.parent / "answer.json"
    assert CliRunner().invoke(app, [command, str(folder), "--json", str(answer)]).exit_code == 0
    content: dict[str, Any] = json.loads(answer.read_text())
    assert SECRET not in answer.read_text()
    return content


@pytest.mark.parametrize("command", ["read", "trial"])
def test_every_entry_that_is_no_file_is_named(command: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    made = set()
    for number, (name, place) in enumerate(product(NO_FILES, PLACES)):
        at = folder / f"{number}" / place
        at.parent.mkdir(parents=True)
        NO_FILES[name](at, folder.parent / "outside")
        made.add(f"{number}/{place}")
    answer = answer_of(folder, command)
    reported = [problem for problem in answer["problems"] if problem["code"] == "unsafe_path"]
    assert sum(problem["count"] for problem in reported) == len(made)
    assert {problem["level"] for problem in reported} == {"skipped"}
    assert {problem["file"] for problem in reported} <= made
    assert answer.get("balanced", True)


def test_what_an_operating_system_leaves_is_not_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / ".~lock.Patients.csv#").symlink_to("someone@machine")
    assert "unsafe_path" not in {problem["code"] for problem in answer_of(folder, "read")["problems"]}
