"""The decrypted index of the export that pages asked for last, in this process's scratch folder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.index.store import Index, remove
from app.index.stored_index import materialise
from app.migration.models import Migration
from app.worker.runtime import Runtime


@dataclass
class CachedIndex:
    """The index on disk. `results` are a caller's counts by the fingerprint of a plan, empty for another index."""

    name: str = ""
    path: Path | None = None
    results: dict[str, dict[str, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def name_of(self, runtime: Runtime, migration: Migration) -> str:
        """The name of the index of a migration's export."""
        return f"{runtime.scratch.folder}:{migration.id}:{migration.export_number}"

    def fill(self, runtime: Runtime, migration: Migration) -> Path:
        """The path of the migration's index. A second call decrypts nothing. Needs `lock`.

        Raises FileNotFoundError and CannotOpen as `materialise` does.
        """
        name = self.name_of(runtime, migration)
        if self.name == name and self.path is not None and self.path.exists():  # scratch files may be cleared
            return self.path
        if self.path is not None:
            remove(self.path)
        path = runtime.scratch.folder / f"asked-{migration.id}-{migration.export_number}.index"
        materialise(runtime, migration, path).close()
        self.name, self.path, self.results = name, path, {}
        return path


CACHED = CachedIndex()


@contextmanager
def open_index(runtime: Runtime, migration: Migration) -> Iterator[Index]:
    """The sealed index of a migration's export, for one reader at a time.

    Raises FileNotFoundError and CannotOpen for an index that is deleted or damaged.
    """
    with CACHED.lock, Index.open(CACHED.fill(runtime, migration)) as index:
        yield index
