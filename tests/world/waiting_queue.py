"""A queue that waits until each notice is delivered to Redis, so that a process does everything in one order."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from redis import Redis

from app.queue import RedisQueue
from app.worker.runtime import Runtime
from tests.harness.waiting import patience

CEILING = patience(10)


class WaitingQueue(RedisQueue):
    """Sends notices with the product's own commands, and waits up to CEILING seconds for their delivery."""

    def _send(self, coroutine: Coroutine[Any, Any, None]) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="queue", daemon=True).start()
            sent = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        with suppress(TimeoutError):
            sent.result(CEILING)


def patient(runtime: Runtime) -> Runtime:
    """The same runtime with a `WaitingQueue`, if it has Redis."""
    url = runtime.settings.redis_url
    return replace(runtime, queue=WaitingQueue(url)) if url else runtime


def silence(url: str) -> None:
    """Removes all notices from the queue."""
    with Redis.from_url(url) as redis:
        redis.flushdb()
