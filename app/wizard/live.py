"""One look a second at the migrations that somebody watches, however many watch: the web process's only poller."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from app import look
from app.db import now
from app.engine.runtime import Runtime
from app.migration.models import Migration
from app.sources import source
from app.wizard.numbers import numbers

EVERY = 1.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class News:
    """The block of the progress page as it is now, and the state it was drawn in."""

    number: int
    state: str
    html: str


class Watch:
    """Tells listeners what changed. Its task runs while somebody listens."""

    def __init__(self, runtime: Runtime, jinja: Any) -> None:
        self.runtime = runtime
        self.template = jinja.get_template("wizard/progress.html")
        self.queues: dict[str, set[asyncio.Queue[News]]] = defaultdict(set)
        self.last: dict[str, News] = {}
        self.task: asyncio.Task[None] | None = None
        self.number = 0

    @asynccontextmanager
    async def listening(self, migration_id: str) -> AsyncIterator[asyncio.Queue[News]]:
        queue: asyncio.Queue[News] = asyncio.Queue(maxsize=2)
        self.queues[migration_id].add(queue)
        if migration_id in self.last:
            queue.put_nowait(self.last[migration_id])
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._poll())
        try:
            yield queue
        finally:
            self.queues[migration_id].discard(queue)
            if not self.queues[migration_id]:
                del self.queues[migration_id]
                self.last.pop(migration_id, None)

    async def _poll(self) -> None:
        while self.queues:
            for migration_id in list(self.queues):
                try:
                    news = await run_in_threadpool(self.draw, migration_id)
                except SQLAlchemyError as trouble:
                    log.warning("progress_not_read", trouble=type(trouble).__name__)
                    continue
                if news is not None:
                    self._tell(migration_id, news)
            await asyncio.sleep(EVERY)

    def _tell(self, migration_id: str, news: News) -> None:
        self.last[migration_id] = news
        for queue in self.queues.get(migration_id, ()):
            while queue.full():
                queue.get_nowait()  # a slow reader gets the newest numbers, not all of them
            queue.put_nowait(news)

    def draw(self, migration_id: str) -> News | None:
        """The block as it is now. Runs in a thread; its session ends with it."""
        with self.runtime.ledger.read() as session:
            migration = session.get(Migration, migration_id)
            if migration is None:
                return None
            told = numbers(session, migration)
        origin = source(migration.source)
        told |= {
            "migration": migration,
            "source": origin,
            "now": now(),
            "zone": migration.plan.get("timezone"),
            "labels": {kind.name: kind.label for kind in origin.kinds},
        }
        self.number += 1
        return News(self.number, migration.state, look.block(self.template, "live", told))


def watch_of(app: FastAPI) -> Watch:
    """The process's watch, made when the first person looks."""
    known: Watch | None = getattr(app.state, "watch", None)
    if known is None:
        known = app.state.watch = Watch(app.state.runtime, app.state.jinja)
    return known
