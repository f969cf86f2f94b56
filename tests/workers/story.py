"""Worker processes that tests watch and kill, and a clinic on the same engine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from app.commands.drive import environment_of
from app.settings import Settings
from tests.harness.waiting import patience

ROOT = Path(__file__).parents[2]


def child_of(worker: int) -> int | None:
    """The child process of a worker, or None before its start."""
    path = Path(f"/proc/{worker}/task/{worker}/children")
    children = path.read_text().split() if path.exists() else []
    return int(children[0]) if children else None


def kill_with_child(worker: int) -> None:
    """Kills a worker and its child with SIGKILL, as when their machine fails."""
    for pid in (child_of(worker), worker):
        with suppress(ProcessLookupError):
            if pid is not None:
                os.killpg(pid, signal.SIGKILL)


class WorkerProcess:
    """One `caspen-import worker`."""

    def __init__(self, settings: Settings, module: str = "workers", more: Mapping[str, str] | None = None) -> None:
        environment = {**os.environ, **environment_of(settings), **(more or {})}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def child(self) -> int | None:
        """The child process of the worker, or None before its start."""
        return child_of(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_all(self) -> None:
        """Kills the worker and its child, as when their machine fails."""
        kill_with_child(self.process.pid)
        self.process.wait()

    def stop(self) -> float:
        """Stops the worker, and returns the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=patience(30))
        return time.monotonic() - began


@contextmanager
def a_worker(settings: Settings, module: str = "workers") -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings, module)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.stop()
