"""The child process that opens exports and loads records, under a memory limit. Its supervisor may end it at any time.

The child reads orders as JSON lines from its input, answers on its output, and ends when its input ends.
"""

import json
import os
import queue
import resource
import signal
import socket
import sys
import threading
from typing import IO, Any

from app.settings import settings
from app.trial.trial_context import trial_contexts
from app.worker.current_file import CurrentFile
from app.worker.memory import collect_seldom, give_back_large, peak_mb
from app.worker.runtime import open_runtime
from app.worker.work_loop import WorkerTurn, drain


def main() -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    limit_memory(settings().child_memory_mb)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    sys.stdout = sys.stderr  # only answers go to the real output
    orders = _orders(sys.stdin, stopping)
    runtime = open_runtime(settings())
    collect_seldom()
    give_back_large()
    turn = WorkerTurn(own_name(), stopping.is_set, lambda: _say(answers, alive=True), CurrentFile.inherited())
    _say(answers, owner=turn.owner)
    try:
        while (order := orders.get()) is not None and not stopping.is_set():
            done = drain(runtime, order["drain"], order["seconds"], turn)
            _say(answers, pieces=done.pieces, more=done.more, peak_mb=peak_mb())
    except BrokenPipeError:
        pass  # the supervisor has died; the leases expire
    finally:
        trial_contexts.clear()
        runtime.close()


def own_name() -> str:
    """The name under which this process holds leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"


def limit_memory(megabytes: int) -> None:
    """Limits the memory, so that a row that needs more fails alone and the machine keeps running."""
    if megabytes > 0:
        limit = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _orders(source: IO[str], stopping: threading.Event) -> "queue.Queue[dict[str, Any] | None]":
    orders: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def listen() -> None:
        for line in source:
            orders.put(json.loads(line))
        stopping.set()
        orders.put(None)

    threading.Thread(target=listen, name="orders", daemon=True).start()
    return orders


def _say(answers: IO[str], **words: Any) -> None:
    answers.write(json.dumps(words) + "\n")


if __name__ == "__main__":
    main()
