"""The files behind a clinic's link are downloaded into encrypted storage. An upload is there already."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from app.db import now
from app.errors import Stop
from app.links import Conduct, FetchedFile, FileState, Interruption, LinkSettings, Paused, export_sha256
from app.links import fetch as fetch_link
from app.links.problems import OPERATORS
from app.migration.exports import ITEM, Stored, link_of, password_of, record_files
from app.migration.models import Export, LinkedFile, Migration, ProblemLine
from app.problems import Problem
from app.settings import environment
from app.storage import open_secret, seal_secret
from app.worker.heartbeat import Dropped, Heartbeat
from app.worker.leases import Lease, LostLease, checkpoint
from app.worker.outcome import Done
from app.worker.runtime import Runtime

PHASE = "fetch"
PATIENCE_SECONDS = 5.0  # longer waits are the ledger's, so that a worker is free for other clinics


@dataclass
class Followed:
    """How far the files of a link have come, as the ledger keeps it: one line for each, written under our lease."""

    runtime: Runtime
    migration: Migration
    lease: Lease
    beat: Heartbeat
    states: dict[str, FileState] = field(default_factory=dict)
    told: list[Problem] = field(default_factory=list)
    limited: int = 0
    done: int = 0  # bytes of all files together, so that a folder of thousands need not be added up at each of them
    expected: int = 0
    began: tuple[float, int] | None = None  # when this worker first wrote something down, and the bytes until then

    def plan(self, states: Sequence[FileState]) -> None:
        """Writes down every file, instead of those of an earlier look at the link."""
        self._begin(states)
        with self.runtime.ledger.write() as session:
            self._fence(session)
            session.connection().execute(sa.delete(LinkedFile).where(*self._mine()))
            session.add_all(row_of(self.migration, state, self._key, self.lease.epoch) for state in states)

    def save(self, state: FileState) -> None:
        """Called when bytes are durable. Raises LostLease where another worker has taken over."""
        before = self.states.get(state.key)
        self.done += state.bytes_done - (before.bytes_done if before else 0)
        self.expected += (state.expected_size or 0) - ((before.expected_size or 0) if before else 0)
        self.states[state.key] = state
        with self.runtime.ledger.write() as session:
            self._fence(session)
            session.merge(row_of(self.migration, state, self._key, self.lease.epoch))

    def note(self, limited: int) -> None:
        """How often in a row the provider has asked us to slow down before it told anything."""
        self.limited = limited
        with self.runtime.ledger.write() as session:
            self._fence(session)

    def known(self) -> list[FileState]:
        """What earlier workers have written down."""
        with self.runtime.ledger.read() as session:
            rows = session.exec(select(LinkedFile).where(*self._mine()).order_by(LinkedFile.object_key)).all()
        found = [state_of(row, self._key) for row in rows]
        self._begin(found)
        return found

    def progress(self, done: int, expected: int | None) -> None:
        self.beat()

    def should_stop(self) -> Interruption | None:
        self.beat()
        return None

    def _begin(self, states: Sequence[FileState]) -> None:
        self.states = {state.key: state for state in states}
        self.done = sum(state.bytes_done for state in states)
        self.expected = sum(state.expected_size or 0 for state in states)

    @property
    def _key(self) -> bytes:
        return self.runtime.link_key(self.migration)

    def _mine(self) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        table = LinkedFile.__table__.c  # type: ignore[attr-defined]  # set by the table class
        return table.migration_id == self.migration.id, table.export_number == self.migration.export_number

    def _fence(self, session: Session) -> None:
        checkpoint(session, self.runtime.ledger, self.lease, {}, self.runtime.settings.lease_seconds)
        export = session.get_one(Export, (self.migration.id, self.migration.export_number))
        export.fetch_state = {
            "bytes_done": self.done,
            "bytes_total": self.expected,
            "bytes_a_second": self._speed(self.done),
            "operators": [problem.code for problem in self.told if problem.code in OPERATORS],
            "limited": self.limited,
        }
        session.add(export)

    def _speed(self, done: int) -> float:
        """Bytes a second while this worker has been at it, so that no wait and no pause slows it; 0 for not known."""
        at = time.monotonic()
        since, before = self.began = self.began or (at, done)
        seconds, more = at - since, done - before
        return more / seconds if seconds >= 1 and more > 0 else 0.0


def fetch(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Fetches what has not been fetched yet, from where the last worker came to."""
    with runtime.ledger.read() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
    key, prefix = runtime.link_key(migration), prefix_of(migration)
    link = link_of(export, key)
    if link is None:
        return Done()
    followed = Followed(runtime, migration, lease, beat)
    links = LinkSettings.from_environment(environment())
    conduct = Conduct(
        save=followed.save,
        plan=followed.plan,
        progress=followed.progress,
        should_stop=followed.should_stop,
        tell=followed.told.append,
        limited=int(export.fetch_state.get("limited", 0)),
        patience=PATIENCE_SECONDS,
    )
    try:
        files = fetch_link(
            link,
            links,
            runtime.objects,
            runtime.key(migration),
            prefix,
            password=password_of(export, key),
            states=followed.known(),
            conduct=conduct,
            slots=runtime.places(migration, links),
        )
    except Paused:
        raise Dropped from None
    except Stop:
        followed.note(limited=conduct.limited)
        raise
    except LostLease:
        _leave_nothing(runtime, migration, prefix)
        raise
    return Done({}, lambda session: _note(session, migration, files, followed.told))


def prefix_of(migration: Migration) -> str:
    """Where the files of a migration's link lie in storage."""
    return f"{migration.id}/files-{migration.export_number}"


def _leave_nothing(runtime: Runtime, migration: Migration, prefix: str) -> None:
    """A download that was stopped, or whose migration was, may have written on for a moment."""
    with runtime.ledger.read() as session:
        export = session.get(Export, (migration.id, migration.export_number))
    if export is None or export.sealed_link is None:
        runtime.objects.delete_prefix(prefix)


def _note(session: Session, migration: Migration, files: list[FetchedFile], told: Sequence[Problem]) -> None:
    export = session.get_one(Export, (migration.id, migration.export_number))
    export.sha256 = export_sha256(files)
    export.size = sum(file.size for file in files)
    export.fetched_at = now()
    export.sealed_password = None
    session.add(export)
    stored = [Stored(file.path, file.key, file.size, file.sha256) for file in files]
    record_files(session, migration.id, migration.export_number, stored)
    run = f"export:{migration.export_number}"
    for problem in told:
        if problem.code not in OPERATORS:
            session.add(
                ProblemLine(
                    migration_id=migration.id,
                    run=run,
                    code=problem.code,
                    level=problem.severity.value,
                    file=problem.file,
                )
            )


# A file behind a link as the ledger keeps it: what opens it at its provider is sealed like the link itself.

APART = ("item", "key", "path", "expected_size", "bytes_done", "sha256", "last_problem", "next_try_at")


def row_of(migration: Migration, state: FileState, key: bytes, epoch: int) -> LinkedFile:
    """The line of a file, of which nothing opens anything."""
    told = state.as_dict()
    return LinkedFile(
        migration_id=migration.id,
        export_number=migration.export_number,
        object_key=state.key,
        path=state.path,
        sealed_item=seal_secret(state.item, key, ITEM),
        expected_size=state.expected_size,
        bytes_done=state.bytes_done,
        sha256=state.sha256,
        last_problem=state.last_problem,
        next_try_at=None if state.next_try_at is None else datetime.fromtimestamp(state.next_try_at, UTC),
        epoch=epoch,
        state={name: value for name, value in told.items() if name not in APART},
    )


def state_of(row: LinkedFile, key: bytes) -> FileState:
    """What the next worker goes on from."""
    return FileState.from_dict(
        {
            **row.state,
            "item": open_secret(row.sealed_item, key, ITEM),
            "key": row.object_key,
            "path": row.path,
            "expected_size": row.expected_size,
            "bytes_done": row.bytes_done,
            "sha256": row.sha256,
            "last_problem": row.last_problem,
            "next_try_at": None if row.next_try_at is None else row.next_try_at.timestamp(),
        }
    )
