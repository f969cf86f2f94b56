"""Starts processes that end with the process that started them, also after kill -9, a signal or a closed terminal.

Each such process has a guardian, which waits for the end of the starter. The starter holds the only writing end of a
pipe, the lifeline. The kernel closes the lifeline when the starter ends, on Linux and on macOS. Any thread may start
the process, and a starter that ended before the guardian began is noticed too. The guardian then sends SIGTERM to the
process and its descendants, and SIGKILL after the grace period.

This file is also the program that becomes the process: it forks the guardian, then executes the command in its place.
So it imports the standard library only, and the process id that the starter knows is that of the command.
"""

import os
import select
import signal
import sys
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

GRACE_SECONDS = 5.0
CHECK_SECONDS = 1.0
AGAIN_SECONDS = 0.05
NOT_FOUND = 127
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ending: list[int] = []  # the signals that came


def start_dependent(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    grace: float = GRACE_SECONDS,
    remove: str = "",
    handles: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Starts a command that ends with this process, in its own session and process group.

    `grace` is the number of seconds between SIGTERM and SIGKILL after this process ended. `remove` is a folder that is
    deleted then. `handles` are open files that the command inherits under their numbers. The command also ends when the
    returned object is garbage collected. An unknown command exits with status 127. Raises OSError when no process can
    be started.
    """
    import subprocess

    guarded, lifeline = os.pipe()
    own = [sys.executable, "-I", "-S", __file__, str(guarded), str(grace), remove]
    try:
        process = subprocess.Popen(  # noqa: S603 - a command of our own
            [*own, *command],
            env=None if environment is None else dict(environment),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(guarded, *handles),
            start_new_session=True,
        )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(guarded)
    weakref.finalize(process, os.close, lifeline)
    return process


def on_end(act: Callable[[], None]) -> None:
    """Calls `act` for each SIGTERM, SIGINT and closed terminal (SIGHUP), and replaces the handlers before.

    A signal from before that did not end the process counts: `act` is called at once. A process that was started with
    `nohup` continues when its terminal closes. Only the main thread may call this.
    """

    def handle(number: int, _frame: object) -> None:
        _ending.append(number)
        if number == signal.SIGHUP:
            _forget_terminal()
        act()

    for number in ENDING_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)
    if _ending:
        act()


def interrupt_on_end() -> None:
    """Raises KeyboardInterrupt in the main thread for each signal of `on_end`.

    Python ignores an exception inside a destructor or a callback of a weak reference. An interrupt that came there is
    raised again shortly after it.
    """

    def interrupt() -> None:
        raise KeyboardInterrupt

    def hear(lost: "sys.UnraisableHookArgs") -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
        else:
            heard_before(lost)

    heard_before, sys.unraisablehook = sys.unraisablehook, hear
    signal.signal(signal.SIGALRM, lambda _number, _frame: interrupt())
    on_end(interrupt)


def _forget_terminal() -> None:
    """Redirects a closed terminal to the null device, because writing to it would fail during shutdown."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        if os.isatty(standard) or not os.path.exists(f"/dev/fd/{standard}"):
            os.dup2(nothing, standard)
    os.close(nothing)


def _become(lifeline: int, grace: float, remove: str, command: Sequence[str]) -> None:
    """Forks the guardian, then becomes the command."""
    alive, held = os.pipe()
    own = os.getpid()
    if os.fork() == 0:
        os.close(held)
        try:
            _guard(own, lifeline, alive, grace, remove)
        finally:
            os._exit(0)
    os.close(alive)
    os.close(lifeline)
    os.set_inheritable(held, True)  # closed by the kernel when the command ends
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - a command of our own
    except OSError:
        os._exit(NOT_FOUND)


def _guard(leader: int, lifeline: int, alive: int, grace: float, remove: str) -> None:
    """Waits until the command or its starter has ended, then ends the command's process group."""
    os.setsid()
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # the starter must be able to notice that the command has closed its output
        os.dup2(nothing, standard)
    while not (ended := _closed((lifeline, alive), CHECK_SECONDS)) and os.getppid() == leader:
        pass
    if lifeline in ended and os.getppid() == leader:
        _signal(leader, signal.SIGTERM)
        until = time.monotonic() + grace
        while os.getppid() == leader and time.monotonic() < until:
            _closed((alive,), min(0.05, grace))
    _signal(leader, signal.SIGKILL)
    if lifeline in ended and remove:
        import shutil

        shutil.rmtree(remove, ignore_errors=True)


def _closed(ends: Sequence[int], seconds: float) -> list[int]:
    """The pipe ends whose other end was closed. Waits up to `seconds` for the first."""
    waiting = select.poll()
    for end in ends:
        waiting.register(end, select.POLLIN)
    return [end for end, _ in waiting.poll(seconds * 1000)]


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the group has ended; macOS raises PermissionError for a zombie
        return


FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


@dataclass
class Starts:
    """Counts the failed starts of one process in a row, and computes growing pauses between them.

    `failed` is their number. The caller decides which starts failed.
    """

    failed: int = 0
    _last: float = 0.0

    def fail(self) -> float:
        """Counts a failed start, and returns the pause before the next start, in seconds."""
        self.failed += 1
        self._last = time.monotonic()
        return self.pause

    def succeed(self) -> None:
        """The process is alive: the next start needs no pause."""
        self.failed = 0

    @property
    def pause(self) -> float:
        """The whole pause after the last failed start, in seconds, or 0."""
        return min(FIRST_SECONDS * 2.0 ** (self.failed - 1), LONGEST_SECONDS) if self.failed else 0.0

    @property
    def left(self) -> float:
        """The rest of that pause, in seconds."""
        return max(self._last + self.pause - time.monotonic(), 0.0) if self.failed else 0.0


if __name__ == "__main__":
    _become(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4:])
