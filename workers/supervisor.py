"""One worker: it listens to the queue (or polls the ledger), and its child does the work. Stops within ten seconds."""

import threading
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from app.db import now
from app.lifetime import on_end
from app.settings import Settings
from app.unavailable import Unavailable, cause_of
from app.worker.installation import CannotStart, startup_message
from app.worker.memory import collect_seldom
from app.worker.runtime import Runtime, open_runtime
from app.worker.takeover import load_waiting
from workers.child_process import ChildProcess
from workers.periodic_tasks import PeriodicTasks
from workers.queue_listener import QueueListener

WATCH_SECONDS = 1.0
log = structlog.get_logger()


class Supervisor:
    """Supervises one child. Many supervisors may run on many machines; the ledger coordinates them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtime: Runtime = open_runtime(settings)
        self.child = ChildProcess(settings, self.runtime.ledger)
        self.tasks = PeriodicTasks(self.runtime)
        self._fell: dict[str, datetime] = {}  # when a migration's work last ended the child
        self._over = threading.Event()
        self._listener: QueueListener | None = None

    def run(self) -> None:
        """Works until `stop` is called."""
        self.tasks.start()
        try:
            if self.runtime.queue.is_available:
                self._listen()
            else:
                log.info("worker_watches_ledger", every_seconds=WATCH_SECONDS)
                self._watch()
        finally:
            self.child.stop()
            self.tasks.stop()
            self.runtime.close()

    def stop(self) -> None:
        """Stops the worker and releases its piece. Safe to call from a signal handler."""
        if self._over.is_set():
            return
        self._over.set()
        if self._listener is not None:
            self._listener.stop()
        threading.Thread(target=self.child.stop, name="stop").start()

    def _listen(self) -> None:
        self._listener = QueueListener(
            self.settings.redis_url, self._answer, self._take_next, job_seconds=self.settings.drain_seconds + 600
        )
        self._listener.run()

    def _watch(self) -> None:
        while not self._over.is_set():
            if not self._take_next():
                self._over.wait(WATCH_SECONDS)

    def _answer(self, migration_id: str) -> bool:
        return self.child.drain(migration_id, self.settings.drain_seconds).more and not self._over.is_set()

    def _take_next(self) -> bool:
        """Works on the migration that has waited longest, and returns whether any piece was done.

        A migration that ends the child goes to the end of the line: each death costs half a minute, which the other
        migrations should wait only once.
        """
        try:
            migrations = load_waiting(self.runtime.ledger)
        except Exception as fault:
            log.error("ledger_unreachable", fault=type(fault).__name__)
            return False
        if not migrations:
            return False
        longest = min(migrations, key=lambda each: max(each.since, self._fell.get(each.migration_id, each.since)))
        first = longest.migration_id
        done = self.child.drain(first, self.settings.drain_seconds)
        if done.more and not done.pieces:
            self._fell[first] = now()
        else:
            self._fell.pop(first, None)
        return done.pieces > 0


def run_worker(settings: Settings) -> None:
    """Runs one worker in this process until SIGTERM, SIGINT or a closed terminal.

    Waits for databases that are unreachable at the start. Raises CannotStart and SchemaTooNew.
    """
    over = threading.Event()
    on_end(over.set)
    while (supervisor := _opened(settings)) is None:
        if over.wait(WATCH_SECONDS):
            return
    on_end(supervisor.stop)
    if not over.is_set():
        collect_seldom()
        supervisor.run()


def _opened(settings: Settings) -> Supervisor | None:
    try:
        return Supervisor(settings)
    except OSError as fault:
        message = startup_message(fault)
        if message is None:
            raise
        raise CannotStart(message) from None
    except DBAPIError as fault:
        if cause_of(fault) is Unavailable.DAMAGED:
            raise CannotStart(str(startup_message(fault))) from None
        if not isinstance(fault, OperationalError):
            raise
        log.error("ledger_unreachable", fault=type(fault).__name__)
        return None
