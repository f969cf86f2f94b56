"""The queue that wakes workers. Losing the queue loses no work: the ledger holds all work, and a task notifies again.

Only this module and `workers/` import arq, so that the queue can be replaced.
"""

import asyncio
import contextlib
import json
import threading
import uuid
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from app.side_effects import side_effect

if TYPE_CHECKING:  # arq takes a second to import, which a process without Redis saves
    from arq.connections import ArqRedis, RedisSettings

QUEUE = "caspen-import"
WAITING_SECONDS = 600  # an unanswered notice is sent again after this time
log = structlog.get_logger()


class Queue(Protocol):
    """Wakes a worker for a migration. Never raises, and never waits for a worker."""

    @property
    def is_available(self) -> bool:
        """Whether a queue exists. Without a queue, workers poll the ledger."""

    def notify(self, migration_id: str) -> None: ...

    def close(self) -> None: ...


class NoQueue:
    """Replaces the queue when there is no Redis: workers poll the ledger every second."""

    is_available = False

    def notify(self, migration_id: str) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


class RedisQueue:
    """Notifies workers through arq, in its own thread, so that a slow or dead Redis delays no caller."""

    is_available = True

    def __init__(self, url: str) -> None:
        self.settings = redis_settings(url)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ArqRedis | None = None

    def notify(self, migration_id: str) -> None:
        try:
            self._send(self._enqueue(migration_id))
        except RuntimeError:  # the interpreter is shutting down; the periodic task notifies again
            log.info("queue_notice_not_sent", migration=migration_id)

    def close(self) -> None:
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        with contextlib.suppress(TimeoutError, Exception):
            asyncio.run_coroutine_threadsafe(self._disconnect(), loop).result(timeout=2)
        loop.call_soon_threadsafe(loop.stop)

    def _send(self, coroutine: Coroutine[Any, Any, None]) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="queue", daemon=True).start()
            asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _enqueue(self, migration_id: str) -> None:
        from arq.connections import create_pool

        try:
            async with asyncio.timeout(5):
                if self._pool is None:
                    self._pool = await create_pool(
                        self.settings, default_queue_name=QUEUE, job_serializer=to_json, job_deserializer=json.loads
                    )
                with side_effect("redis.set"):
                    first = await self._pool.set(waiting_key(migration_id), b"1", nx=True, ex=WAITING_SECONDS)
                if first:
                    with side_effect("redis.enqueue"):
                        job = f"{migration_id}:{uuid.uuid4().hex}"
                        await self._pool.enqueue_job("drain", migration_id, _job_id=job)
        except Exception as fault:
            self._pool = None
            log.info("queue_notice_not_sent", migration=migration_id, fault=type(fault).__name__)

    async def _disconnect(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.wait_for(pool.aclose(), 1)


def waiting_key(migration_id: str) -> str:
    """The Redis key that is set while a notice is unanswered, so that notices do not pile up."""
    return f"{QUEUE}:waiting:{migration_id}"


def to_json(job: object) -> bytes:
    """Serialises a job as JSON with ids only. (arq's default is pickle, which executes code when it reads.)"""
    return json.dumps(job, default=str).encode()


def redis_settings(url: str) -> "RedisSettings":
    """Connection settings with short timeouts, because no caller waits for the queue."""
    from arq.connections import RedisSettings

    connection = RedisSettings.from_dsn(url)
    connection.conn_timeout = 2
    connection.conn_retries = 1
    connection.conn_retry_delay = 1
    return connection


def open_queue(url: str) -> Queue:
    """The queue at `url`, or NoQueue when `url` is empty."""
    return RedisQueue(url) if url else NoQueue()
