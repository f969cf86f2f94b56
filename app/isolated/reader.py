"""Runs jobs in limited processes and streams their answers: a few at once, each until its deadline.

    for answer in reader().stream("preview", request, PreviewAnswer, ReaderLimits.of(settings), owner=migration.id): ...

The calling process receives nothing but frames of bounded size.
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
from app.sources import SETTING as SOURCE_SETTING
from app.sources import further_packages

T = TypeVar("T")
OWN_WAITING = 4  # jobs of one clinic, running and waiting, so that other clinics get their turn
MOST_FRAME = 32 << 20
MOST_BYTES = 64 << 20
CPU_TIMES = 6  # the whole job may take longer than one of its files
_SECRETS = ("STORAGE_KEY", "SECRET_KEY", "LINKS_ENCRYPTION_KEY", "SMTP_URL", "DATABASE_URL", "CASPEN_FILES_KEY")
log = structlog.get_logger()


_Slot = tuple[str, str]  # a pool, and the clinic's migration


def _total(places: Counter[_Slot], pool: str) -> int:
    return sum(count for (known, _), count in places.items() if known == pool)


class ReaderBusy(Exception):
    """Too many jobs are waiting. The job was not started."""


class ReaderFailed(Exception):
    """The process ended before the job was done.

    `reason` is died, late, memory, malformed, or the name of an exception. `opening` is the key of the file that was
    being read, if known.
    """

    def __init__(self, reason: str, opening: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.opening = opening


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Limits of jobs.

    * `seconds`: for one file; `cpu_seconds`: for the whole job, or 0 for six times `seconds`.
    * `memory_mb`: MiB of address space of one process.
    * `processes`: how many jobs run at once; `waiting`: how many may wait.
    * `pool`: jobs of one pool share these numbers, so that a slow provider of links never delays the preview of a file.
    """

    memory_mb: int = 768
    seconds: float = 20.0
    processes: int = 2
    waiting: int = 8
    pool: str = "files"
    cpu_seconds: int = 0

    @property
    def cpu_in_all(self) -> int:
        """Seconds of CPU time for the whole job."""
        return self.cpu_seconds or int(self.seconds * CPU_TIMES) + 1

    @classmethod
    def of(cls, settings: Settings) -> "ReaderLimits":
        """The limits of the settings."""
        return cls(
            settings.reader_memory_mb, settings.reader_seconds, settings.reader_processes, settings.reader_waiting
        )


class IsolatedReader:
    """The fork server of this process and its running jobs. Thread-safe."""

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
        """The process id of the fork server; None before the first job."""
        return self._server.pid if self._server else None

    def answer(self, job: str, request: object, kind: type[T], limits: ReaderLimits, owner: str) -> T:
        """The first answer of a job. Raises ReaderBusy and ReaderFailed."""
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
        """The answers of a job as they are made. `opening` is called with each file's key before the file is read.

        Raises ReaderBusy before the job is started, and ReaderFailed if the process ends early. Closing the iterator
        ends the process. `owner` is the clinic's migration: one clinic never takes all processes.
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
        """Starts the fork server before the first job. A second call does nothing while the server runs."""
        with self._lock:
            if self._server is None or self._server.poll() is not None:
                self._close()
                self._start()

    def close(self) -> None:
        """Ends the fork server and all its processes. The next job starts it again. A second call does nothing."""
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
        """Holds one of the places of the pool. Waits for it at most `limits.seconds`; then raises ReaderBusy."""
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
        """The connection to a new process for one job, and the number of the job. The process ends afterwards."""
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
        environment[SOURCE_SETTING] = further_packages()
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
    """Reads the frames of one job until its deadlines."""

    def __init__(self, connection: socket.socket, limits: ReaderLimits) -> None:
        self.connection = connection
        self.seconds = limits.seconds + 1.0  # the process ends itself first
        self.until = time.monotonic() + limits.seconds * CPU_TIMES + START_SECONDS
        self.opening = ""

    def answers(self, opening: Callable[[str], None] | None) -> Iterator[bytes]:
        """The bodies of the answer frames. Raises ReaderFailed."""
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
    """The reader of this process, created once."""
    made = IsolatedReader()
    atexit.register(made.close)
    return made
