"""Runs the command `trial` without a child process, for tests whose claim is about the export, not about processes.

The command's child process costs a second of CPU to start, and making the empty databases costs a third of a second.
Here the turns are taken in this process, by the same work loop, and the empty databases are copies.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from app.commands import drive, private
from app.db import Database
from app.lifetime import Starts
from app.settings import Settings
from app.worker.memory import peak_mb
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import Drained, WorkerTurn, drain
from tests.harness.clinic import copy_empty_databases


class TurnsHere:
    """Takes the place of a `ChildProcess`: each turn is taken in the calling thread."""

    def __init__(self, settings: Settings, _ledger: Database, _environment: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self.starts = Starts()
        self.peak_mb = 0.0
        self._runtime: Runtime | None = None
        self._turn = WorkerTurn("turns here")
        self._lock = threading.Lock()

    def drain(self, migration_id: str, seconds: float) -> Drained:
        with self._lock:
            self._runtime = self._runtime or open_runtime(self.settings)
            done = drain(self._runtime, migration_id, seconds, self._turn)
            self.peak_mb = peak_mb()
            return done

    def stop(self) -> None:
        with self._lock:
            runtime, self._runtime = self._runtime, None
            if runtime is not None:
                runtime.close()


def _open_on_copies(settings: Settings) -> Runtime:
    copy_empty_databases(settings.var)
    return open_runtime(settings)


@contextmanager
def turns_here() -> Iterator[None]:
    """Commands that this process runs in the block take their turns themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drive, "ChildProcess", TurnsHere)
        patch.setattr(private, "open_runtime", _open_on_copies)
        yield
