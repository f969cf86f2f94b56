"""Work in a process of its own that starts warm: it is forked, opens its own connections, and may die as it likes."""

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.waiting import Ceiling

LONGEST = 240.0


@dataclass(frozen=True)
class Ended:
    """How a process ended: its status (below 0: the number of a signal), and its answer, if it gave one."""

    pid: int
    status: int
    said: Any = None


@dataclass(frozen=True)
class Forked:
    """A started process. `pipe` receives its answer."""

    pid: int
    pipe: int

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait(self, longest: float = LONGEST) -> Ended:
        """Waits for the end. A process that takes longer, times TEST_PATIENCE, is killed and has no answer."""
        end = Ceiling(longest)
        answer = b""
        while select.select([self.pipe], [], [], end.left)[0]:
            piece = os.read(self.pipe, 65536)
            if not piece:
                break
            answer += piece
        else:
            self.kill()
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        return Ended(self.pid, os.waitstatus_to_exitcode(status), json.loads(answer) if answer else None)


def fork(work: Callable[[], object], log: Path) -> Forked:
    """Starts a process that does `work` and sends its result; its output goes into `log`."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Forked(pid, reading)
    status = 1
    try:
        os.close(reading)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.write(writing, json.dumps(work()).encode())
        status = 0
    except BaseException as fault:  # told by its place alone: its words could quote a cell
        os.write(2, f"{type(fault).__name__} {traceback.extract_tb(fault.__traceback__)[-4:]}\n".encode())
    finally:
        os._exit(status)
