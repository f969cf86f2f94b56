"""Uploading in pieces: the page's script asks where a file stands, sends it on from there, and hands it over.

Without the script, the plain form of the hand-over does the same in one go.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.basis import MOMENT, Changed, NoBasis, Shown, columns_shown
from app.door import read_form
from app.engine.uploads import PIECE, Chosen, Full, WrongPlace, begin, finish, rows_of, stop, take
from app.errors import Stop
from app.links.cuts import Unanswered
from app.migration.arriving import UploadFile
from app.migration.models import Migration
from app.migration.states import Event, State
from app.problems import Problem
from app.refused_forms import Refusal, RefusedForm, describe, describes
from app.web import Visit, go, in_state, shows, visit_of
from app.wizard.lists_first import hands_over
from app.wizard.upload import MOST_FILES
from app.words import plural

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
    return upload_shown(migration, [row.id for row in rows_of(session, migration.id)])


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
        row = next((row for row in rows_of(session, visit.move.id) if row.id == upload_id), None)
    if row is None:
        raise HTTPException(404)
    return told(row.received)


@router.post("/m/{migration_id}/upload/{upload_id}/piece")
async def receive(request: Request, upload_id: str) -> Response:
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
    except WrongPlace as wrong:
        return told(wrong.received, 409)
    except Full:
        return JSONResponse({"words": Problem("no_space", details={"size": "the rest"}).title}, 507)
    except Unanswered:  # another page sends the same file, over a slow disk
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


def chosen_in(form: FormData) -> list[Chosen]:
    """What the browser says of the files; the same limits as for the plain form."""
    names, sizes = [str(name) for name in form.getlist("name")], [str(size) for size in form.getlist("size")]
    if not names or len(names) != len(sizes) or not all(size.isdigit() and len(size) < 15 for size in sizes):
        raise Stop(Problem("upload_cut_short"))
    if len(names) > MOST_FILES:
        raise Stop(Problem("upload_too_many", details={"limit": str(MOST_FILES)}))
    shown = [name.replace("\\", "/").rsplit("/", 1)[-1][:200] or "file" for name in names]
    files = [Chosen(name, int(size)) for name, size in zip(shown, sizes, strict=True) if int(size)]
    if sum(file.size for file in files) > UPLOAD_LIMIT:
        raise Stop(Problem("upload_too_big", details={"limit": f"{UPLOAD_LIMIT // 10**9} GB"}))
    if not files:
        raise Stop(Problem("upload_empty"))
    return files


def arrived(session: Session, migration: Migration) -> dict[str, Any] | None:
    """An upload that stopped on its way: how much of it is here; None where there is none."""
    rows: list[UploadFile] = rows_of(session, migration.id)
    if not rows:
        return None
    received, size = sum(row.received for row in rows), sum(row.size for row in rows)
    return {"files": len(rows), "received": received, "size": size, "whole": sum(1 for row in rows if row.sha256)}
