"""The index of an export in encrypted storage: its key, and how a worker stores, fetches and opens the index."""

import shutil
from pathlib import Path

from app.index.store import Index
from app.migration.models import Migration
from app.worker.runtime import Runtime

COPY_BYTES = 1 << 20


def index_key(migration_id: str, export_number: int) -> str:
    """The key in storage of an export's sealed index."""
    return f"{migration_id}/export-{export_number}/index"


def store_index(runtime: Runtime, migration: Migration, path: Path, key: str) -> None:
    """Writes the index at `path` into encrypted storage. A second call replaces the stored index."""
    with path.open("rb") as plain, runtime.objects.writer(key, runtime.key(migration)) as stored:
        shutil.copyfileobj(plain, stored, COPY_BYTES)


def fetch_index(runtime: Runtime, migration: Migration, key: str, path: Path) -> None:
    """Decrypts a stored index to a file at `path`, which is replaced. Raises CannotOpen for a damaged index."""
    with runtime.objects.reader(key, runtime.key(migration)) as stored, path.open("wb") as plain:
        shutil.copyfileobj(stored, plain, COPY_BYTES)


def materialise(runtime: Runtime, migration: Migration, path: Path) -> Index:
    """Decrypts the sealed index to a file at `path` and opens it. Raises CannotOpen for a damaged index."""
    fetch_index(runtime, migration, index_key(migration.id, migration.export_number), path)
    return Index.open(path)
