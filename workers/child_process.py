"""The child process of a worker: started when there is work, watched while it works, replaced when it dies."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from app.db import Database
from app.lifetime import Starts, start_dependent
from app.settings import Settings
from app.worker.current_file import VARIABLE, CurrentFile, is_file_to_blame
from app.worker.excluded_files import expire_owner
from app.worker.work_loop import Drained

START_SECONDS = 60.0
"""How long a starting child may use no processor time, and how much of it a start may use."""
LONGEST_START_SECONDS = 600.0
STOP_SECONDS = 8.0
ENDING_SECONDS = 2.0
"""How long a child that has closed its output may take to end."""
ORPHAN_SECONDS = 2.0
"""How long a child may continue after its worker was killed: enough to release its leases."""
log = structlog.get_logger()


class ChildGone(Exception):
    """The child died or was ended."""


class ChildProcess:
    """Gives orders to the child. A child that is silent for too long is ended, and its work is released.

    `starts.failed` is how many children in a row ended before they had any work in hand. A pause that grows comes
    before the next start.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Database,
        environment: Mapping[str, str] | None = None,
        module: str = "workers.child",
    ) -> None:
        self.module = module
        self.settings = settings
        self.ledger = ledger
        self.environment = {**os.environ, **(environment or {})}
        self.peak_mb = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._owner: str | None = None
        self._current: CurrentFile | None = None
        self._was_late = False
        self._has_answered = False
        self._buffer = b""
        self.starts = Starts()
        self._ending = threading.Event()
        self._lock = threading.Lock()

    @property
    def _stopping(self) -> bool:
        return self._ending.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def drain(self, migration_id: str, seconds: float) -> Drained:
        """Runs one turn at a migration in the child. If the child dies meanwhile, the result says
        that work is left."""
        with self._lock:
            if self._stopping or self._ending.wait(self.starts.left):
                return Drained(0, more=False)
            try:
                process = self._running()
                self._order(process, {"drain": migration_id, "seconds": seconds})
                while "pieces" not in (answer := self._read_answer(process, self.settings.silence_seconds)):
                    pass
            except ChildGone:
                self._reap()
                return Drained(0, more=not self._stopping)
            self._has_answered = True
            self.starts.succeed()
            self.peak_mb = max(self.peak_mb, float(answer["peak_mb"]))
            return Drained(int(answer["pieces"]), bool(answer["more"]))

    def stop(self) -> None:
        """Asks the child to release its piece, and kills the child after STOP_SECONDS."""
        self._ending.set()
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(OSError):
                if process.stdin is not None:
                    process.stdin.close()
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        with self._lock:
            self._reap()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._reap()
        self._was_late = False
        try:
            self._current = CurrentFile.shared()
            self._process = start_dependent(
                [sys.executable, "-m", self.module],
                environment={**self.environment, VARIABLE: str(self._current.handle)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                grace=ORPHAN_SECONDS,
                handles=(self._current.handle,),
            )
        except OSError as fault:  # the machine lacks memory, processes or open files
            self._note_failed_start(fault=type(fault).__name__)
            raise ChildGone from None
        starting = _Starting(self._process.pid, time.monotonic())
        answer = self._read_answer(
            self._process, max(START_SECONDS, self.settings.silence_seconds), starting.is_only_slow
        )
        if "owner" not in answer:
            raise ChildGone
        self._owner = str(answer["owner"])
        return self._process

    def _note_failed_start(self, **why: object) -> None:
        """Counts a child that ended before it had any work, and logs when the next child starts."""
        pause = self.starts.fail()
        log.error("worker_child_cannot_start", times=self.starts.failed, next_in_seconds=pause, **why)

    def _order(self, process: subprocess.Popen[bytes], order: Mapping[str, Any]) -> None:
        try:
            assert process.stdin is not None  # noqa: S101 - it was opened as a pipe
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            raise ChildGone from None

    def _read_answer(
        self, process: subprocess.Popen[bytes], patience: float, is_only_slow: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """The child's next line. Raises ChildGone when the child died, or was silent for `patience` seconds.

        The child gets as many seconds again as long as `is_only_slow` returns True.
        """
        assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
        until = time.monotonic() + patience
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not waiting.select(max(until - time.monotonic(), 0)):
                    if is_only_slow():
                        until = time.monotonic() + patience
                        continue
                    self._was_late = True
                    log.warning("worker_child_silent", seconds=patience, pid=process.pid)
                    raise ChildGone
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    raise ChildGone
                self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ChildGone  # the child writes JSON objects only, so another process wrote this line
        return answer

    def _reap(self) -> None:
        """Ends a child that still runs, and releases the work that it held."""
        process, self._process, self._buffer = self._process, None, b""
        if process is None:
            self._let_go()
            return
        peak_mb = _ended(process, by_us=self._was_late or self._stopping)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        ended_by = self._file_to_blame(process, peak_mb)
        was_alive = self._has_answered or self._stopping
        if self._owner is not None:
            try:
                was_alive = bool(expire_owner(self.ledger, self._owner, ended_by)) or was_alive
            except Exception as fault:  # the ledger is unreachable, perhaps for the child too; leases expire anyway
                was_alive = True
                log.warning("leases_left_to_end", fault=type(fault).__name__)
        if process.returncode not in {0, -signal.SIGTERM}:
            log.warning("worker_child_died", status=process.returncode, in_a_file=bool(ended_by))
        if was_alive:
            self.starts.succeed()
        else:
            self._note_failed_start(status=process.returncode)
        self._owner, self._has_answered = None, False

    def _let_go(self) -> None:
        """Closes the note of a child that was never started."""
        current, self._current = self._current, None
        if current is not None:
            current.close()

    def _file_to_blame(self, process: subprocess.Popen[bytes], peak_mb: float) -> str:
        """The key of the file that ended the child, or an empty text."""
        current, self._current = self._current, None
        if current is None:
            return ""
        key, was_late = current.read(), self._was_late
        current.close()
        limit = self.settings.child_memory_mb
        blamed = is_file_to_blame(int(process.returncode), was_late=was_late, peak_mb=peak_mb, limit_mb=limit)
        return key if blamed and not self._stopping else ""


@dataclass
class _Starting:
    """A child that has not answered yet, with the moment of its start. `used` is its processor time so far."""

    pid: int
    begun: float
    used: float = 0.0

    def is_only_slow(self) -> bool:
        """Whether the child has worked since the last call: a busy machine gives it little processor time."""
        used = processor_seconds(self.pid)
        has_worked, self.used = used > self.used, used
        return has_worked and used < START_SECONDS and time.monotonic() < self.begun + LONGEST_START_SECONDS


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used; 0 where the system does not tell it in /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ended(process: subprocess.Popen[bytes], *, by_us: bool) -> float:
    """Waits for the child's end, or ends it. Returns the child's peak memory, in MB."""
    if process.returncode is not None:
        return 0.0
    if not by_us:
        with contextlib.suppress(ChildProcessError):
            # a child that has closed its output is ending, and its exit status is needed
            until = time.monotonic() + ENDING_SECONDS
            while time.monotonic() < until:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    process.returncode = os.waitstatus_to_exitcode(status)
                    return usage.ru_maxrss / 1024
                time.sleep(0.01)
    process.kill()
    process.wait()
    return 0.0
