"""Stores files that lie next to the tables, such as a scan of a referral. Equal contents are stored once.

Files are streamed, never held in memory. A file over 1 MiB is read twice: for its checksum, which names the stored
object, and for storing.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from app.index.attachments import Attachment, comparable
from app.mapping.client_files import is_blocked
from app.reading.content_sniffing import content_type_of
from app.reading.cut import PartStore
from app.reading.entries import FileEntry
from app.reading.naming import owner_of
from app.reading.refusal import Refused
from app.storage.batch import ObjectBatch
from app.storage.writing import ObjectWriter

PIECE = 64 << 10
AT_ONCE = 1 << 20


def attachments_prefix(migration_id: str, export_number: int) -> str:
    """The prefix in storage of the contents of an export's files, which are stored by checksum."""
    return f"{migration_id}/contents-{export_number}/"


def attachment_key(prefix: str, sha256: str) -> str:
    """Returns the storage key of a content, by the SHA-256 of its bytes."""
    return f"{prefix}{sha256[:2]}/{sha256}"


def store_attachment(entry: FileEntry, store: PartStore, batch: ObjectBatch) -> Attachment:
    """Writes the content of a file into a batch, unless the storage or the batch has that content.

    Raises nothing for a bad file: the returned attachment carries the problem code and no checksum.
    """
    root = entry.attached or ""
    *folders, name = entry.path[len(root) :].split("/")
    attachment = Attachment(
        entry.path, root, comparable(entry.path[len(root) :]), owner_of(folders).id, comparable(name), entry.size
    )
    if is_blocked(name):
        return attachment._replace(code="file_type_blocked")
    try:
        if entry.refused:
            raise entry.refused
        sha256, size, content_type = _stored(entry, store, batch)
    except Refused as refused:
        return attachment._replace(code=refused.code)
    return attachment._replace(sha256=sha256, size=size, content_type=content_type)


def _stored(entry: FileEntry, store: PartStore, batch: ObjectBatch) -> tuple[str, int, str]:
    if entry.size > store.limits.file_bytes:
        raise Refused("file_too_large")
    with entry.open() as stream:
        begins = stream.read(AT_ONCE)
        if not begins:
            raise Refused("file_zero_bytes")
        digest, size = hashlib.sha256(begins), len(begins)
        if size == AT_ONCE:
            for piece in _pieces(stream):
                digest.update(piece)
                size += len(piece)
                if size > store.limits.file_bytes:
                    raise Refused("file_too_large")
    sha256 = digest.hexdigest()
    key = attachment_key(store.files, sha256)
    if not batch.has(key) and not store.objects.exists(key):
        with batch.writer(key, store.data_key) as out:
            _write(entry, out, sha256, begins if size < AT_ONCE else None)
    return sha256, size, content_type_of(begins)


def _write(entry: FileEntry, out: ObjectWriter, sha256: str, whole: bytes | None) -> None:
    if whole is not None:
        out.write(whole)
        return
    digest = hashlib.sha256()
    with entry.open() as stream:
        for piece in _pieces(stream):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != sha256:
        raise Refused("zip_damaged")


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece
