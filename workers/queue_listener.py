"""Listens to the queue. arq ends a worker when Redis goes away, so the listener restarts it, and works without notices
meanwhile."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import structlog

from app.queue import QUEUE, redis_settings, to_json, waiting_key

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

AGAIN_SECONDS = 1.0
POLL_SECONDS = 0.2
log = structlog.get_logger()


class QueueListener:
    """Calls `answer` for each notice, one at a time, and `unasked` while there is no Redis."""

    def __init__(
        self, url: str, answer: Callable[[str], bool], unasked: Callable[[], bool], job_seconds: float
    ) -> None:
        self.url = url
        self.answer = answer
        self.unasked = unasked
        self.job_seconds = job_seconds
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                asyncio.run(self._listen())
            except Exception as fault:
                log.warning("queue_unreachable", fault=type(fault).__name__)
                if not self._over.is_set() and not self.unasked():
                    self._over.wait(AGAIN_SECONDS)

    async def _listen(self) -> None:
        from arq.worker import Worker, func  # a tenth of a start, so only with Redis

        worker = Worker(
            functions=[
                func(
                    cast("WorkerCoroutine", self._drain),
                    name="drain",
                    timeout=self.job_seconds,
                    keep_result=0,
                    max_tries=2,
                )
            ],
            redis_settings=redis_settings(self.url),
            queue_name=QUEUE,
            max_jobs=1,
            handle_signals=False,
            poll_delay=POLL_SECONDS,
            keep_result=0,
            job_serializer=to_json,
            job_deserializer=json.loads,
        )
        working = asyncio.create_task(worker.async_run())
        over = asyncio.create_task(self._until_over())
        try:
            await asyncio.wait({working, over}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            over.cancel()
            if not working.done():
                await worker.close()

    async def _until_over(self) -> None:
        while not self._over.is_set():
            await asyncio.sleep(POLL_SECONDS)

    async def _drain(self, context: dict[str, Any], migration_id: str, *_: object) -> None:
        """Works on the migration of a notice. Other arguments of older or newer notices are ignored."""
        await context["redis"].delete(waiting_key(migration_id))
        if await asyncio.to_thread(self.answer, migration_id):
            pool = context["redis"]
            if await pool.set(waiting_key(migration_id), b"1", nx=True, ex=60):
                await pool.enqueue_job("drain", migration_id)
