"""Runs commands of the product in forks of one process that has imported the product.

A fork is a process of its own: it has its own environment, folder, open files, limits and exit status, as after a start
of Python. But it costs a few milliseconds of the processor, and a start of Python with the product costs a second.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from tests.harness.waiting import patience

ROOT = Path(__file__).parents[2]
IMPORTED = ("app.commands.trial", "app.commands.read", "app.commands.serve", "app.main", "workers.supervisor")
"""What the commands import. Not the modules that run as programs: each fork runs such a module from its beginning."""
TIMED_OUT = "timed out"


class ReadyProcess:
    """The process that forks. It runs one command at a time and ends with the process of the tests."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, module: str, *words: str, environment: Mapping[str, str], folder: Path = ROOT, seconds: float = 600.0
    ) -> subprocess.CompletedProcess[str]:
        """Runs `python -m module words` in the folder with exactly this environment, and waits for its end.

        Raises TimeoutExpired after `seconds` times TEST_PATIENCE; the command is killed then.
        """
        with tempfile.TemporaryDirectory(prefix="ready-") as kept:
            files = [Path(kept) / name for name in ("output", "errors")]
            order = [module, list(words), dict(environment), str(folder), patience(seconds), *map(str, files)]
            with self._turn:
                answer = self._answer(order)
            if answer == TIMED_OUT:
                raise subprocess.TimeoutExpired([module, *words], seconds)
            shown = [file.read_text(encoding="utf-8", errors="replace") for file in files]
            return subprocess.CompletedProcess([module, *words], int(answer), *shown)

    def _answer(self, order: list[Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer, "the ready process has ended"
        return answer


@cache
def _ready_process() -> ReadyProcess:
    return ReadyProcess()


def run_ready(
    module: str, *words: str, environment: Mapping[str, str], folder: Path = ROOT, seconds: float = 600.0
) -> subprocess.CompletedProcess[str]:
    """Runs a command in the ready process of these tests; see `ReadyProcess.run`."""
    return _ready_process().run(module, *words, environment=environment, folder=folder, seconds=seconds)


def serve(orders: IO[str], answers: IO[str]) -> Sequence[Any] | None:
    """Forks a process for each order, and answers with its exit status. Returns an order in the fork that runs it."""
    for line in orders:
        order = json.loads(line)
        fork = os.fork()
        if fork == 0:
            return list(order)
        answers.write(f"{_status_of(fork, order[4])}\n")
        answers.flush()
    return None


def _status_of(fork: int, seconds: float) -> int | str:
    """The exit status of a fork as of a child of `subprocess`. A fork that takes too long is killed."""

    def end(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
    except TimeoutError:
        os.kill(fork, signal.SIGKILL)
        os.waitpid(fork, 0)
        return TIMED_OUT
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def become(order: Sequence[Any]) -> None:
    """Runs an order in this process, as `python -m` does, with nothing of the tests but the imported product."""
    module, words, environment, folder, _, output, errors = order
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for handle, path, mode in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY), (2, errors, os.O_WRONLY)):
        opened = os.open(path, mode | os.O_CREAT, 0o600)
        os.dup2(opened, handle)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv[1:] = words
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    for name in IMPORTED:
        import_module(name)
    order = serve(sys.stdin, sys.stdout)
    if order is not None:
        become(order)


if __name__ == "__main__":
    main()
