"""Files that a browser sends: taken apart while they arrive, each straight into encrypted storage.

Nothing of them is ever on a disk in the clear, and memory does not grow with their size.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

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
from app.request_limits import read_form
from app.unavailable import cause_of
from app.web.form_fingerprint import FIELD, LONGEST, MOMENT, Changed, NoBasis, Shown, columns_shown
from app.web.page_context import Visit, go, in_state, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, describe, describes
from app.wizard.lists_first import hands_over
from app.worker.runtime import Runtime

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


# Uploading in pieces: the page's script asks where a file stands, sends it on from there, and hands it over.
#
# Without the script, the plain form of the hand-over does the same in one go.

router = APIRouter()
UPLOAD_LIMIT = 20 * 10**9
OUTDATED = "Somebody else uploads other files, or went on meanwhile. Nothing of yours was used. Load the page again."


@router.post("/m/{migration_id}/upload/begin")
async def choose(request: Request) -> Response:
    """The names and sizes of the files that were chosen; answered with how much of each is here."""
    visit = hands_over(request)
    form = await read_form(request)

    def confirm(session: Session, drops: bool) -> None:
        """The same files once more drop nothing, so that another page may send them too."""
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
    """What every form of an upload shows: those that begin one, hand one over, or stop one."""
    del visit
    return upload_shown(migration, [row.id for row in load_upload_files(session, migration.id)])


def upload_shown(migration: Migration, uploads: Sequence[str]) -> Shown:
    """This visit to the state, and the uploads that are on their way."""
    moment = columns_shown(MOMENT, migration)
    begun = plural(len(uploads), "file of an upload is", "files of an upload are")
    now = {**moment.now, "uploads": f"{begun} sent or begun" if uploads else "no upload is begun"}
    return Shown({**moment.context, "uploads": sorted(uploads)}, labels={"uploads": "The upload"}, now=now)


@describes("/m/{migration_id}/upload/stop")
def describe_stop(refusal: Refusal) -> RefusedForm:
    """The way on leads to the page that says how much of the upload arrived."""
    return replace(describe(refusal), page=f"/m/{refusal.migration.id}/handover")


@router.head("/m/{migration_id}/upload/{upload_id}")
@router.get("/m/{migration_id}/upload/{upload_id}")
def where(request: Request, upload_id: str) -> Response:
    """How much of one file is durable."""
    visit = visit_of(request)
    with visit.read() as session:
        row = next((row for row in load_upload_files(session, visit.move.id) if row.id == upload_id), None)
    if row is None:
        raise HTTPException(404)
    return told(row.received)


@router.post("/m/{migration_id}/upload/{upload_id}/piece")
async def receive_piece(request: Request, upload_id: str) -> Response:
    """One piece of a file, from `Upload-Offset` on; the answer says how much is durable now."""
    visit = hands_over(request)
    start = request.headers.get("upload-offset", "")
    if not start.isdigit() or len(start) > 15:
        return JSONResponse({"words": "A piece has to say where it begins."}, 422)
    piece = await whole_piece(request)
    told_sum = request.headers.get("piece-sha256", "")
    if told_sum and hashlib.sha256(piece).hexdigest() != told_sum:
        return JSONResponse({"words": "A piece arrived otherwise than it was sent."}, 409)
    try:
        received = await run_in_threadpool(take, visit.runtime, visit.move, upload_id, int(start), piece)
    except WrongOffset as wrong:
        return told(wrong.received, 409)
    except StorageFull:
        return JSONResponse({"words": Problem("no_space", details={"size": "the rest"}).title}, 507)
    except NoResponse:  # another page sends the same file, over a slow disk
        return JSONResponse({"words": "Another page is sending this file."}, 503)
    if received is None:
        raise HTTPException(404)
    return told(received)


@router.post("/m/{migration_id}/upload/finish")
def hand_over(request: Request) -> Response:
    """Everything is here: a worker reads it."""
    visit = hands_over(request)
    try:
        whole = finish(visit.runtime, visit.move, visit.by, visit.confirm)
    except (Changed, NoBasis):
        return JSONResponse({"words": OUTDATED}, 409)
    if not whole:
        return JSONResponse({"words": "Not all of it is here yet."}, 409)
    return JSONResponse({"goes": f"/m/{visit.move.id}/progress"})


@router.post("/m/{migration_id}/upload/stop")
def give_up(request: Request) -> Response:
    """What arrived is deleted. The page of the hand-over says who stopped the upload, until something is uploaded."""
    visit = in_state(request, Event.SUBMIT_EXPORT, State.PREPARING)
    stop(visit.runtime, visit.move.id, visit.confirm, visit.by)
    return go(f"/m/{visit.move.id}/handover#upload")


def told(received: int, status: int = 200) -> Response:
    return JSONResponse({"received": received}, status, headers={"Upload-Offset": str(received)})


async def whole_piece(request: Request) -> bytes:
    """At most one piece, however much is sent."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) > PIECE:
            raise HTTPException(413)
    return bytes(piece)


def chosen_in(form: FormData) -> list[ChosenFile]:
    """What the browser says of the files; the same limits as for the plain form."""
    names, sizes = [str(name) for name in form.getlist("name")], [str(size) for size in form.getlist("size")]
    if not names or len(names) != len(sizes) or not all(size.isdigit() and len(size) < 15 for size in sizes):
        raise Stop(Problem("upload_cut_short"))
    if len(names) > MOST_FILES:
        raise Stop(Problem("upload_too_many", details={"limit": str(MOST_FILES)}))
    shown = [name.replace("\\", "/").rsplit("/", 1)[-1][:200] or "file" for name in names]
    files = [ChosenFile(name, int(size)) for name, size in zip(shown, sizes, strict=True) if int(size)]
    if sum(file.size for file in files) > UPLOAD_LIMIT:
        raise Stop(Problem("upload_too_big", details={"limit": f"{UPLOAD_LIMIT // 10**9} GB"}))
    if not files:
        raise Stop(Problem("upload_empty"))
    return files


def arrived(session: Session, migration: Migration) -> dict[str, Any] | None:
    """An upload that stopped on its way: how much of it is here; None where there is none."""
    rows: list[UploadFile] = load_upload_files(session, migration.id)
    if not rows:
        return None
    received, size = sum(row.received for row in rows), sum(row.size for row in rows)
    return {"files": len(rows), "received": received, "size": size, "whole": sum(1 for row in rows if row.sha256)}
