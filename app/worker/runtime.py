"""The resources of all work: the ledger, Caspen's stores and files, the encrypted objects and the queue."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session

from app.caspen.live_files import LiveFiles
from app.caspen.stores import Stores
from app.db import PATIENCE_SECONDS, Database
from app.links.connection_slots import ConnectionSlots, SlotsByProvider
from app.links.link_settings import LinkSettings
from app.migration.advance import advanced_in
from app.migration.models import Migration
from app.queue import Queue, open_queue
from app.schema.upgrade import upgrade
from app.settings import Environment, Settings, environment
from app.side_effects import fault_at, listen
from app.sources import SETTING as SOURCE_SETTING
from app.sources import UnusableSource, register_sources
from app.storage import CannotOpen, LocalObjects, derive, key_from_setting, new_key, unwrap, wrap
from app.worker.installation import (
    CannotStart,
    note_begun,
    require_key,
    require_ledger,
    require_live,
    require_whole,
    startup_message,
)
from app.worker.scratch import Scratch

Confirm = Callable[[Session], object]
"""Called first in a transaction. Raises where the person's page is out of date."""


@dataclass(frozen=True)
class Runtime:
    """Everything that pages and workers need. `scratch` is private to this machine and empty when no process runs."""

    settings: Settings
    ledger: Database
    caspen: Stores
    objects: LocalObjects
    files: LiveFiles
    queue: Queue
    scratch: Scratch
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)

    @contextmanager
    def write(self, confirm: Confirm | None = None) -> Iterator[Session]:
        """A write transaction of the ledger that begins with `confirm`.

        After the commit, notifies the queue of every migration that the transaction advanced. A transaction that raises
        writes nothing and notifies nobody.
        """
        with self.ledger.write() as session:
            if confirm is not None:
                confirm(session)
            yield session
        for migration_id in advanced_in(session):
            self.queue.notify(migration_id)

    def new_wrapped_key(self) -> str:
        """A new data key for one migration, wrapped for the ledger."""
        return base64.b64encode(wrap(new_key(), self._storage_key)).decode()

    def key(self, migration: Migration) -> bytes:
        """The data key of a migration, which encrypts its export, parts, index and link."""
        known = self._keys.get(migration.wrapped_key)
        if known is None:
            try:
                wrapped = base64.b64decode(migration.wrapped_key)
            except ValueError:  # other software changed the column
                raise CannotOpen("a data key") from None
            known = self._keys[migration.wrapped_key] = unwrap(wrapped, self._storage_key)
        return known

    def link_key(self, migration: Migration) -> bytes:
        """The key that seals links, their passwords and the files behind them.

        The key combines LINKS_ENCRYPTION_KEY and the migration's key, so that destroying either destroys the links.
        """
        own = self.settings.links_encryption_key
        return derive(key_from_setting(own) + self.key(migration), b"", b"links") if own else self.key(migration)

    def places(self, migration: Migration, links: LinkSettings) -> SlotsByProvider:
        """The connections that one clinic may have open to a provider, shared by all that runs on this machine."""
        return lambda provider: ConnectionSlots(
            self.locks, f"{provider}:{migration.workspace_id}", links.concurrency, links.connections
        )

    @property
    def locks(self) -> Path:
        """The folder of small files that processes on this machine lock."""
        return self.settings.var.resolve() / "connections"

    @property
    def _storage_key(self) -> bytes:
        return key_from_setting(self.settings.storage_key)

    def close(self) -> None:
        self.queue.close()
        self.caspen.dispose()
        self.ledger.dispose()
        self.scratch.clear()


def open_runtime(settings: Settings, patience: float = PATIENCE_SECONDS) -> Runtime:
    """Opens every resource, upgrades both databases to the schema of this code, and registers the settings' sources.

    `patience` is the number of seconds that a statement waits for a lock. Files that this process writes from now on
    are readable by their owner only. Raises CannotStart and SchemaTooNew.
    """
    os.umask(0o077)
    if settings.fault_at and settings.environment is Environment.TEST:
        listen(fault_at(settings.fault_at))
    try:
        LinkSettings.from_environment(environment())  # invalid limits, or a test network
    except ValueError as wrong:
        raise CannotStart(f"{wrong}.") from None
    try:
        register_sources(settings.source_packages)
    except UnusableSource as unusable:
        reasons = "; ".join(str(unusable).splitlines())
        raise CannotStart(f"{SOURCE_SETTING} cannot be used: {reasons}") from None
    var = settings.var.resolve()
    for folder in (var, var / "scratch"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    runtime = Runtime(
        settings=settings,
        ledger=Database(settings.ledger_url, patience),
        caspen=Stores(settings.caspen_url, patience),
        objects=LocalObjects(var / "objects"),
        files=LiveFiles(LocalObjects(settings.files_folder), key_from_setting(settings.files_key)),
        queue=open_queue(settings.redis_url),
        scratch=Scratch(var / "scratch"),
    )
    require_ledger(settings, runtime.ledger)
    require_live(runtime.ledger, runtime.caspen.live.database)
    upgrade(runtime.ledger.engine, runtime.caspen.live.database.engine)
    runtime.caspen.start()
    require_key(settings, runtime.ledger)
    note_begun(settings, runtime.ledger)
    return runtime


def check_installation(settings: Settings) -> None:
    """Opens every resource once, before anything else starts.

    Raises CannotStart with one line for every failure that an operator can fix.
    """
    with single_line_errors():
        runtime = open_runtime(settings, settings.page_patience_seconds)
        try:
            require_whole(runtime.ledger)
        finally:
            runtime.close()


@contextmanager
def single_line_errors() -> Iterator[None]:
    """Context manager for a step of a start. Raises CannotStart with one line for failures that an operator can fix."""
    try:
        yield
    except Exception as trouble:
        message = startup_message(trouble)
        if message is None:
            raise
        raise CannotStart(message) from None
