"""A free port for a server that a test starts, which no other test and no connection takes before the server does.

A port that the kernel chose can be chosen again as soon as it is let go: for another test, or as the own end of any
connection. So the ports are taken below the range of connections (Linux: `ip_local_port_range`), and a lock on a file
keeps each one for the process that asked until that process ends.
"""

import fcntl
import os
import random
import socket
import tempfile
from itertools import chain
from pathlib import Path

LOWEST = 10_240
CONNECTIONS_FROM = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOCKS = Path(tempfile.gettempdir()) / f"caspen-test-ports-{os.getuid()}"

_kept: list[int] = []
"""The open lock files of this process. They close, and so let the ports go, when the process ends."""


def free_port() -> int:
    """A port of 127.0.0.1 that is kept for this process. A second call gives another one.

    Raises `RuntimeError` when every port is taken.
    """
    LOCKS.mkdir(mode=0o700, exist_ok=True)
    ports = _ports()
    first = random.randrange(len(ports))
    for port in chain(ports[first:], ports[:first]):
        lock = os.open(LOCKS / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        if _is_locked_here(lock) and _is_free(port):
            _kept.append(lock)
            return port
        os.close(lock)
    raise RuntimeError("every port is taken")


def _ports() -> range:
    """The ports that no outgoing connection is given."""
    try:
        highest = int(CONNECTIONS_FROM.read_text().split()[0])
    except (OSError, ValueError):
        highest = 32_768
    return range(LOWEST, highest) if highest > LOWEST else range(LOWEST, 2**16)


def _is_locked_here(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
