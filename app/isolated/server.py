"""The fork server: `python -m app.isolated.server FD`. Imports every parser once and parses nothing itself.

For each job the server forks a process that lowers its own limits, does the job and ends. The process that started the
server sends commands over the socket FD. When the socket closes, the server and all its children end.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.isolated import wire
from app.isolated.describe_job import DescribeRequest, describe_files
from app.isolated.link_job import LinkRequest, inspect_link
from app.isolated.preview_job import PreviewRequest, preview_file
from app.isolated.row_job import RowRequest, read_source_row
from app.isolated.wire import COMMAND, START, STOP, JobLimits
from app.sources import SETTING, SOURCES, register_sources
from app.worker.memory import collect_seldom

MOST_REQUEST = 64 << 20
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

Announce = Callable[[str], None]
"""Called with each file's key before its bytes are read."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job: the type of its request, and the function that makes its answers."""

    request: type[Any]
    answers: Callable[[Any, Announce], Iterator[object]]


JOBS = {
    "preview": Job(PreviewRequest, preview_file),
    "describe": Job(DescribeRequest, describe_files),
    "row": Job(RowRequest, read_source_row),
    "link": Job(LinkRequest, inspect_link),
}


class ForkServer:
    """Starts and ends the processes. No code here can block or fail because of what a process reads."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.jobs: dict[int, int] = {}  # process by job

    def run(self) -> None:
        """Serves until the other end of the control socket closes."""
        wake, woken = os.pipe()
        for end in (wake, woken):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        while True:
            ready, _, _ = select.select([self.control.fileno(), wake], [], [])
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
            self._reap()
            if self.control.fileno() in ready and not self._command():
                break
        for process in self.jobs.values():
            _kill(process)

    def _command(self) -> bool:
        """Runs one command; False if the control socket is closed."""
        data, handles, _, _ = socket.recv_fds(self.control, COMMAND.size, 1)
        while data and len(data) < COMMAND.size and (more := self.control.recv(COMMAND.size - len(data))):
            data += more
        if len(data) < COMMAND.size:
            return False
        command, job = COMMAND.unpack(data)
        if command == START and handles:
            self._start(job, handles[0])
        elif command == STOP and job in self.jobs:
            _kill(self.jobs[job])
        return True

    def _start(self, job: int, handle: int) -> None:
        server = os.getpid()
        try:
            process = os.fork()
        except OSError:
            os.close(handle)  # the page notices that its process has ended
            return
        if process == 0:
            with contextlib.suppress(BaseException):
                self.control.close()
                _run(handle, server)
            os._exit(0)
        os.close(handle)
        self.jobs[job] = process

    def _reap(self) -> None:
        for job, process in list(self.jobs.items()):
            ended, _ = os.waitpid(process, os.WNOHANG)
            if ended:
                with contextlib.suppress(OSError):
                    os.killpg(process, signal.SIGKILL)  # also processes that the job has started
                del self.jobs[job]


def _kill(process: int) -> None:
    for end in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            end(process, signal.SIGKILL)


def _run(handle: int, server: int) -> None:
    """The whole run of one limited process."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(server)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # a traceback could quote a cell
    connection = socket.socket(fileno=handle)
    frame = wire.receive(connection, MOST_REQUEST)
    if frame is None:
        return
    order = json.loads(frame[1])
    limits = JobLimits(**order["limits"])
    lower(limits)
    try:
        _answer(connection, order["job"], order["request"], limits.seconds)
        wire.send(connection, wire.END)
    except MemoryError:
        wire.send(connection, wire.FAULT, b"memory")
    except Exception as fault:
        wire.send(connection, wire.FAULT, type(fault).__name__.encode())


def _answer(connection: socket.socket, job: str, request: str, seconds: float) -> None:
    """Does the job. The alarm ends a process that works too long on one file."""

    def send(kind: bytes, body: bytes) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)  # the time of a slow page does not count
        wire.send(connection, kind, body)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    signal.setitimer(signal.ITIMER_REAL, seconds)
    for body in run_job(job, request.encode(), lambda key: send(wire.OPENING, key.encode("utf-8", "surrogatepass"))):
        send(wire.ITEM, body)
    signal.setitimer(signal.ITIMER_REAL, 0)


def run_job(name: str, request: bytes, announce: Announce) -> Iterator[bytes]:
    """The answers of a job, packed for frames. Raises KeyError for an unknown job and Malformed for a bad request."""
    job = JOBS[name]
    for answer in job.answers(wire.unpack(job.request, request), announce):
        yield wire.pack(answer)


def lower(limits: JobLimits) -> None:
    """Lowers the limits of this process. They cannot be raised again."""
    memory = limits.memory_mb << 20
    for which, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        if limit or which == resource.RLIMIT_CORE:
            resource.setrlimit(which, (limit, limit))


def die_with_parent(parent: int) -> None:
    """Asks the kernel to end this process when its parent ends. Without such a kernel, the alarm ends it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def warm_up() -> None:
    """Imports and computes once what every job needs, before the server forks."""
    for source in SOURCES.values():
        for kind in source.kinds:
            kind.columns  # noqa: B018 - computed once and cached


def main() -> None:
    """Runs the fork server on the socket with the file descriptor of the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    register_sources(os.environ.get(SETTING, ""))
    warm_up()
    time.tzset()
    collect_seldom()
    ForkServer(control).run()


if __name__ == "__main__":
    main()
