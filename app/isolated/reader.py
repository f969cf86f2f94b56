"""Has bytes parsed in a limited process and streams the answer: at most a few at once, each ended at its deadline.

    for answer in reader().stream("preview", request, PreviewAnswer, ReaderLimits.of(settings), owner=migration.id): ...

Nothing that a file does reaches the calling process but frames of bounded size.
"""

import atexit
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import TypeVar

import structlog

from app.isolated import wire
from app.isolated.wire import COMMAND, START, STOP, JobLimits
from app.lifetime import start_dependent
from app.settings import Settings

T = TypeVar("T")
OWN_WAITING = 4  # jobs of one clinic, running and waiting: others shall have room
MOST_FRAME = 32 << 20
MOST_BYTES = 64 << 20
CPU_TIMES = 6  # a job of many files may take longer than one of them
_SECRETS = ("STORAGE_KEY", "SECRET_KEY", "LINKS_ENCRYPTION_KEY", "SMTP_URL", "DATABASE_URL", "CASPEN_FILES_KEY")
log = structlog.get_logger()


_Slot = tuple[str, str]  # a pool, and the clinic's migration


def _total(places: Counter[_Slot], pool: str) -> int:
    return sum(count for (known, _), count in places.items() if known == pool)


class ReaderBusy(Exception):
    """Too many jobs wait already; nothing was begun."""


class ReaderFailed(Exception):
    """The process ended before it was done. `reason` is died, late, memory, or the name of a fault; `opening` names
    the file that it was reading, where it said one."""

    def __init__(self, reason: str, opening: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.opening = opening


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """What jobs may take. `seconds` is for one file, `processes` how many run at once, `waiting` how many may wait.

    `cpu_seconds` is for all of a job, six times `seconds` where it is 0. Jobs of one `pool` share these places; a slow
    provider of links never holds up the preview of a file.
    """

    memory_mb: int = 768
    seconds: float = 20.0
    processes: int = 2
    waiting: int = 8
    pool: str = "files"
    cpu_seconds: int = 0

    @property
    def cpu_in_all(self) -> int:
        """Seconds of CPU that a job may take."""
        return self.cpu_seconds or int(self.seconds * CPU_TIMES) + 1

    @classmethod
    def of(cls, settings: Settings) -> "ReaderLimits":
        return cls(
            settings.reader_memory_mb, settings.reader_seconds, settings.reader_processes, settings.reader_waiting
        )


class IsolatedReader:
    """The fork server of this process, and the jobs that run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Condition()
        self._running: Counter[_Slot] = Counter()
        self._wanted: Counter[_Slot] = Counter()
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def server_pid(self) -> int | None:
        return self._server.pid if self._server else None

    def answer(self, job: str, request: object, kind: type[T], limits: ReaderLimits, owner: str) -> T:
        """The one answer of a job. Raises ReaderBusy and ReaderFailed."""
        for answer in self.stream(job, request, kind, limits, owner):
            return answer
        raise ReaderFailed("died")

    def stream(
        self,
        job: str,
        request: object,
        kind: type[T],
        limits: ReaderLimits,
        owner: str,
        opening: Callable[[str], None] | None = None,
    ) -> Iterator[T]:
        """The answers of a job as they are made; `opening` hears of each file before it is read.

        Raises ReaderBusy before anything is begun, and ReaderFailed when the process ends early. Closing the iterator
        ends the process. `owner` is the clinic's migration: one clinic never takes every process.
        """
        with self._place(limits, owner), self._started(limits) as (connection, number):
            read = _FrameReader(connection, limits)
            order = {
                "job": job,
                "request": wire.pack(request).decode(),
                "limits": asdict(JobLimits(limits.memory_mb, limits.seconds, limits.cpu_in_all)),
            }
            try:
                wire.send(connection, wire.ITEM, wire.pack(order))
                for body in read.answers(opening):
                    yield wire.unpack(kind, body)
            except wire.Malformed:
                raise ReaderFailed("malformed", read.opening) from None
            except TimeoutError:
                raise ReaderFailed("late", read.opening) from None
            except OSError:
                raise ReaderFailed("died", read.opening) from None
            except ReaderFailed as failed:
                log.warning("isolated_reader_failed", job=job, reason=failed.reason, number=number)
                raise

    def start(self) -> None:
        """Starts the fork server, so that the first job need not wait for it. Does nothing where it runs."""
        with self._lock:
            if self._server is None or self._server.poll() is not None:
                self._close()
                self._start()

    def close(self) -> None:
        """Ends the fork server and everything that it has started. It starts again with the next job."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            try:
                self._server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._server = self._control = None

    @contextlib.contextmanager
    def _place(self, limits: ReaderLimits, owner: str) -> Iterator[None]:
        """Waits for one of the places, a few seconds at most."""
        until = time.monotonic() + limits.seconds
        place = (limits.pool, owner)
        with self._turn:
            waiting = _total(self._wanted, limits.pool) - _total(self._running, limits.pool)
            if waiting >= limits.waiting or self._wanted[place] >= OWN_WAITING:
                raise ReaderBusy
            self._wanted[place] += 1
            try:
                while not self._is_free(limits, place):
                    if not self._turn.wait(until - time.monotonic()) and time.monotonic() >= until:
                        raise ReaderBusy
                self._running[place] += 1
            except BaseException:
                self._wanted[place] -= 1
                raise
        try:
            yield
        finally:
            with self._turn:
                for counter in (self._running, self._wanted):
                    counter[place] -= 1
                    if not counter[place]:
                        del counter[place]
                self._turn.notify_all()

    def _is_free(self, limits: ReaderLimits, place: "_Slot") -> bool:
        own = max(1, limits.processes - 1)
        return _total(self._running, limits.pool) < limits.processes and self._running[place] < own

    @contextlib.contextmanager
    def _started(self, limits: ReaderLimits) -> Iterator[tuple[socket.socket, int]]:
        """A process of its own for one job, and the number of the job. Ended afterwards, whatever it does."""
        ours, theirs = socket.socketpair()
        number = next(self._numbers)
        with ours, theirs:
            with self._lock:
                self._command(START, number, theirs)
            theirs.close()
            try:
                yield ours, number
            finally:
                with self._lock, contextlib.suppress(OSError):
                    if self._control is not None:
                        self._control.sendall(COMMAND.pack(STOP, number))

    def _command(self, command: bytes, number: int, handle: socket.socket) -> None:
        for attempt in (1, 2):
            if self._server is None or self._server.poll() is not None or self._control is None:
                self._close()
                self._start()
            try:
                assert self._control is not None  # noqa: S101 - it was just started
                socket.send_fds(self._control, [COMMAND.pack(command, number)], [handle.fileno()])
                return
            except OSError:
                self._close()
                if attempt == 2:
                    raise ReaderFailed("died") from None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        with theirs:
            self._server = start_dependent(
                [sys.executable, "-m", "app.isolated.server", str(theirs.fileno())],
                environment=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                grace=0.5,
                handles=(theirs.fileno(),),
            )
        self._control = ours


class _FrameReader:
    """The frames of one job, under its deadlines."""

    def __init__(self, connection: socket.socket, limits: ReaderLimits) -> None:
        self.connection = connection
        self.seconds = limits.seconds + 1.0  # the process ends itself first
        self.until = time.monotonic() + limits.seconds * CPU_TIMES + START_SECONDS
        self.opening = ""

    def answers(self, opening: Callable[[str], None] | None) -> Iterator[bytes]:
        left = MOST_BYTES
        self.connection.settimeout(self.seconds + START_SECONDS)  # the server may just be starting
        while True:
            if time.monotonic() > self.until:
                raise ReaderFailed("late", self.opening)
            frame = wire.receive(self.connection, min(MOST_FRAME, left))
            self.connection.settimeout(self.seconds)
            if frame is None:
                raise ReaderFailed("died", self.opening)
            kind, body = frame
            left -= 0 if kind == wire.OPENING else len(body)
            if kind == wire.END:
                return
            if kind == wire.FAULT:
                raise ReaderFailed(body.decode("ascii", "replace")[:80], self.opening)
            if kind == wire.OPENING:
                self.opening = body.decode("utf-8", "surrogatepass")
                if opening is not None:
                    opening(self.opening)
                continue
            yield body


START_SECONDS = 30.0  # for the fork server to import the parsers, on a busy machine


@cache
def reader() -> IsolatedReader:
    """The one reader of this process."""
    made = IsolatedReader()
    atexit.register(made.close)
    return made
