"""The whole product, started as a new user would, with everything in a folder of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.harness.descendants import command_of, descendants
from tests.harness.free_ports import free_port
from tests.harness.waiting import patience, until

STARTS_WITHIN = 120.0
FASTER = {"LEASE_SECONDS": str(patience(1.5)), "HEARTBEAT_SECONDS": "0.5", "SWEEP_SECONDS": "0.5"}


@dataclass(frozen=True)
class Product:
    """A running product: where it answers, its log, and its first process."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """The processes that do the work: the worker and its child."""
        return [pid for pid in descendants(self.process.pid) if "workers" in command_of(pid)]


@contextmanager
def running(**settings: str) -> Iterator[Product]:
    """`caspen-import serve` until the block ends. Leases are scaled by ten unless settings say otherwise."""
    folder = Path(tempfile.mkdtemp(prefix="caspen-e2e-"))
    port = free_port()
    log = folder / "log"
    environment = {**os.environ, "ENVIRONMENT": "test", "VAR": str(folder / "var"), **FASTER, **settings}
    environment["BASE_URL"] = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port)],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for_address(log, process)
        yield Product(f"http://127.0.0.1:{port}", log, process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=patience(20))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The address that the product prints, once it answers there."""

    def address() -> str | None:
        if process.poll() is not None:
            raise RuntimeError(f"the product did not start: {log.read_text()[-2000:]}")
        match = re.search(r"http://[\w.]+:(\d+)", log.read_text())
        return match[0] if match and answers(int(match[1])) else None

    return until(address, STARTS_WITHIN) or ""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(patience(1))
        return probe.connect_ex(("127.0.0.1", port)) == 0
