"""A process that this product starts ends with the process that started it, however that ends: kill -9, a signal, a
closed terminal.

Each such process has a guardian, which waits for the end of the starter. The starter holds the only writing end of a
pipe, the lifeline. The kernel closes the lifeline when the starter is gone, for whatever reason, on Linux and on macOS;
it does not matter which thread started the process, and a starter that was gone before the guardian began counts too.
The guardian then sends SIGTERM to the process and all that the process started, and SIGKILL after the grace.

This file is also the program that becomes the process: it forks the guardian, then executes the command in its own
place. So it imports the standard library alone, and the process id that the starter knows is that of the command.
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
NOT_FOUND = 127
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


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
    """Starts a command that ends with this process, in a session and a process group of its own.

    `grace` is how many seconds the command has between SIGTERM and SIGKILL once this process is gone. `remove` is a
    folder that is deleted then. `handles` are open files that the command gets under their numbers. The command also
    ends when nothing holds the returned object any more. An unknown command exits with status 127. Raises OSError
    where no process can be started.
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
    """Calls `act` for each SIGTERM, SIGINT and closed terminal (SIGHUP), in place of what was called before.

    A process that was started with `nohup` goes on when its terminal closes. Only the main thread may call this.
    """

    def handle(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            _forget_terminal()
        act()

    for number in ENDING_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)


def _forget_terminal() -> None:
    """What is written to a terminal that was closed would fail, in the middle of ending in good order."""
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
    """Waits until the command or its starter is gone, and leaves nothing of the command's process group."""
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
    """Those ends of pipes that nobody holds any more; waits up to so many seconds for the first."""
    waiting = select.poll()
    for end in ends:
        waiting.register(end, select.POLLIN)
    return [end for end, _ in waiting.poll(seconds * 1000)]


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # everybody is gone; macOS says so of a zombie with PermissionError
        return


if __name__ == "__main__":
    _become(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4:])


# When a process that ended too soon is started again: after pauses that grow, so that it keeps no machine busy.

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


@dataclass
class Starts:
    """The starts of one process in a row that came to nothing.

    `failed` is their number. Who starts the process says what came to nothing means.
    """

    failed: int = 0
    _last: float = 0.0

    def fail(self) -> float:
        """Counts a start that came to nothing, and returns the pause before the next, in seconds."""
        self.failed += 1
        self._last = time.monotonic()
        return self.pause

    def succeed(self) -> None:
        """The process is alive: the next start needs no pause."""
        self.failed = 0

    @property
    def pause(self) -> float:
        """The whole pause after the last start that came to nothing, in seconds; 0 where none has."""
        return min(FIRST_SECONDS * 2.0 ** (self.failed - 1), LONGEST_SECONDS) if self.failed else 0.0

    @property
    def left(self) -> float:
        """What is left of that pause, in seconds."""
        return max(self._last + self.pause - time.monotonic(), 0.0) if self.failed else 0.0
