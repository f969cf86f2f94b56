"""Files that a browser sends: taken apart while they arrive, each straight into encrypted storage.

Nothing of them is ever on a disk in the clear, and memory does not grow with their size.
"""

import hashlib
import secrets
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from app.basis import FIELD, LONGEST
from app.engine.runtime import Runtime
from app.errors import Stop
from app.migration.exports import Stored
from app.migration.models import Migration
from app.problems import Problem
from app.unavailable import cause_of
from app.web import Visit

MOST_FILES = 200


class Receiver:
    """One form with files. `finish()` gives what was stored; `abandon()` removes it again."""

    def __init__(self, runtime: Runtime, migration: Migration, boundary: bytes, limit: int) -> None:
        self.runtime = runtime
        self.migration = migration
        self.limit = limit
        self.stored: list[Stored] = []
        self.basis = b""  # the form's fingerprint, which comes before its files
        self.received = 0
        self._field = b""
        self._headers: dict[str, str] = {}
        self._name = ""
        self._is_basis = False
        self._key = ""
        self._writer: AbstractContextManager[Any] | None = None
        self._out: Any = None
        self._digest = hashlib.sha256()
        self._size = 0
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self._close,
        }
        self.parser = MultipartParser(boundary, callbacks)

    def feed(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > self.limit:
            raise Stop(Problem("upload_too_big", details={"limit": f"{self.limit // 10**9} GB"}))
        self.parser.write(chunk)

    def abandon(self) -> None:
        """Removes everything that came: the browser went away, or it was too much."""
        if self._writer is not None:
            self._writer.__exit__(Stop, Stop(Problem("upload_cut_short")), None)
            self._writer = None
        for file in self.stored:
            self.runtime.objects.delete(file.object_key)

    def _begin(self) -> None:
        self._headers, self._field, self._name = {}, b"", ""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        name = self._field.decode("latin-1").lower()
        self._headers[name] = self._headers.get(name, "") + data[start:end].decode("latin-1")
        self._field = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", ""))
        raw = options.get(b"filename", b"").decode("utf-8", "replace")
        self._name = raw.replace("\\", "/").rsplit("/", 1)[-1][:200]
        self._is_basis = not self._name and options.get(b"name") == FIELD.encode()
        if not self._name:
            return
        if len(self.stored) >= MOST_FILES:
            raise Stop(Problem("upload_too_many", details={"limit": str(MOST_FILES)}))
        self._key = f"{self.migration.id}/files/{secrets.token_hex(16)}"
        self._digest, self._size = hashlib.sha256(), 0
        self._writer = self.runtime.objects.writer(self._key, self.runtime.key(self.migration))
        self._out = self._writer.__enter__()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_basis and len(self.basis) <= LONGEST:
            self.basis += data[start:end]
        if self._writer is None:
            return
        piece = data[start:end]
        self._digest.update(piece)
        self._size += len(piece)
        self._out.write(piece)

    def _close(self) -> None:
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        writer.__exit__(None, None, None)
        self.stored.append(Stored(self._name, self._key, self._size, self._digest.hexdigest()))


async def receive(request: Request, visit: Visit, limit: int) -> tuple[list[Stored], Visit]:
    """All files of a posted form, in encrypted storage, and the visit with the form's fingerprint.

    Raises Stop when the form is cut short or too large, and what storage raises where it has no room.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise Stop(Problem("upload_cut_short"))
    receiver = Receiver(visit.runtime, visit.move, options[b"boundary"], limit)
    try:
        async for chunk in request.stream():
            await run_in_threadpool(receiver.feed, chunk)
        await run_in_threadpool(receiver.parser.finalize)
        if receiver._writer is not None:
            raise Stop(Problem("upload_cut_short"))
    except Stop:
        await run_in_threadpool(receiver.abandon)
        raise
    except Exception as trouble:
        await run_in_threadpool(receiver.abandon)
        if cause_of(trouble):
            raise  # a full disk, or a database that is away: no fault of the visitor's connection
        raise Stop(Problem("upload_cut_short")) from trouble
    sent = replace(visit.sent, fields={FIELD: [receiver.basis.decode("ascii", "replace")]})
    request.state.visit = replace(visit, sent=sent)
    return receiver.stored, request.state.visit
