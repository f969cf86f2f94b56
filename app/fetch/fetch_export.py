"""The phase `fetch`: downloads the files behind a clinic's link into encrypted storage. An upload is stored already."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from app.db import now
from app.errors import Stop
from app.fetch.hand_over import handed_over_link
from app.links.checkpoint import FileState
from app.links.download_observer import DownloadObserver, Interruption, Paused
from app.links.link_problems import OPERATORS
from app.links.link_settings import LinkSettings
from app.links.parallel_download import FetchedFile, export_sha256
from app.links.parallel_download import fetch as fetch_link
from app.migration.exports import ITEM, Stored, record_files
from app.migration.models import Export, LinkedFile, Migration, ProblemLine
from app.problems import Problem
from app.settings import environment
from app.storage import open_secret, seal_secret
from app.worker.heartbeat import Heartbeat, WorkerStopping
from app.worker.leases import Lease, LostLease, checkpoint
from app.worker.outcome import Done
from app.worker.runtime import Runtime

PHASE = "fetch"
PATIENCE_SECONDS = 5.0  # a longer wait goes to the ledger, so that the worker is free for other clinics


@dataclass
class DownloadLedger:
    """Saves the states of a link's files in the ledger, a row for each file. Each write checks the worker's lease."""

    runtime: Runtime
    migration: Migration
    lease: Lease
    beat: Heartbeat
    states: dict[str, FileState] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    limited: int = 0
    done: int = 0  # durable bytes of all files, kept as a total because a folder may hold thousands of files
    expected: int = 0
    began: tuple[float, int] | None = None  # time of this worker's first write, and the durable bytes at that time

    def plan(self, states: Sequence[FileState]) -> None:
        """Saves the state of every file, and deletes the rows of an earlier listing."""
        self._begin(states)
        with self.runtime.ledger.write() as session:
            self._fence(session)
            session.connection().execute(sa.delete(LinkedFile).where(*self._mine()))
            session.add_all(build_linked_file(self.migration, state, self._key, self.lease.epoch) for state in states)

    def save(self, state: FileState) -> None:
        """Saves the state of a file. Raises LostLease where another worker has taken over."""
        before = self.states.get(state.key)
        self.done += state.bytes_done - (before.bytes_done if before else 0)
        self.expected += (state.expected_size or 0) - ((before.expected_size or 0) if before else 0)
        self.states[state.key] = state
        with self.runtime.ledger.write() as session:
            self._fence(session)
            session.merge(build_linked_file(self.migration, state, self._key, self.lease.epoch))

    def save_limited(self, limited: int) -> None:
        """Saves the number of rate limit responses in a row, before the contents of the link are known."""
        self.limited = limited
        with self.runtime.ledger.write() as session:
            self._fence(session)

    def load(self) -> list[FileState]:
        """The states that earlier workers saved."""
        with self.runtime.ledger.read() as session:
            rows = session.exec(select(LinkedFile).where(*self._mine()).order_by(LinkedFile.object_key)).all()
        states = [build_file_state(row, self._key) for row in rows]
        self._begin(states)
        return states

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
            "operators": [problem.code for problem in self.problems if problem.code in OPERATORS],
            "limited": self.limited,
        }
        session.add(export)

    def _speed(self, done: int) -> float:
        """Bytes a second since this worker's first write, without earlier waits and pauses. 0 where unknown."""
        at = time.monotonic()
        since, before = self.began = self.began or (at, done)
        seconds, more = at - since, done - before
        return more / seconds if seconds >= 1 and more > 0 else 0.0


def fetch(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Downloads the files of the link from the last saved states. An upload returns at once."""
    with runtime.ledger.read() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
    key, prefix = runtime.link_key(migration), prefix_of(migration)
    link = handed_over_link(export, key)
    if link is None:
        return Done()
    ledger = DownloadLedger(runtime, migration, lease, beat)
    links = LinkSettings.from_environment(environment())
    observer = DownloadObserver(
        save=ledger.save,
        plan=ledger.plan,
        progress=ledger.progress,
        should_stop=ledger.should_stop,
        report=ledger.problems.append,
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
            states=ledger.load(),
            observer=observer,
            slots=runtime.places(migration, links),
        )
    except Paused:
        raise WorkerStopping from None
    except Stop:
        ledger.save_limited(observer.limited)
        raise
    except LostLease:
        _delete_stopped(runtime, migration, prefix)
        raise
    return Done({}, lambda session: _record(session, migration, files, ledger.problems))


def prefix_of(migration: Migration) -> str:
    """The prefix of the storage keys of a link's files."""
    return f"{migration.id}/files-{migration.export_number}"


def _delete_stopped(runtime: Runtime, migration: Migration, prefix: str) -> None:
    """Deletes the files of a stopped download, which may have written for a moment after the stop."""
    with runtime.ledger.read() as session:
        export = session.get(Export, (migration.id, migration.export_number))
    if export is None or export.sealed_link is None:
        runtime.objects.delete_prefix(prefix)


def _record(session: Session, migration: Migration, files: list[FetchedFile], problems: Sequence[Problem]) -> None:
    export = session.get_one(Export, (migration.id, migration.export_number))
    export.sha256 = export_sha256(files)
    export.size = sum(file.size for file in files)
    export.fetched_at = now()
    export.sealed_password = None
    session.add(export)
    stored = [Stored(file.path, file.key, file.size, file.sha256) for file in files]
    record_files(session, migration.id, migration.export_number, stored)
    run = f"export:{migration.export_number}"
    for problem in problems:
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


OWN_COLUMNS = ("item", "key", "path", "expected_size", "bytes_done", "sha256", "last_problem", "next_try_at")


def build_linked_file(migration: Migration, state: FileState, key: bytes, epoch: int) -> LinkedFile:
    """Ledger row for a downloaded file. The provider's item id is sealed."""
    values = state.as_dict()
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
        state={name: value for name, value in values.items() if name not in OWN_COLUMNS},
    )


def build_file_state(row: LinkedFile, key: bytes) -> FileState:
    """The state of a file from its ledger row, for the worker that resumes the download."""
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
