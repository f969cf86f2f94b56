"""Uploads from a browser, parsed while they arrive and written straight into encrypted storage.

No byte is stored in the clear, and memory does not grow with the size of an upload.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, TypedDict

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from python_multipart.multipart import MultipartParser, parse_options_header
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.errors import Stop
from app.fetch.chunked_uploads import (
    PIECE,
    ChosenFile,
    StorageFull,
    WrongOffset,
    begin,
    finish,
    load_upload_files,
    stop,
    take,
)
from app.formatting import plural
from app.links.network_errors import NoResponse
from app.migration.exports import Stored
from app.migration.models import Migration
from app.migration.states import Event, State
from app.migration.upload_tables import UploadFile
from app.problems import Problem
from app.request_sizes import read_form
from app.unavailable import cause_of
from app.web.form_fingerprint import FIELD, LONGEST, MOMENT, Changed, NoBasis, Shown, columns_shown
from app.web.page_context import Visit, go, in_state, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, describe, describes
from app.web.sent_numbers import sent_number
from app.wizard.lists_first import hands_over
from app.worker.runtime import Runtime

MOST_FILES = 200


class Receiver:
    """Parser of a form with files. `stored` lists the stored files, `abandon()` deletes them."""

    def __init__(self, runtime: Runtime, migration: Migration, boundary: bytes, limit: int) -> None:
        self.runtime = runtime
        self.migration = migration
        self.limit = limit
        self.stored: list[Stored] = []
        self.basis = b""  # the form's fingerprint, which precedes its files
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
        """Deletes every stored file, after a lost connection or a broken limit."""
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
    """Stores all files of a posted form, encrypted. Returns them, and the visit with the form's fingerprint.

    Raises Stop if the form is cut short or too large, and the storage's own error for a full disk.
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


# Upload in pieces: the page's script asks for a file's offset, sends the rest, and hands the files over. Without the
# script, the plain form sends whole files.

router = APIRouter()
UPLOAD_LIMIT = 20 * 10**9
OUTDATED = "Somebody else uploads other files, or went on meanwhile. Nothing of yours was used. Load the page again."


@router.post("/m/{migration_id}/upload/begin")
async def begin_upload(request: Request) -> Response:
    """Takes the names and sizes of the chosen files. Responds with the received bytes of each."""
    visit = hands_over(request)
    form = await read_form(request)

    def confirm(session: Session, drops: bool) -> None:
        """Allows another page to send the same files: nothing is dropped then."""
        try:
            visit.confirm(session)
        except Changed as changed:
            if drops or changed.names != ("uploads",):
                raise

    try:
        rows = await run_in_threadpool(begin, visit.runtime, visit.move, chosen_in(form), confirm)
    except Stop as reason:
        return JSONResponse({"words": f"{reason.problem.title} {reason.problem.todo}"}, 422)
    except (Changed, NoBasis):
        return JSONResponse({"words": OUTDATED}, 409)
    basis = visit.seal(visit.sent.path, upload_shown(visit.move, [row.id for row in rows]))
    files = [{"id": row.id, "received": row.received} for row in rows]
    return JSONResponse({"piece": PIECE, "files": files, "basis": basis})


@shows("/m/{migration_id}/handover/upload")
def uploads_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The facts of every upload form: begin, hand over, stop."""
    del visit
    return upload_shown(migration, [row.id for row in load_upload_files(session, migration.id)])


def upload_shown(migration: Migration, uploads: Sequence[str]) -> Shown:
    """The state of the move, and the uploads in progress."""
    moment = columns_shown(MOMENT, migration)
    begun = plural(len(uploads), "file of an upload is", "files of an upload are")
    now = {**moment.now, "uploads": f"{begun} sent or begun" if uploads else "no upload is begun"}
    return Shown({**moment.context, "uploads": sorted(uploads)}, labels={"uploads": "The upload"}, now=now)


@describes("/m/{migration_id}/upload/stop")
def describe_stop(refusal: Refusal) -> RefusedForm:
    """Refused stop of an upload. Leads to the page that shows the received amount."""
    return replace(describe(refusal), page=f"/m/{refusal.migration.id}/handover")


@router.head("/m/{migration_id}/upload/{upload_id}")
@router.get("/m/{migration_id}/upload/{upload_id}")
def show_offset(request: Request, upload_id: str) -> Response:
    """The number of durably stored bytes of a file."""
    visit = visit_of(request)
    with visit.read() as session:
        row = next((row for row in load_upload_files(session, visit.move.id) if row.id == upload_id), None)
    if row is None:
        raise HTTPException(404)
    return offset_response(row.received)


@router.post("/m/{migration_id}/upload/{upload_id}/piece")
async def receive_piece(request: Request, upload_id: str) -> Response:
    """Stores a piece of a file from `Upload-Offset` on. Responds with the number of stored bytes."""
    visit = hands_over(request)
    start = request.headers.get("upload-offset", "")
    if (begins := sent_number(start)) is None:
        return JSONResponse({"words": "A piece has to say where it begins."}, 422)
    piece = await whole_piece(request)
    sent_checksum = request.headers.get("piece-sha256", "")
    if sent_checksum and hashlib.sha256(piece).hexdigest() != sent_checksum:
        return JSONResponse({"words": "A piece arrived otherwise than it was sent."}, 409)
    try:
        received = await run_in_threadpool(take, visit.runtime, visit.move, upload_id, begins, piece)
    except WrongOffset as wrong:
        return offset_response(wrong.received, 409)
    except StorageFull:
        return JSONResponse({"words": Problem("no_space", details={"size": "the rest"}).title}, 507)
    except NoResponse:  # another page is sending the same file to a slow disk
        return JSONResponse({"words": "Another page is sending this file."}, 503)
    if received is None:
        raise HTTPException(404)
    return offset_response(received)


@router.post("/m/{migration_id}/upload/finish")
def finish_upload(request: Request) -> Response:
    """Hands over the uploaded files. A worker reads them."""
    visit = hands_over(request)
    try:
        whole = finish(visit.runtime, visit.move, visit.by, visit.confirm)
    except (Changed, NoBasis):
        return JSONResponse({"words": OUTDATED}, 409)
    if not whole:
        return JSONResponse({"words": "Not all of it is here yet."}, 409)
    return JSONResponse({"goes": f"/m/{visit.move.id}/progress"})


@router.post("/m/{migration_id}/upload/stop")
def stop_upload(request: Request) -> Response:
    """Deletes the received files. The handover page names the person who stopped, until the next upload."""
    visit = in_state(request, Event.SUBMIT_EXPORT, State.PREPARING)
    stop(visit.runtime, visit.move.id, visit.confirm, visit.by)
    return go(f"/m/{visit.move.id}/handover#upload")


def offset_response(received: int, status: int = 200) -> Response:
    return JSONResponse({"received": received}, status, headers={"Upload-Offset": str(received)})


async def whole_piece(request: Request) -> bytes:
    """The body of the request, at most PIECE bytes."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) > PIECE:
            raise HTTPException(413)
    return bytes(piece)


def chosen_in(form: FormData) -> list[ChosenFile]:
    """Parses the chosen files. The limits are those of the plain form."""
    names, sizes = [str(name) for name in form.getlist("name")], [str(size) for size in form.getlist("size")]
    numbers = [number for size in sizes if (number := sent_number(size)) is not None]
    if not names or len(names) != len(numbers) or len(numbers) != len(sizes):
        raise Stop(Problem("upload_cut_short"))
    if len(names) > MOST_FILES:
        raise Stop(Problem("upload_too_many", details={"limit": str(MOST_FILES)}))
    shown = [name.replace("\\", "/").rsplit("/", 1)[-1][:200] or "file" for name in names]
    files = [ChosenFile(name, size) for name, size in zip(shown, numbers, strict=True) if size]
    if sum(file.size for file in files) > UPLOAD_LIMIT:
        raise Stop(Problem("upload_too_big", details={"limit": f"{UPLOAD_LIMIT // 10**9} GB"}))
    if not files:
        raise Stop(Problem("upload_empty"))
    return files


class UnfinishedUpload(TypedDict):
    """An unfinished upload: its files, received bytes, all bytes, and the files that are whole."""

    files: int
    received: int
    size: int
    whole: int


def arrived(session: Session, migration: Migration) -> UnfinishedUpload | None:
    """The unfinished upload of a migration, or None."""
    rows: list[UploadFile] = load_upload_files(session, migration.id)
    if not rows:
        return None
    received, size = sum(row.received for row in rows), sum(row.size for row in rows)
    return {"files": len(rows), "received": received, "size": size, "whole": sum(1 for row in rows if row.sha256)}
