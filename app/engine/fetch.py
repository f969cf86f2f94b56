"""The files behind a clinic's link are downloaded into encrypted storage. An upload is there already."""

from dataclasses import dataclass, field

from sqlmodel import Session

from app.db import now
from app.engine.heartbeat import Dropped, Heartbeat
from app.engine.outcome import Done
from app.engine.runtime import Runtime
from app.engine.work import Lease, checkpoint
from app.links import Conduct, FetchedFile, FileState, Interruption, LinkSettings, Paused, export_sha256
from app.links import fetch as fetch_link
from app.migration.exports import Stored, link_of, record_files
from app.migration.models import Export, Migration
from app.settings import environment

PATIENCE_SECONDS = 5.0  # longer waits are the ledger's, so that a worker is free for other clinics


@dataclass
class Followed:
    """How far the files of a link have come, as the ledger keeps it."""

    runtime: Runtime
    migration: Migration
    lease: Lease
    beat: Heartbeat
    states: dict[str, FileState] = field(default_factory=dict)

    def save(self, state: FileState) -> None:
        """Called when bytes are durable. Raises LostLease where another worker has taken over."""
        self.states[state.key] = state
        with self.runtime.ledger.write() as session:
            checkpoint(session, self.runtime.ledger, self.lease, {}, self.runtime.settings.lease_seconds)
            export = session.get_one(Export, (self.migration.id, self.migration.export_number))
            export.fetch_state = {
                "files": [kept.as_dict() for kept in self.states.values()],
                "bytes_done": sum(kept.bytes_done for kept in self.states.values()),
                "bytes_total": sum(kept.expected_size or 0 for kept in self.states.values()),
            }
            session.add(export)

    def progress(self, done: int, expected: int | None) -> None:
        self.beat()

    def should_stop(self) -> Interruption | None:
        self.beat()
        return None


def fetch(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Fetches what has not been fetched yet, from where the last worker came to."""
    with runtime.ledger.read() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
    link = link_of(export, runtime.key(migration))
    if link is None:
        return Done()
    followed = Followed(runtime, migration, lease, beat)
    for kept in export.fetch_state.get("files", []):
        state = FileState.from_dict(kept)
        followed.states[state.key] = state
    conduct = Conduct(
        save=followed.save, progress=followed.progress, should_stop=followed.should_stop, patience=PATIENCE_SECONDS
    )
    try:
        files = fetch_link(
            link,
            LinkSettings.from_environment(environment()),
            runtime.objects,
            runtime.key(migration),
            f"{migration.id}/files-{migration.export_number}",
            states=list(followed.states.values()),
            conduct=conduct,
        )
    except Paused:
        raise Dropped from None
    return Done({}, lambda session: _note(session, migration, files))


def _note(session: Session, migration: Migration, files: list[FetchedFile]) -> None:
    export = session.get_one(Export, (migration.id, migration.export_number))
    export.sha256 = export_sha256(files)
    export.size = sum(file.size for file in files)
    export.fetched_at = now()
    session.add(export)
    stored = [Stored(file.path, file.key, file.size, file.sha256) for file in files]
    record_files(session, migration.id, migration.export_number, stored)
