"""A fault in the databases or the key of an installation is reported at the start, in one line that names what to mend;
no new database replaces a missing one.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import settings as settings_module
from app.cli import app
from app.commands.drive import environment_of
from app.db import now
from app.migration.models import Migration
from app.settings import Settings
from app.worker.installation import BEGUN, CannotStart
from app.worker.runtime import check_installation, open_runtime
from tests.harness.clinic import clinic_in, runtime_in, settings_in
from tests.harness.free_ports import free_port
from tests.harness.ready_process import run_ready

LONG_KEY = "another-storage-key-of-its-own-01"


@pytest.fixture
def begun(tmp_path: Path) -> Settings:
    """Settings of an installation that was started once."""
    settings = settings_in(tmp_path / "var")
    open_runtime(settings).close()
    return settings


def ledger_of(settings: Settings) -> Path:
    return settings.var / "ledger.sqlite"


def removed(settings: Settings) -> None:
    for path in settings.var.glob("ledger.sqlite*"):
        path.unlink()


def emptied(settings: Settings) -> None:
    removed(settings)
    ledger_of(settings).touch()


def overwritten(settings: Settings) -> None:
    removed(settings)
    ledger_of(settings).write_bytes(b"no database at all " * 500)


def cut_short(settings: Settings) -> None:
    checkpointed(settings)
    whole = ledger_of(settings).read_bytes()
    ledger_of(settings).write_bytes(whole[: len(whole) // 2 // 4096 * 4096])


def scribbled(settings: Settings) -> None:
    checkpointed(settings)
    with ledger_of(settings).open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 6)


def checkpointed(settings: Settings) -> None:
    connection = sqlite3.connect(ledger_of(settings))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def from_the_future(settings: Settings) -> None:
    connection = sqlite3.connect(ledger_of(settings))
    with connection:
        connection.execute("UPDATE revision_of_ledger SET version_num = '9999'")
    connection.close()


COMMANDS = (
    ["app.cli", "serve"],
    ["app.cli", "serve", "--web-only"],
    ["app.cli", "worker"],
    ["workers"],
)
LOSSES: dict[Callable[[Settings], None], str] = {
    removed: "is gone or empty",
    emptied: "is gone or empty",
    overwritten: "damaged",
    cut_short: "damaged",
    scribbled: "damaged",
    from_the_future: "has revision 9999",
}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_every_loss_of_a_ledger_is_one_line_at_the_start(begun: Settings, loss: Callable[[Settings], None]) -> None:
    loss(begun)
    for _ in range(2):  # the first refusal mends nothing
        with pytest.raises(CannotStart, match=LOSSES[loss]) as refusal:
            check_installation(begun)
        assert "\n" not in str(refusal.value)


def test_another_storage_key_is_refused_and_the_former_one_taken_again(begun: Settings) -> None:
    other = begun.model_copy(update={"storage_key": LONG_KEY})
    with pytest.raises(CannotStart, match="STORAGE_KEY") as refusal:
        check_installation(other)
    assert LONG_KEY not in str(refusal.value)
    check_installation(begun)


def test_a_ledger_that_is_moved_with_its_folder_goes_on(begun: Settings) -> None:
    moved = begun.var.rename(begun.var.with_name("elsewhere"))
    check_installation(settings_in(moved))


def test_an_operator_can_begin_with_a_new_ledger(begun: Settings) -> None:
    removed(begun)
    (begun.var / BEGUN).unlink()
    check_installation(begun)


@pytest.mark.parametrize("loss", [removed, emptied], ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("sign", ["mark", "objects of moves"])
def test_a_folder_that_was_moved_or_has_no_mark_still_knows_that_its_ledger_is_gone(
    begun: Settings, loss: Callable[[Settings], None], sign: str
) -> None:
    if sign == "objects of moves":
        (begun.var / BEGUN).unlink()
        (begun.var / "objects" / "mig_one").mkdir(parents=True)
    moved = settings_in(begun.var.rename(begun.var.with_name("elsewhere")))
    loss(moved)
    mark = moved.var / BEGUN
    before = mark.read_bytes() if mark.exists() else None
    for _ in range(2):
        with pytest.raises(CannotStart, match=r"gone or empty.*to begin anew, move") as refusal:
            check_installation(moved)
        assert str(ledger_of(moved)) in str(refusal.value)
        assert (mark.read_bytes() if mark.exists() else None) == before


def test_the_mark_of_a_ledger_is_written_once(begun: Settings) -> None:
    before = (begun.var / BEGUN).read_bytes()
    moved = settings_in(begun.var.rename(begun.var.with_name("elsewhere")))
    check_installation(moved)
    assert (moved.var / BEGUN).read_bytes() == before


def live_removed(settings: Settings) -> None:
    for path in (settings.var / "caspen").glob("live.sqlite*"):
        path.unlink()


def live_emptied(settings: Settings) -> None:
    live_removed(settings)
    (settings.var / "caspen" / "live.sqlite").touch()


def live_without_workspaces(settings: Settings) -> None:
    connection = sqlite3.connect(settings.var / "caspen" / "live.sqlite")
    with connection:
        connection.execute("DELETE FROM workspaces")
    connection.close()


LIVE_LOSSES = [live_removed, live_emptied, live_without_workspaces]


def finalise(settings: Settings) -> None:
    with runtime_in(settings.var) as runtime:
        clinic = clinic_in(runtime)
        with runtime.ledger.write() as session:
            session.get_one(Migration, clinic.id).finalised_at = now()


@pytest.mark.parametrize("loss", LIVE_LOSSES, ids=lambda loss: loss.__name__)
def test_a_missing_live_database_after_a_move_is_one_line_at_the_start(
    begun: Settings, loss: Callable[[Settings], None]
) -> None:
    finalise(begun)
    check_installation(begun)
    loss(begun)
    for _ in range(2):
        with pytest.raises(CannotStart, match=r"Caspen's database .* is gone or empty") as refusal:
            check_installation(begun)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("loss", LIVE_LOSSES, ids=lambda loss: loss.__name__)
def test_a_live_database_that_no_move_came_to_is_made_again(begun: Settings, loss: Callable[[Settings], None]) -> None:
    loss(begun)
    check_installation(begun)


@pytest.mark.postgres
def test_an_empty_postgres_is_refused_where_the_folder_was_used_before(begun: Settings, postgres: str) -> None:
    server = begun.model_copy(update={"database_url": postgres, "caspen_database_url": postgres})
    with pytest.raises(CannotStart, match="gone or empty") as refusal:
        check_installation(server)
    assert "\n" not in str(refusal.value)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("loss", [removed, overwritten, from_the_future, None])
def test_serve_and_worker_end_with_one_line(
    begun: Settings, command: list[str], loss: Callable[[Settings], None] | None
) -> None:
    if loss is not None:
        loss(begun)
    key = {} if loss is not None else {"STORAGE_KEY": LONG_KEY}
    environment = {**os.environ, **environment_of(begun), "PORT": str(free_port()), **key}
    ended = run_ready(*command, environment=environment, seconds=180)
    lines = [line for line in ended.stderr.splitlines() if "known faults in reading zips" not in line]
    assert ended.returncode in (1, 2)
    assert len(lines) == 1, lines
    assert ("STORAGE_KEY" if loss is None else LOSSES[loss]) in lines[0]


@pytest.mark.parametrize("command", [["check-live"], ["audit", "verify"]], ids="-".join)
@pytest.mark.parametrize("loss", [removed, overwritten, from_the_future, None])
def test_a_command_that_checks_ends_with_one_line(
    begun: Settings,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    loss: Callable[[Settings], None] | None,
) -> None:
    if loss is not None:
        loss(begun)
    chosen = begun if loss is not None else begun.model_copy(update={"storage_key": LONG_KEY})
    monkeypatch.setattr(settings_module, "settings", lambda: chosen)
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ("STORAGE_KEY" if loss is None else LOSSES[loss]) in ended.stderr
    assert ended.stderr.count("\n") == 1


def file_instead(place: str) -> Callable[[Settings], None]:
    def put(settings: Settings) -> None:
        path = settings.var / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    return put


NO_FOLDERS: dict[str, tuple[str, Callable[[Settings], None]]] = {
    "VAR is a file": ("var", file_instead("")),
    "a folder above VAR is a file": ("var/below", lambda settings: file_instead("")(settings_in(settings.var.parent))),
    "VAR has a name that is too long": ("v" * 300, lambda _: None),
    **{f"{name} is a file": ("var", file_instead(name)) for name in ("scratch", "objects", "caspen")},
}


@pytest.mark.parametrize("name", NO_FOLDERS)
def test_a_folder_that_cannot_be_made_is_one_line_at_the_start(tmp_path: Path, name: str) -> None:
    place, spoil = NO_FOLDERS[name]
    settings = settings_in(tmp_path / place)
    spoil(settings)
    with pytest.raises(CannotStart, match=r"cannot be used as a folder .*VAR") as refusal:
        check_installation(settings)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command))
def test_every_command_says_in_words_that_its_folder_is_a_file(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "var").touch()
    port = ["--port", str(free_port())] if "serve" in command else []
    environment = {**os.environ, **environment_of(settings_in(tmp_path / "var"))}
    ended = run_ready(*command, *port, environment=environment, seconds=60)
    assert ended.returncode in (1, 2)
    assert "cannot be used as a folder" in ended.stderr
    assert "Traceback" not in ended.stderr
