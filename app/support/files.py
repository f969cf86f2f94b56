"""Support says for a clinic what a file is: by the names of its columns, counts and shapes, never by a cell of it.

It needs a reason, and the clinic reads what was done and why.
"""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.migration.states import Event
from app.reading.redaction import told_path
from app.request_limits import read_form
from app.support.routes import short
from app.web.page_context import go, in_state, page, visit_of
from app.wizard.answer_keeping import ANSWERED_IN, settle
from app.wizard.file_inputs import file_inputs
from app.wizard.file_states import lines_of
from app.wizard.pairing import Offer, planned, without, wrong_with
from app.wizard.which_file import SUPPORT_FORM, answer_in, choices, file_of, offered, stale, trouble_of
from app.wizard.which_folder import AskedFolder, answer_folder, asked_folder, missing_answer, show_folder, withdraw

router = APIRouter(prefix="/support")


@router.get("/{migration_id}/files/{number}")
def look(request: Request, number: int) -> Response:
    visit = visit_of(request)
    if (folder := asked_folder(visit, number)) is not None:
        return draw_folder(request, folder)
    return draw(request, number)


@router.post("/{migration_id}/files/{number}")
async def save(request: Request, number: int) -> Response:
    form = await read_form(request)
    return await run_in_threadpool(keep, request, number, form)


def keep(request: Request, number: int, form: FormData) -> Response:
    """Keeps what support says of the file; with `act=read`, reads the export again with it."""
    visit, act, reason = visit_of(request), str(form.get("act", "")), str(form.get("reason", "")).strip()
    trouble = short(reason)
    because = [{"field": "reason", "words": trouble}] if trouble and act != "show" else []
    in_state(request, Event.READ_AGAIN, *ANSWERED_IN)
    visit.ask_first()  # the number may be that of another file by now
    if (folder := asked_folder(visit, number)) is not None:
        return keep_folder(request, folder, form, because)
    file = file_of(visit, number)
    if act == "withdraw" and not because:
        settle(visit, lambda plan: without(plan, file.path), number, "file_answer_withdrawn", {}, "keep", reason)
        return go(f"/support/{visit.move.id}#files")
    shown = veiled(offered(visit, file, None if act == "withdraw" else answer_in(form)))
    errors = because + ([] if act in ("show", "withdraw") else stale(form, shown) or wrong_with(shown))
    if act == "show" or errors:
        return draw(request, number, shown, errors, reason)
    facts = {"kind": shown.chosen, "columns": sum(bool(line.chosen) for line in shown.lines)}
    settle(visit, lambda plan: planned(shown, plan, file.path), number, "file_answered", facts, act, reason)
    return go(f"/support/{visit.move.id}#files")


def keep_folder(request: Request, folder: AskedFolder, form: FormData, because: list[dict[str, str]]) -> Response:
    """Keeps what support says of a folder of documents. `because` says what is wrong with the reason."""
    visit, act, reason = visit_of(request), str(form.get("act", "")), str(form.get("reason", "")).strip()
    answer = str(form.get("kind", ""))
    errors = because + ([] if act in ("show", "withdraw") else missing_answer(answer))
    if act == "show" or errors:
        return draw_folder(request, folder, errors, answer, reason)
    if act == "withdraw":
        withdraw(visit, folder, reason)
    else:
        answer_folder(visit, folder, answer, act, reason)
    return go(f"/support/{visit.move.id}#files")


def draw_folder(
    request: Request,
    folder: AskedFolder,
    errors: list[dict[str, str]] | None = None,
    chosen: str = "",
    reason: str = "",
) -> Response:
    visit = visit_of(request)
    more: dict[str, Any] = {
        "name": told_path(folder.root.removesuffix("/"), visit.source) + "/",
        "reason": reason,
        "editable": visit.move.state in ANSWERED_IN,
    }
    return show_folder(request, folder, SUPPORT_FORM, "support/folder.html", errors, chosen, **more)


def veiled(shown: Offer) -> Offer:
    """The same without a single cell, so that no page of support can show one."""
    return replace(shown, lines=tuple(replace(line, cells=()) for line in shown.lines))


def draw(
    request: Request,
    number: int,
    shown: Offer | None = None,
    errors: list[dict[str, str]] | None = None,
    reason: str = "",
) -> Response:
    visit = visit_of(request)
    with visit.read() as session:  # before the file itself, so that the fingerprint is never newer than the page
        known = visit.shown(SUPPORT_FORM, session, visit.move)
    file = file_of(visit, number)
    shown = shown or veiled(offered(visit, file, None))
    visit.remember_shown(SUPPORT_FORM, replace(known, inputs=file_inputs(shown, visit.source, is_support=True)))
    told: dict[str, Any] = {
        "number": number,
        "name": told_path(file.path, visit.source),
        "line": next(line for line in lines_of(visit) if line.number == number),
        "shown": shown,
        "trouble": trouble_of(file, shown, visit.source, is_support=True),
        "editable": visit.move.state in ANSWERED_IN,
        "reason": reason,
        "errors": errors or [],
        **choices(shown, visit.source),
    }
    return page(request, "support/file.html", 422 if errors else 200, **told)
