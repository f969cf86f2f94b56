"""The heartbeat of a piece of work: shows the clinic that rows advance, and other workers that the piece is held."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from app.db import Database
from app.reading.file_watch import FileWatch
from app.settings import Settings
from app.worker.current_file import CurrentFile
from app.worker.excluded_files import excluded_files, note_opening
from app.worker.leases import Lease, LostLease, renew

UNEXPLAINED = 3  # attempts that ended without a known cause
log = structlog.get_logger()


class WorkerStopping(Exception):
    """This worker must stop. The piece in progress is released as if untouched."""


def nothing() -> None:
    """Does nothing, for a process without a supervisor."""


def never() -> bool:
    return False


class Heartbeat:
    """Called as rows advance. Renews the lease every few seconds, and calls `alive` for the supervisor."""

    def __init__(
        self,
        ledger: Database,
        lease: Lease,
        settings: Settings,
        stopping: Callable[[], bool] = never,
        alive: Callable[[], None] = nothing,
        current: CurrentFile | None = None,
    ) -> None:
        self.ledger = ledger
        self.lease = lease
        self.settings = settings
        self.stopping = stopping
        self.alive = alive
        self.current = current or CurrentFile()
        self.done = 0
        self._last_beat = time.monotonic()

    def __call__(self, done: int | None = None) -> None:
        """Raises LostLease when another worker holds the piece, WorkerStopping when this worker must stop."""
        if done is not None:
            self.done = done
        if self.stopping():
            raise WorkerStopping
        if not self._seconds_left():
            self._beat()

    def watch(self) -> FileWatch:
        """Opens files of an export with a note of each file, and refuses excluded files."""
        marker = self.settings.killer_marker
        return FileWatch(self._opening, excluded_files(self.lease.result), marker, advancing=self)

    def _opening(self, key: str) -> None:
        self.current.write(key)
        if self.lease.attempts > UNEXPLAINED:  # the supervisor may die with this process, so the ledger notes the file
            note_opening(self.ledger, self.lease, key)

    def leave_file(self) -> None:
        """Notes that no file is being read, so that later failures are not blamed on a file."""
        self.current.clear()

    @contextmanager
    def during(self) -> Iterator[None]:
        """Keeps the lease while one long statement runs that advances no rows, up to the part deadline."""
        over = threading.Event()
        lost: list[LostLease] = []
        until = time.monotonic() + self.settings.part_deadline_seconds

        def beat() -> None:
            while not over.wait(self._seconds_left()) and time.monotonic() < until:
                try:
                    self._beat()
                except LostLease as gone:
                    lost.append(gone)
                    return
                except Exception as fault:  # the next beat may succeed; without a beat the lease expires
                    log.warning("heartbeat_missed", fault=type(fault).__name__)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if lost:
            raise lost[0]

    def _seconds_left(self) -> float:
        """The seconds until the next beat: a piece that was just claimed, or just renewed, needs none yet."""
        return max(0.0, self._last_beat + self.settings.heartbeat_seconds - time.monotonic())

    def _beat(self) -> None:
        self._last_beat = time.monotonic()  # also of a beat that fails: the next one waits its interval
        self.alive()
        renew(self.ledger, self.lease, self.settings.lease_seconds, self.done)
