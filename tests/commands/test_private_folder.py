"""The private folder of `read` and `trial` is removed however the command ends; other folders are kept."""

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from app.commands.private import LOCK, PREFIX, remove_ownerless
from app.lifetime import ENDING_SIGNALS
from tests.harness.waiting import patience, until
from tests.workers.story import ROOT

pytestmark = pytest.mark.usefixtures("hang_ups_are_heard")

HOLDER = """
import sys, time
from app.cli import {entry} as entry
from app.commands import read
from app.commands.private import private_folder
def wait(*given, **more):
    with private_folder() as folder:
        (folder / "storage.key").write_text("k")
        print(folder, flush=True)
        time.sleep(600)
read.read = wait
sys.argv = ["caspen-import", "read", "x.zip"]
entry()
"""


def entry() -> str:
    """The function that the installed `caspen-import` calls."""
    target = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["caspen-import"]
    module, _, name = target.partition(":")
    assert module == "app.cli"
    assert hasattr(import_module(module), name)
    return str(name)


def held(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A command that has its private folder, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(entry=entry())],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert folder.parent == place
    return process, folder


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_every_signal_that_ends_a_command_removes_its_folder(tmp_path: Path, number: int) -> None:
    process, folder = held(tmp_path)
    process.send_signal(number)
    process.wait(patience(60))
    assert not folder.exists()
    assert process.returncode > 0


def test_a_killed_command_leaves_a_folder_that_the_next_one_removes_and_a_running_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    killed, left = held(tmp_path)
    killed.kill()
    killed.wait(patience(60))
    assert (left / "storage.key").exists()
    running, kept = held(tmp_path)
    try:
        until(lambda: not left.exists())
        remove_ownerless(tmp_path)
        assert (kept / "storage.key").exists()
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(patience(60))


def without_lock(folder: Path) -> Path:
    (folder / LOCK).unlink()
    return folder


def readable_by_others(folder: Path) -> Path:
    folder.chmod(0o755)
    return folder


def of_another_name(folder: Path) -> Path:
    return folder.rename(folder.with_name("another-name"))


def behind_a_link(folder: Path) -> Path:
    target = folder.rename(folder.with_name("target"))
    folder.symlink_to(target)
    return target


def locked_by_a_link(folder: Path) -> Path:
    (folder / LOCK).rename(folder / "elsewhere")
    (folder / LOCK).symlink_to(folder / "elsewhere")
    return folder


@pytest.mark.parametrize(
    "change",
    [without_lock, readable_by_others, of_another_name, behind_a_link, locked_by_a_link],
    ids=lambda change: change.__name__,
)
def test_a_folder_that_is_not_certainly_ours_is_left(tmp_path: Path, change: object) -> None:
    folder = tmp_path / f"{PREFIX}x"
    folder.mkdir(mode=0o700)
    (folder / LOCK).touch()
    assert callable(change)
    left = change(folder)
    remove_ownerless(tmp_path)
    assert left.exists()
    shutil.rmtree(left)
