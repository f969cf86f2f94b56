"""A command and every process that it starts, watched from outside: the most memory of each, and the work of all."""

import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.descendants import descendants

LOOK_SECONDS = 0.2
PROC = Path("/proc")
ROLES = (
    ("workers.child", "child"),
    ("workers", "supervisor"),
    ("redis-server", "Redis"),
    ("valkey-server", "Redis"),
    ("serve", "web"),
)


@dataclass
class Watch:
    """The highest memory of a process and its descendants in MB, by role."""

    pid: int
    peaks: dict[str, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def peak_mb(self) -> float:
        return max(self.peaks.values(), default=0.0)

    def start(self) -> "Watch":
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        for pid in family(self.pid):
            with suppress(OSError, StopIteration):  # it may end while it is looked at
                words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
                role = next((name for word, name in ROLES if any(word in each for each in words)), "command")
                status = (PROC / str(pid) / "status").read_text().splitlines()
                most = int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024
                self.peaks[role] = max(self.peaks.get(role, 0.0), most)


def family(pid: int) -> set[int]:
    """A process and its descendants, including those in sessions of their own."""
    return {pid, *descendants(pid)}


@dataclass(frozen=True)
class Used:
    """The resources of a command: seconds of processor time with its children, and the memory of the largest one."""

    status: int
    cpu_seconds: float
    peak_mb: float


def run(command: Sequence[str]) -> Used:
    """Runs a command to its end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    watch = Watch(process.pid).start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        watch.stop()
    return Used(process.returncode, usage.ru_utime + usage.ru_stime, watch.peak_mb)
