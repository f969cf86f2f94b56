"""Runs a command of which nothing is left at its end: also after a signal, and after kill -9 of what started it.

Two processes watch over the tests: the runner, and a guardian between the runner and pytest. Each adopts the orphans
below it, so that a server in a session of its own is still its descendant, and each notices when its parent has ended.
Whichever of them is killed, the other ends all the rest.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.harness.waiting import POLL_SECONDS, Ceiling

ENDING_SECONDS = 60.0  # for pytest to end its fixtures and to name its failures after an interrupt
GRACE_SECONDS = 5.0  # between SIGTERM and SIGKILL for what is left
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux
KILLED = 128 + signal.SIGKILL


class Watch:
    """Waits for a process. An ending signal, or the end of this process's parent, asks for its end once."""

    def __init__(self) -> None:
        self.signals = 0
        self.parent = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:  # `nohup` ignores SIGHUP
                signal.signal(number, self._count)
        with suppress(OSError, AttributeError):  # another system than Linux: only the process group is ended
            ctypes.CDLL(None, use_errno=True).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)

    def _count(self, _number: int, _frame: object) -> None:
        self.signals += 1

    @property
    def is_orphan(self) -> bool:
        return os.getppid() != self.parent

    def wait(self, process: "subprocess.Popen[bytes]", ask: Callable[[], None], seconds: float) -> int:
        """The status of the process. It has `seconds` to end after it was asked, and none after a second signal."""
        while (status := _status(process)) is None:
            if self.signals or self.is_orphan:
                with suppress(ProcessLookupError):
                    ask()
                break
        ceiling = Ceiling(seconds)
        while status is None and not ceiling.is_over and self.signals < 2:
            status = _status(process)
        left = end_descendants()
        if left:
            sys.stdout.write("\n  ".join(["These processes were left, and were ended:", *left]) + "\n")
            sys.stdout.flush()
        return KILLED if status is None else status


def _status(process: "subprocess.Popen[bytes]") -> int | None:
    with suppress(subprocess.TimeoutExpired):
        return process.wait(POLL_SECONDS)
    return None


def run_guarded(command: Sequence[str], environment: dict[str, str], folder: str) -> int:
    """Runs a command below a guardian, and returns its status. A guardian without this process removes `folder`."""
    watch = Watch()
    guardian = subprocess.Popen(
        [sys.executable, "-m", "tests.harness.descendants", folder, *command],
        env=environment,
        start_new_session=True,
    )
    return watch.wait(guardian, guardian.terminate, ENDING_SECONDS + 4 * GRACE_SECONDS)


def guard(folder: str, command: Sequence[str]) -> int:
    """What the guardian does. An interrupted pytest ends its fixtures and names the failures so far."""
    watch = Watch()
    process = subprocess.Popen(command, start_new_session=True)
    status = watch.wait(process, lambda: os.killpg(process.pid, signal.SIGINT), ENDING_SECONDS)
    if watch.is_orphan:
        shutil.rmtree(folder, ignore_errors=True)
    return status if status >= 0 else 128 - status


def end_descendants() -> list[str]:
    """Ends every process below this one: SIGTERM, and SIGKILL after GRACE_SECONDS. Returns their commands."""
    commands: dict[int, str] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        ceiling, signalled = Ceiling(GRACE_SECONDS), set[int]()
        while (below := descendants(os.getpid())) and not ceiling.is_over:
            for pid in below:
                commands.setdefault(pid, command_of(pid))
                if number == signal.SIGKILL or pid not in signalled:
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, number)
            signalled.update(below)
            _reap()
            ceiling.pause()
    return sorted(filter(None, commands.values()))


def _reap() -> None:
    """Takes the status of the orphans that were adopted and have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(pid: int) -> list[int]:
    """Every running process below one, the nearest first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(folder.name))
    below, queue = [], [pid]
    while queue:
        nearest = children.get(queue.pop(0), [])
        below += nearest
        queue += nearest
    return below


def command_of(pid: int) -> str:
    """The command line of a process; '' if the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:200]
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1], sys.argv[2:]))
