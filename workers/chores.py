"""What must be done whether or not anybody rings: ring again, send mail, sweep up. It needs the database alone."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from app.db import now
from app.fetch.chunked_uploads import sweep_uploads
from app.fetch.open_links import recheck_open_links
from app.links.connection_slots import sweep_slot_files
from app.migration.advance import Refused
from app.notify.sender import Sender
from app.trial.file_contents import sweep_workspaces
from app.worker.clean_up import due_for_purge, forget_journals, give_up_abandoned, purge, sweep_orphans
from app.worker.runtime import Runtime
from app.worker.scratch import sweep_scratch
from app.worker.takeover import waiting

Chore = Callable[[Runtime], None]
SELDOM_SECONDS, RARELY_SECONDS = 60.0, 3600.0
LOCKS_KEPT = timedelta(days=1)
log = structlog.get_logger()


def ring_again(runtime: Runtime) -> None:
    """Rings for everything that should be worked on and is not."""
    if runtime.doorbell.rings:
        for each in waiting(runtime.ledger):
            runtime.doorbell.ring(each.migration_id)


def send_mail(runtime: Runtime) -> None:
    """Sends the e-mails that are due."""
    Sender(runtime.settings, runtime.ledger).send_due()


def destroy_what_is_due(runtime: Runtime) -> None:
    """Destroys the data of migrations that are over, and of those that nobody went on with."""
    give_up_abandoned(runtime)
    with runtime.ledger.read() as session:
        due = due_for_purge(session, runtime.settings.retention_days)
    for migration_id in due:
        try:
            purge(runtime, migration_id)
        except Refused:  # the audit trail has the last word, and the ledger may have been changed meanwhile
            continue


def finish_purges(runtime: Runtime) -> None:
    """Removes what a purge that was cut off left in the live workspaces."""
    forget_journals(runtime)


def sweep_up(runtime: Runtime) -> None:
    """Removes what killed processes left on this machine's disk and in storage."""
    sweep_scratch(runtime.scratch.shared)
    sweep_orphans(runtime)
    sweep_uploads(runtime)
    sweep_slot_files(runtime.locks, now() - LOCKS_KEPT)


def sweep_contents(runtime: Runtime) -> None:
    """Removes what no file of a live workspace speaks of."""
    sweep_workspaces(runtime)


OFTEN: tuple[Chore, ...] = (ring_again, send_mail)
SELDOM: tuple[Chore, ...] = (sweep_up, destroy_what_is_due)
RARELY: tuple[Chore, ...] = (finish_purges, sweep_contents, recheck_open_links)


class Chores:
    """Runs the chores in a thread of its own; one that fails does not keep the others from their turn."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        seldom_next = time.monotonic()
        rarely_next = seldom_next + SELDOM_SECONDS
        while not self._over.is_set():
            chores = OFTEN
            if time.monotonic() >= seldom_next:
                chores += SELDOM
                seldom_next = time.monotonic() + SELDOM_SECONDS
            if time.monotonic() >= rarely_next:
                chores += RARELY
                rarely_next = time.monotonic() + RARELY_SECONDS
            for chore in chores:
                try:
                    chore(self.runtime)
                except Exception as fault:
                    log.error("chore_failed", chore=chore.__name__, fault=type(fault).__name__)
            self._over.wait(self.runtime.settings.sweep_seconds)
