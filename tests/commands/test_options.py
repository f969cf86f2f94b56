"""Every option of `read` and `trial` with wrong values: one sentence, status 2 and JSON, before any work."""

import json
import os
from pathlib import Path

import pytest

from tests.commands.test_trial import P, run
from tests.harness.clinic import clinic_files
from tests.harness.ready_process import run_ready

READ = {"export", "inventory", "references", "problems"}
TRIAL = READ | {"kinds", "balanced", "digest", "seconds", "peak_rss_mb"}
GARBAGE = "\x01\ufffd'; --\n{}" + "x" * 300
"""A value that no option accepts, longer than a file name may be."""
FILES = {
    "missing folder": "nowhere/deep/file",
    "file for a folder": "a_file/inside",
    "no permission": "/proc/nothing/x",
    "empty": "",
    "garbage": GARBAGE,
}
FOLDERS = {"file for a folder": "a_file", "no permission": "/proc/nothing", "garbage": "a_file/" + GARBAGE}
ADDRESSES = {
    "another kind": "mysql://secret:word@x/y",
    "no address": "hello",
    "empty": "",
    "garbage": GARBAGE,
    "no port": "postgresql://secret:word@h:abc/x",
    "another driver": "postgresql+nothing://h/x",
    "memory": "sqlite://",
    "memory by name": "sqlite:///:memory:",
    "a folder": "sqlite:///{at}",
    "a file for a folder": "sqlite:///{at}/a_file/x.sqlite",
    "no database": "sqlite:///{at}/a_file",
    "no permission": "sqlite:////proc/nothing/x.sqlite",
    "nobody answers": "postgresql://secret:word@127.0.0.1:1/x",
}
NUMBERS = {"a word": "soon", "empty": "", "garbage": GARBAGE, "below zero": "-1"}
WRONG: dict[str, dict[str, str]] = {
    "--json": {**FILES, "folder for a file": "."},
    "--keep": FOLDERS,
    "--records": FOLDERS,
    "--workspace": {**FILES, "folder for a file": ".", "no YAML": "a_file"},
    "--plan": {**FILES, "folder for a file": ".", "no YAML": "a_file"},
    "--database": ADDRESSES,
    "--wait": {**NUMBERS, "no number": "nan", "no end": "inf"},
    "--workers": {**NUMBERS, "none": "0", "too many": "65"},
    "--no-such-option": {"at all": "1"},
}
OF_READ = ("--json", "--keep", "--wait", "--no-such-option")
CASES = [
    (command, option, name)
    for option, values in WRONG.items()
    for name in values
    for command in ("read", "trial")
    if command == "trial" or option in OF_READ
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a command is given in: an export in it, and a file that is neither a folder nor YAML."""
    (tmp_path / "export").mkdir()
    for name, text in clinic_files(3, 3).items():
        (tmp_path / "export" / name).write_text(text)
    (tmp_path / "a_file").write_text("secret: [" * 200)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that begins fails."""

    def begin(*_: object, **__: object) -> None:
        raise AssertionError("work has begun")

    for module in ("read", "trial"):
        monkeypatch.setattr(f"app.commands.{module}.begin_private", begin)


@pytest.mark.parametrize(("command", "option", "name"), CASES)
@pytest.mark.usefixtures("no_work")
def test_a_wrong_value_is_one_sentence_and_status_2_before_any_work(
    place: Path, command: str, option: str, name: str
) -> None:
    before = sorted(place.rglob("*"))
    value = WRONG[option][name].replace("{at}", str(place))
    ended = run(command, "export", *(() if option == "--json" else ("--json", "answer.json")), option, value)
    assert ended.exit_code == 2
    assert isinstance(ended.exception, SystemExit)
    assert "Traceback" not in ended.output
    assert "secret" not in ended.output
    assert ended.stderr.strip()
    if option == "--json":
        assert ended.stderr.count("\n") == value.count("\n") + 1
        assert sorted(place.rglob("*")) == before
        return
    answer = json.loads((place / "answer.json").read_text())
    codes = [problem["code"] for problem in answer["problems"]]
    assert codes == (["option_file_unusable"] if option in ("--workspace", "--plan") else ["option_unusable"])
    assert set(answer) == (TRIAL if command == "trial" else READ)
    assert all(set(problem) == P for problem in answer["problems"])
    (place / "answer.json").unlink()
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize("command", ["read", "trial"])
@pytest.mark.parametrize("written", ["--json answer.json", "--json=answer.json"])
def test_a_command_line_that_lacks_the_export_is_answered(place: Path, command: str, written: str) -> None:
    assert run(command, *written.split()).exit_code == 2
    assert [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]] == ["option_unusable"]


@pytest.mark.parametrize("command", ["read", "trial"])
@pytest.mark.parametrize(
    "settings",
    [
        {"LINKS_TEST_NETWORK": "net.json", "ENVIRONMENT": "development"},
        {"LINKS_TEST_NETWORK": "nowhere.json", "ENVIRONMENT": "test"},
        {"LINKS_TEST_NETWORK": "a_file", "ENVIRONMENT": "test"},
        {"LINKS_MAX_BYTES": "many"},
        {"ENVIRONMENT": "nowhere"},
        {"LEASE_SECONDS": "soon"},
    ],
    ids=lambda settings: "-".join(settings.values()),
)
@pytest.mark.usefixtures("no_work")
def test_a_setting_that_cannot_be_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, command: str, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ended = run(command, "export", "--json", "answer.json")
    assert ended.exit_code == 2
    assert [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]] == ["option_unusable"]
    assert ended.stderr.count("\n") == 1
    assert next(iter(settings)) in ended.stderr


@pytest.mark.parametrize("command", ["read", "trial"])
def test_a_fault_of_ours_is_answered_without_its_message(
    place: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def fails(self: object, *_: object) -> None:
        raise ValueError("secret cell of Ann Lee")

    monkeypatch.setattr("app.commands.drive.Driver.run", fails)
    ended = run(command, "export", "--json", "answer.json")
    assert ended.exit_code == 2
    assert "secret" not in ended.output + (place / "answer.json").read_text()
    assert f"ValueError at app/commands/{command}.py, line" in ended.stderr
    assert [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]] == ["command_failed"]


def test_an_answer_that_cannot_be_written_at_the_end_is_reported(place: Path) -> None:
    ended = run("read", "export", "--json", "/dev/full")
    assert ended.exit_code == 2
    assert "--json: the answer cannot be written" in ended.stderr


@pytest.mark.parametrize("value", ["answer.json", "/dev/null", "-"])
def test_a_value_that_can_be_written_is_taken(place: Path, value: str) -> None:
    assert run("read", "export", "--json", value).exit_code == 0


def test_serve_and_worker_name_a_setting_that_cannot_be(place: Path) -> None:
    for command in ("serve", "worker"):
        given = {"LINKS_TEST_NETWORK": "x", "ENVIRONMENT": "development"}
        ended = run_ready("app.cli", command, environment={**os.environ, **given}, folder=place, seconds=60)
        assert ended.returncode == 2, ended.stderr
        assert "Traceback" not in ended.stderr
        assert "LINKS_TEST_NETWORK" in ended.stderr


@pytest.mark.parametrize(
    "given",
    [
        "ftp://drive.google.com/x",
        "file:///etc/passwd",
        "file:/etc/passwd",
        "sftp://h.example/x",
        "s3://bucket/key",
        "javascript:alert(1)",
        "data:text/csv,a",
        " ftp://h.example/x",
        "gopher://h.example",
        "blob:https:x",
    ],
)
@pytest.mark.parametrize("command", ["read", "trial"])
def test_an_address_that_is_no_web_link_is_malformed(place: Path, command: str, given: str) -> None:
    assert run(command, given, "--json", "answer.json").exit_code == 2
    assert [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]] == ["link_malformed"]


@pytest.mark.parametrize("given", ["C:/exports/x.zip", "export 2", "a:b.zip", "nowhere/x.zip", "10.0.0.1/x"])
def test_a_path_that_is_not_there_is_not_found(place: Path, given: str) -> None:
    assert run("read", given, "--json", "answer.json").exit_code == 2
    assert [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]] == ["export_not_found"]


REPEATED = {
    "at the top": ("country: AU\ntimezone: Australia/Perth\ncountry: NZ\n", 3),
    "in a table": ("services:\n  '1': leave_out\n  '2': create\n  '1': create\n", 4),
    "as a number": ("services:\n  '1': leave_out\n  1: create\n", 3),
    "in one line": ("services: {7: create, 7: leave_out}\n", 1),
    "deeper": ("column_pairs:\n  a.csv:\n    Name: first_name\n    Name: last_name\n", 4),
    "in a list": ("leave_out_kinds:\n- {a: 1,\n   a: 2}\n", 3),
    "as JSON": ('{"country": "AU",\n"country": "NZ"}', 2),
}


@pytest.mark.parametrize("option", ["--plan", "--workspace"])
@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.usefixtures("no_work")
def test_a_repeated_name_in_a_file_is_refused_with_its_line(place: Path, option: str, name: str) -> None:
    text, line = REPEATED[name]
    (place / "given.yaml").write_text(text)
    ended = run("trial", "export", option, "given.yaml", "--json", "answer.json")
    assert ended.exit_code == 2
    assert f"line {line}: this name stands here a second time" in ended.stderr
    assert "NZ" not in ended.output
    codes = [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]]
    assert codes == ["option_file_unusable"]


def test_a_file_that_is_answered_by_its_path_and_by_its_name_is_refused(place: Path) -> None:
    (place / "export" / "sub").mkdir()
    (place / "export" / "Patients.csv").rename(place / "export" / "sub" / "Patients.csv")
    for name, some in {"file_kinds": ("patients", "contacts"), "file_encodings": ("UTF-8", "MacRoman")}.items():
        (place / "plan.yaml").write_text(f"{name}:\n  sub/Patients.csv: {some[0]}\n  Patients.csv: {some[1]}\n")
        ended = run("trial", "export", "--plan", "plan.yaml", "--json", "answer.json")
        assert ended.exit_code == 2
        assert "answered twice" in ended.stderr


@pytest.mark.parametrize(
    "text",
    [
        "name: ''", "name: '  '", "name: x\ncountry: XX", "name: x\nlocations: [{name: ''}]", "a: 2020-13-45",
        "name: x\nusers: [{name: A, email: a@b.example, role: king}]", "name: x\nservices: [{name: S, duration: 0}]",
        "name: &a [*a]", "[" * 5000, "? [a]\n: 1", "name: x\nname: y",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("no_work")
def test_a_workspace_that_cannot_be_is_refused_before_any_work(place: Path, text: str) -> None:
    (place / "w.yaml").write_text(text)
    ended = run("trial", "export", "--workspace", "w.yaml", "--json", "answer.json")
    assert ended.exit_code == 2
    codes = [p["code"] for p in json.loads((place / "answer.json").read_text())["problems"]]
    assert codes == ["option_file_unusable"]


@pytest.mark.parametrize("out", ["nowhere/s.zip", ".", "a_file/s.zip"])
def test_a_sample_that_cannot_be_written_is_one_sentence(place: Path, out: str) -> None:
    ended = run("sample", out)
    assert (ended.exit_code, ended.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("file", ["nowhere", ".", "binary"])
def test_links_that_cannot_be_read_are_one_sentence(place: Path, file: str) -> None:
    (place / "binary").write_bytes(b"\xff\xfe\x80")
    ended = run("check-links", file)
    assert (ended.exit_code, ended.stderr.count("\n")) == (2, 1)
