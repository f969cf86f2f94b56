"""The contents of clients' files in live workspaces: each content once per workspace, encrypted, by its sha256.

Contents belong to no migration: a file is kept when the export and its key are destroyed.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from app.storage.encryption import derive
from app.storage.objects import Objects

PIECE = 64 << 10
SHARDS = tuple(f"{number:02x}" for number in range(256))


class NotThatContent(Exception):
    """A content does not have the sha256 that it was given under. Nothing was kept."""

    def __init__(self) -> None:
        super().__init__("the content does not have the sum under which it was to be kept")


class LiveFiles:
    """The contents of all workspaces. Each workspace has its own key."""

    def __init__(self, objects: Objects, key: bytes) -> None:
        self._objects = objects
        self._key = key

    def exists(self, workspace_id: str, sha256: str) -> bool:
        return self._objects.exists(_name(workspace_id, sha256))

    def add(self, workspace_id: str, sha256: str, content: BinaryIO) -> None:
        """Keeps a content, streamed. An existing content is not changed. Raises NotThatContent when the sha256
        differs."""
        if self.exists(workspace_id, sha256):
            return
        digest = hashlib.sha256()
        with self._objects.writer(_name(workspace_id, sha256), self._of(workspace_id)) as out:
            while piece := content.read(PIECE):
                digest.update(piece)
                out.write(piece)
            if digest.hexdigest() != sha256:
                raise NotThatContent

    def open(self, workspace_id: str, sha256: str) -> BinaryIO:
        """A content's bytes. Raises FileNotFoundError, and CannotOpen when the stored bytes were changed."""
        return self._objects.reader(_name(workspace_id, sha256), self._of(workspace_id))

    def delete(self, workspace_id: str, sha256: str) -> None:
        self._objects.delete(_name(workspace_id, sha256))

    def sweep_unfinished(self, workspace_id: str, than: datetime) -> int:
        """Removes unfinished contents that were last written before a moment."""
        return self._objects.sweep_unfinished(workspace_id, than)

    def shard(self, workspace_id: str, shard: str) -> Iterator[str]:
        """The sha256 of each kept content of one of the 256 portions."""
        for name in self._objects.list(f"{workspace_id}/{shard}"):
            yield name.rpartition("/")[2]

    def _of(self, workspace_id: str) -> bytes:
        return derive(self._key, workspace_id.encode(), b"workspace-files")


def _name(workspace_id: str, sha256: str) -> str:
    return f"{workspace_id}/{sha256[:2]}/{sha256}"
