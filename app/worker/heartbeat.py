"""The sign of work: a clinic sees that rows advance, and other workers see that somebody is at it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from app.db import Database
from app.reading.file_watch import FileWatch
from app.settings import Settings
from app.worker.current_file import CurrentFile
from app.worker.leases import Lease, LostLease, note_opening, renew, set_aside

UNEXPLAINED = 3  # attempts that ended and nobody knows why
log = structlog.get_logger()


class Dropped(Exception):
    """This worker is asked to stop: the piece in hand is laid back as if untouched."""


def nothing() -> None:
    """Nobody watches this process."""


def never() -> bool:
    return False


class Heartbeat:
    """Called as rows advance; renews the lease every few seconds. `alive` tells the supervisor beside us."""

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
        self._renewed = time.monotonic()

    def __call__(self, done: int | None = None) -> None:
        """Raises LostLease when the piece is no longer ours, Dropped when this worker must stop."""
        if done is not None:
            self.done = done
        if self.stopping():
            raise Dropped
        if time.monotonic() - self._renewed >= self.settings.heartbeat_seconds:
            self.alive()
            self._renew()

    def watch(self) -> FileWatch:
        """How the files of an export are opened: each is noted before it is read, those set aside are refused."""
        marker = self.settings.killer_marker
        return FileWatch(self._opening, set_aside(self.lease.result), marker, advancing=self)

    def _opening(self, key: str) -> None:
        self.current.write(key)
        if (
            self.lease.attempts > UNEXPLAINED
        ):  # the supervisor may be dying with this process: the ledger must know as well
            note_opening(self.ledger, self.lease, key)

    def leave_file(self) -> None:
        """No file is being read any more: what happens from now on is no file's doing."""
        self.current.clear()

    @contextmanager
    def during(self) -> Iterator[None]:
        """Keeps the lease while one long statement runs, that advances no rows for us to count. Not for ever."""
        over = threading.Event()
        lost: list[LostLease] = []
        until = time.monotonic() + self.settings.part_deadline_seconds

        def beat() -> None:
            while not over.wait(self.settings.heartbeat_seconds) and time.monotonic() < until:
                try:
                    self.alive()
                    self._renew()
                except LostLease as gone:
                    lost.append(gone)
                    return
                except Exception as fault:  # the next beat may come through; without one the lease ends by itself
                    log.warning("heartbeat_missed", fault=type(fault).__name__)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        self._renew()
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if lost:
            raise lost[0]

    def _renew(self) -> None:
        renew(self.ledger, self.lease, self.settings.lease_seconds, self.done)
        self._renewed = time.monotonic()
