"""The doorbell with a hand that stays on it until it has rung, so that a process does everything in one order."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from redis import Redis

from app.queue import RedisQueue
from app.worker.runtime import Runtime

PATIENCE = 10.0


class PatientBell(RedisQueue):
    """Rings by the product's own words to Redis, and waits until they are said."""

    def _send(self, coroutine: Coroutine[Any, Any, None]) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="doorbell", daemon=True).start()
            rung = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        with suppress(TimeoutError):
            rung.result(PATIENCE)


def patient(runtime: Runtime) -> Runtime:
    """The same engine with a patient hand on its bell."""
    url = runtime.settings.redis_url
    return replace(runtime, queue=PatientBell(url)) if url else runtime


def silence(url: str) -> None:
    """Removes all notices from the queue."""
    with Redis.from_url(url) as redis:
        redis.flushdb()
