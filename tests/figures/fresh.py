"""A fresh machine without Redis: `make run` starts the product, and a clinic completes its move."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.figures.figure import Measure, Reached
from tests.figures.forms import Browser
from tests.figures.walk import whole
from tests.harness.free_ports import free_port
from tests.harness.waiting import patience, until

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 180.0
WITHOUT = ("redis-server", "valkey-server")
OF_THIS_RUN = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "REDIS_URL", "VAR", "ENVIRONMENT", "DATABASE_URL")


def clone(to: Path) -> None:
    """Clones the committed files, and nothing else of this folder."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(to)], check=True, capture_output=True)


def programs_without(folder: Path, missing: tuple[str, ...] = WITHOUT) -> Path:
    """A folder that leads to every program on PATH but some."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        if not Path(place).is_dir() or Path(place).is_relative_to(ROOT):
            continue
        for program in Path(place).iterdir():
            link = folder / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return folder


@contextmanager
def fresh_machine() -> Iterator[tuple[str, float]]:
    """`make run` in a fresh clone: the address that it prints, and after how many seconds it answers there."""
    folder = Path(tempfile.mkdtemp(prefix="caspen-fresh-"))
    try:
        clone(folder / "clone")
        environment = {name: value for name, value in os.environ.items() if name not in OF_THIS_RUN}
        environment["PATH"] = str(programs_without(folder / "bin"))
        log = folder / "log"
        port = free_port()
        began = time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["make", "run", f"PORT={port}"],
                cwd=folder / "clone",
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            url = _address(log, process)
            yield url, time.monotonic() - began
        finally:
            _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    def address() -> str | None:
        if process.poll() is not None:
            raise RuntimeError(f"no address: {log.read_text(errors='replace')[-1500:]}")
        match = re.search(r"http://[\w.]+:(\d+)", log.read_text(errors="replace"))
        return f"http://127.0.0.1:{match[1]}" if match and _answers(int(match[1])) else None

    return until(address, STARTS_WITHIN * 2) or ""


def until_answers(port: int, seconds: float) -> None:
    """Waits for a server."""
    until(lambda: _answers(port), seconds)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(patience(1))
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, as at a terminal: everything that was started gets it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=patience(30))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def moves_on_a_fresh_machine(_long: bool) -> Reached:
    with fresh_machine() as (url, seconds):
        began = time.monotonic()
        with Browser(url) as browser:
            whole(browser)
        moved = time.monotonic() - began
    words = f"an address after {seconds:.0f} s, live {moved:.0f} s later"
    return Reached(words, ok=seconds <= STARTS_WITHIN)


MEASURES = (
    Measure(
        "`make run` in a fresh clone without Redis", "an address within 180 s, then live", moves_on_a_fresh_machine
    ),
)
