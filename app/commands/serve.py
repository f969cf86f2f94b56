"""`caspen-import serve`: the pages, a worker and a Redis of our own, in one go, with everything in `./var`."""

import os
import signal
import socket
import subprocess
import sys
import threading

import structlog
import uvicorn

from app.commands.drive import environment_of
from app.production import require_ready
from app.redis_server import RedisServer, start_redis
from app.settings import Settings

STOP_SECONDS = 11.0
LOOK_SECONDS = 1.0
log = structlog.get_logger()


class PortTaken(Exception):
    """Somebody else listens there already."""


class Household:
    """Keeps the worker and Redis alive beside the web server."""

    def __init__(self, settings: Settings, redis: RedisServer | None) -> None:
        self.settings = settings
        self.redis = redis
        self._worker: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="household", daemon=True)

    def start(self) -> None:
        self._start_worker()
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=LOOK_SECONDS * 2)
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
        self._worker = subprocess.Popen([sys.executable, "-m", "workers"], env=environment, start_new_session=True)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            if self._worker is not None and self._worker.poll() is not None:
                log.warning("worker_restarted", status=self._worker.returncode)
                self._start_worker()
            if self.redis is not None:
                self.redis.keep_alive()


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until it is told to stop. Raises PortTaken."""
    if _is_taken(host, port):
        raise PortTaken(port)
    require_ready(settings)
    redis = start_redis(settings)
    if redis is not None:
        settings = settings.model_copy(update={"redis_url": redis.url})
    household = Household(settings, redis)
    os.environ.update(environment_of(settings))
    household.start()
    try:
        _pages(host, port, _words(settings))
    finally:
        household.stop()


def serve_pages(settings: Settings, host: str, port: int) -> None:
    """The pages alone: workers run elsewhere. Raises PortTaken."""
    if _is_taken(host, port):
        raise PortTaken(port)
    require_ready(settings)
    os.environ.update(environment_of(settings))
    _pages(host, port, "Pages only: start workers beside them.")


def _pages(host: str, port: int, words: str) -> None:
    where = "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host  # noqa: S104 - compared, not listened on
    sys.stdout.write(f"{words}\nOpen http://{where}:{port}\n")
    sys.stdout.flush()
    uvicorn.run(
        "app.main:create_app", factory=True, host=host, port=port, log_level="warning", timeout_graceful_shutdown=5
    )


def _words(settings: Settings) -> str:
    if settings.redis_url:
        return "A worker is listening."
    return "There is no Redis on this machine: the worker looks for work every second instead."


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
