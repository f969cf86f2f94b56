"""Periodic tasks that need only the database: notify workers again, send e-mail, sweep."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from app.db import now
from app.fetch.chunked_uploads import sweep_uploads
from app.fetch.open_links import recheck_open_links
from app.links.connection_slots import sweep_slot_files
from app.migration.advance import GuardRefused
from app.notify.sender import Sender
from app.trial.file_contents import sweep_workspaces
from app.worker.clean_up import due_for_purge, forget_journals, give_up_abandoned, purge, sweep_orphans
from app.worker.runtime import Runtime
from app.worker.scratch import sweep_scratch
from app.worker.takeover import load_waiting

Task = Callable[[Runtime], None]
MINUTE_SECONDS, HOUR_SECONDS = 60.0, 3600.0
LOCKS_KEPT = timedelta(days=1)
log = structlog.get_logger()


def notify_waiting(runtime: Runtime) -> None:
    """Notifies the queue of every migration with work that no worker holds."""
    if runtime.queue.is_available:
        for each in load_waiting(runtime.ledger):
            runtime.queue.notify(each.migration_id)


def send_mail(runtime: Runtime) -> None:
    """Sends the e-mails that are due."""
    Sender(runtime.settings, runtime.ledger).send_due()


def destroy_what_is_due(runtime: Runtime) -> None:
    """Destroys the data of finished and abandoned migrations."""
    give_up_abandoned(runtime)
    with runtime.ledger.read() as session:
        due = due_for_purge(session, runtime.settings.retention_days)
    for migration_id in due:
        try:
            purge(runtime, migration_id)
        except GuardRefused:  # the audit trail decides, and the ledger may have been changed meanwhile
            continue


def finish_purges(runtime: Runtime) -> None:
    """Finishes interrupted purges in the live workspaces."""
    forget_journals(runtime)


def sweep_up(runtime: Runtime) -> None:
    """Removes what killed processes left on this machine's disk and in storage."""
    sweep_scratch(runtime.scratch.shared)
    sweep_orphans(runtime)
    sweep_uploads(runtime)
    sweep_slot_files(runtime.locks, now() - LOCKS_KEPT)


def sweep_contents(runtime: Runtime) -> None:
    """Removes contents that no file of a live workspace refers to."""
    sweep_workspaces(runtime)


EVERY_5_S: tuple[Task, ...] = (notify_waiting, send_mail)
"""The interval is the setting `sweep_seconds`, 5 by default."""
EVERY_MINUTE: tuple[Task, ...] = (sweep_up, destroy_what_is_due)
EVERY_HOUR: tuple[Task, ...] = (finish_purges, sweep_contents, recheck_open_links)


class PeriodicTasks:
    """Runs the tasks in its own thread. A failing task does not stop the others."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="periodic tasks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        next_minute = time.monotonic()
        next_hour = next_minute + MINUTE_SECONDS
        while not self._over.is_set():
            tasks = EVERY_5_S
            if time.monotonic() >= next_minute:
                tasks += EVERY_MINUTE
                next_minute = time.monotonic() + MINUTE_SECONDS
            if time.monotonic() >= next_hour:
                tasks += EVERY_HOUR
                next_hour = time.monotonic() + HOUR_SECONDS
            for task in tasks:
                try:
                    task(self.runtime)
                except Exception as fault:
                    log.error("periodic_task_failed", task=task.__name__, fault=type(fault).__name__)
            self._over.wait(self.runtime.settings.sweep_seconds)
