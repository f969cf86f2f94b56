"""Runs `caspen-import serve` as its own process, lists what it started, and ends it in every way."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from tests.harness.waiting import happens, patience, until
from tests.workers.story import ROOT

STARTS_WITHIN = 120.0
GONE_WITHIN = 20.0
OF_THIS_RUN = ("REDIS_URL", "DATABASE_URL", "CASPEN_DATABASE_URL", "BASE_URL", "PORT", "EMBEDDED_REDIS")


def processes_of(folder: Path) -> dict[int, str]:
    """The running processes with this folder as VAR: command lines by process id."""
    mark = b"VAR=" + str(folder).encode()
    running = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (place / "environ").read_bytes().split(b"\0"):
                running[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # gone in the meantime
            continue
    return running


class Served:
    """A served product with its worker and its Redis. `more` are settings for its environment."""

    def __init__(self, folder: Path, port: int, more: Mapping[str, str] | None = None, *words: str) -> None:
        self.folder, self.port = folder, port
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THIS_RUN}
        environment = {**inherited, "VAR": str(folder), "ENVIRONMENT": "test", **(more or {})}
        self.terminal, inside = os.openpty()
        self.log = folder.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *words],
                cwd=ROOT,
                env=environment,
                stdin=inside,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_takes_terminal,
            )
        os.close(inside)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def until_ready(self, *, pages_only: bool = False) -> None:
        """Waits until pages, worker and Redis run."""
        until(lambda: self._answers() and (pages_only or bool(self.running("-m workers "))), STARTS_WITHIN)

    def running(self, words: str = "") -> list[int]:
        return [pid for pid, command in processes_of(self.folder).items() if words in command]

    def until_gone(self, seconds: float = GONE_WITHIN) -> dict[int, str]:
        """Waits until no process of the product runs. Returns the processes that are left after `seconds`."""
        self.process.wait(timeout=patience(seconds))
        happens(lambda: not processes_of(self.folder), seconds)
        return processes_of(self.folder)

    def clear(self) -> None:
        """Ends every process."""
        if self.terminal >= 0:
            close_terminal(self)
        for pid in (self.process.pid, *processes_of(self.folder)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-2000:]
        try:
            return httpx.get(f"{self.url}/readyz", timeout=patience(5)).status_code == 200
        except httpx.TransportError:
            return False


def _takes_terminal() -> None:
    """Makes the terminal the controlling terminal of the new session, like a shell before it starts a command."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def close_terminal(served: Served) -> None:
    """Closes the terminal, as when its window is closed."""
    os.close(served.terminal)
    served.terminal = -1


def _send(number: int) -> Callable[[Served], None]:
    return lambda served: served.process.send_signal(number)


ENDS: dict[str, Callable[[Served], None]] = {
    "SIGTERM": _send(signal.SIGTERM),
    "SIGINT": _send(signal.SIGINT),
    "SIGHUP": _send(signal.SIGHUP),
    "SIGKILL": _send(signal.SIGKILL),
    "closed terminal": close_terminal,
}
