"""One worker: it listens for rings (or watches the ledger), and has its child do the work. Stops within ten seconds."""

import threading
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from app.db import now
from app.lifetime import on_end
from app.settings import Settings
from app.unavailable import Unavailable, cause_of
from app.worker.installation import CannotStart, words_of
from app.worker.memory import collect_seldom
from app.worker.runtime import Runtime, open_runtime
from app.worker.takeover import waiting
from workers.bell import Listener
from workers.chores import Chores
from workers.hands import Hands

WATCH_SECONDS = 1.0
log = structlog.get_logger()


class Supervisor:
    """Many may run, on many machines: the ledger keeps them apart."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtime: Runtime = open_runtime(settings)
        self.hands = Hands(settings, self.runtime.ledger)
        self.chores = Chores(self.runtime)
        self._fell: dict[str, datetime] = {}  # clinics whose work ended the child, and when it last did
        self._over = threading.Event()
        self._listener: Listener | None = None

    def run(self) -> None:
        """Works until it is told to stop."""
        self.chores.start()
        try:
            if self.runtime.doorbell.rings:
                self._listen()
            else:
                log.info("worker_watches_ledger", every_seconds=WATCH_SECONDS)
                self._watch()
        finally:
            self.hands.stop()
            self.chores.stop()
            self.runtime.close()

    def stop(self) -> None:
        """May be called from a signal: the piece in hand is laid down, and its lease with it."""
        if self._over.is_set():
            return
        self._over.set()
        if self._listener is not None:
            self._listener.stop()
        threading.Thread(target=self.hands.stop, name="stop").start()

    def _listen(self) -> None:
        self._listener = Listener(
            self.settings.redis_url, self._answer, self._take_next, job_seconds=self.settings.drain_seconds + 600
        )
        self._listener.run()

    def _watch(self) -> None:
        while not self._over.is_set():
            if not self._take_next():
                self._over.wait(WATCH_SECONDS)

    def _answer(self, migration_id: str) -> bool:
        return self.hands.drain(migration_id, self.settings.drain_seconds).more and not self._over.is_set()

    def _take_next(self) -> bool:
        """Works on the clinic that has waited longest, and says whether there was one. Whoever's row ends workers takes
        its place behind all others: it costs half a minute each time, and they shall wait for it once."""
        try:
            found = waiting(self.runtime.ledger)
        except Exception as fault:
            log.error("ledger_unreachable", fault=type(fault).__name__)
            return False
        if not found:
            return False
        first = min(found, key=lambda each: max(each.since, self._fell.get(each.migration_id, each.since))).migration_id
        done = self.hands.drain(first, self.settings.drain_seconds)
        if done.more and not done.pieces:
            self._fell[first] = now()
        else:
            self._fell.pop(first, None)
        return done.pieces > 0


def run_worker(settings: Settings) -> None:
    """Runs one worker in this process until SIGTERM, SIGINT or a closed terminal. A worker that starts while its
    databases are away waits for them. Raises CannotStart and SchemaTooNew."""
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
        words = words_of(fault)
        if words is None:
            raise
        raise CannotStart(words) from None
    except DBAPIError as fault:
        if cause_of(fault) is Unavailable.DAMAGED:
            raise CannotStart(str(words_of(fault))) from None
        if not isinstance(fault, OperationalError):
            raise
        log.error("ledger_unreachable", fault=type(fault).__name__)
        return None
