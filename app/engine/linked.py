"""A file behind a link as the ledger keeps it: what opens it at its provider is sealed like the link itself."""

from datetime import UTC, datetime

from app.links import FileState
from app.migration.exports import ITEM
from app.migration.models import LinkedFile, Migration
from app.storage import open_secret, seal_secret

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
