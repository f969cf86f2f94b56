"""The bell that wakes a worker. Losing it loses nothing: the ledger knows what is to be done, and a sweeper rings on.

arq is known here and in `workers/` alone, so that the queue can be swapped.
"""

import asyncio
import contextlib
import json
import threading
import uuid
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from app.side_effects import effect

if TYPE_CHECKING:  # a second of start-up that a process without Redis need not spend
    from arq.connections import ArqRedis, RedisSettings

QUEUE = "caspen-import"
WAITING_SECONDS = 600  # a ring that nobody answered is rung again after this long
log = structlog.get_logger()


class Doorbell(Protocol):
    """Wakes a worker for a migration. Never raises, and never waits for an answer."""

    @property
    def rings(self) -> bool:
        """Whether there is a bell at all; without one the workers watch the ledger."""

    def ring(self, migration_id: str) -> None: ...

    def close(self) -> None: ...


class NoDoorbell:
    """Where no Redis is to be had: workers look at the ledger every second."""

    rings = False

    def ring(self, migration_id: str) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """There is nothing to close."""


class RedisDoorbell:
    """Rings through arq from a thread of its own, so that a slow or dead Redis delays nobody."""

    rings = True

    def __init__(self, url: str) -> None:
        self.settings = redis_settings(url)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ArqRedis | None = None

    def ring(self, migration_id: str) -> None:
        try:
            self._send(self._ring(migration_id))
        except RuntimeError:  # the interpreter is going down; the sweeper rings again
            log.info("doorbell_silent", migration=migration_id)

    def close(self) -> None:
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        with contextlib.suppress(TimeoutError, Exception):
            asyncio.run_coroutine_threadsafe(self._hang_up(), loop).result(timeout=2)
        loop.call_soon_threadsafe(loop.stop)

    def _send(self, coroutine: Coroutine[Any, Any, None]) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="doorbell", daemon=True).start()
            asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _ring(self, migration_id: str) -> None:
        from arq.connections import create_pool

        try:
            async with asyncio.timeout(5):
                if self._pool is None:
                    self._pool = await create_pool(
                        self.settings, default_queue_name=QUEUE, job_serializer=to_json, job_deserializer=json.loads
                    )
                with effect("redis.set"):
                    first = await self._pool.set(waiting_key(migration_id), b"1", nx=True, ex=WAITING_SECONDS)
                if first:
                    with effect("redis.enqueue"):
                        job = f"{migration_id}:{uuid.uuid4().hex}"
                        await self._pool.enqueue_job("drain", migration_id, _job_id=job)
        except Exception as fault:
            self._pool = None
            log.info("doorbell_silent", migration=migration_id, fault=type(fault).__name__)

    async def _hang_up(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.wait_for(pool.aclose(), 1)


def waiting_key(migration_id: str) -> str:
    """Set while a ring waits to be answered, so that rings do not pile up."""
    return f"{QUEUE}:waiting:{migration_id}"


def to_json(job: dict[str, Any]) -> bytes:
    """How a job is written: JSON with ids only. (arq's own default is pickle, which runs what it reads.)"""
    return json.dumps(job, default=str).encode()


def redis_settings(url: str) -> "RedisSettings":
    """Where the queue is, with short patience: nobody waits for a doorbell."""
    from arq.connections import RedisSettings

    found = RedisSettings.from_dsn(url)
    found.conn_timeout = 2
    found.conn_retries = 1
    found.conn_retry_delay = 1
    return found


def open_doorbell(url: str) -> Doorbell:
    """The bell at `url`, or none where there is no Redis."""
    return RedisDoorbell(url) if url else NoDoorbell()
