"""Support answers for a clinic what a file is, from column names, counts and patterns. Cells are never shown.

Every answer needs a reason, which the clinic can read.
"""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.migration.states import Event
from app.reading.redaction import redacted_path
from app.request_sizes import read_form
from app.support.support_pages import reason_error
from app.web.page_context import go, in_state, page, visit_of
from app.web.sent_numbers import SentNumber
from app.wizard.answer_keeping import ANSWERED_IN, settle
from app.wizard.file_inputs import file_inputs
from app.wizard.file_states import lines_of
from app.wizard.pairing import FileOffer, find_errors, planned, without
from app.wizard.which_file import SUPPORT_FORM, answer_in, choices, file_of, offered, outdated_columns, trouble_of
from app.wizard.which_folder import (
    AskedFolder,
    answer_folder,
    asked_folder,
    missing_answer,
    render_folder,
    withdraw_answer,
)

router = APIRouter(prefix="/support")


@router.get("/{migration_id}/files/{number}")
def show_file(request: Request, number: SentNumber) -> Response:
    visit = visit_of(request)
    if (folder := asked_folder(visit, number)) is not None:
        return render_support_folder(request, folder)
    return render_support_file(request, number)


@router.post("/{migration_id}/files/{number}")
async def save(request: Request, number: SentNumber) -> Response:
    form = await read_form(request)
    return await run_in_threadpool(save_answer_of_support, request, number, form)


def save_answer_of_support(request: Request, number: int, form: FormData) -> Response:
    """Saves support's answer about a file. With `act=read`, reads the export again."""
    visit, act, reason = visit_of(request), str(form.get("act", "")), str(form.get("reason", "")).strip()
    trouble = reason_error(reason)
    reason_errors = [{"field": "reason", "words": trouble}] if trouble and act != "show" else []
    in_state(request, Event.READ_AGAIN, *ANSWERED_IN)
    visit.ask_first()  # the number may belong to another file now
    if (folder := asked_folder(visit, number)) is not None:
        return save_folder_of_support(request, folder, form, reason_errors)
    file = file_of(visit, number)
    if act == "withdraw" and not reason_errors:
        settle(visit, lambda plan: without(plan, file.path), number, "file_answer_withdrawn", {}, "keep", reason)
        return go(f"/support/{visit.move.id}#files")
    shown = without_cells(offered(visit, file, None if act == "withdraw" else answer_in(form)))
    errors = reason_errors + (
        [] if act in ("show", "withdraw") else outdated_columns(form, shown) or find_errors(shown)
    )
    if act == "show" or errors:
        return render_support_file(request, number, shown, errors, reason)
    facts = {"kind": shown.chosen, "columns": sum(bool(line.chosen) for line in shown.lines)}
    settle(visit, lambda plan: planned(shown, plan, file.path), number, "file_answered", facts, act, reason)
    return go(f"/support/{visit.move.id}#files")


def save_folder_of_support(
    request: Request, folder: AskedFolder, form: FormData, reason_errors: list[dict[str, str]]
) -> Response:
    """Saves support's answer about a folder of documents. `reason_errors` are errors of the reason."""
    visit, act, reason = visit_of(request), str(form.get("act", "")), str(form.get("reason", "")).strip()
    answer = str(form.get("kind", ""))
    errors = reason_errors + ([] if act in ("show", "withdraw") else missing_answer(answer, visit.source))
    if act == "show" or errors:
        return render_support_folder(request, folder, errors, answer, reason)
    if act == "withdraw":
        withdraw_answer(visit, folder, reason)
    else:
        answer_folder(visit, folder, answer, act, reason)
    return go(f"/support/{visit.move.id}#files")


def render_support_folder(
    request: Request,
    folder: AskedFolder,
    errors: list[dict[str, str]] | None = None,
    chosen: str = "",
    reason: str = "",
) -> Response:
    visit = visit_of(request)
    more: dict[str, Any] = {
        "name": redacted_path(folder.root.removesuffix("/"), visit.source) + "/",
        "reason": reason,
        "editable": visit.move.state in ANSWERED_IN,
    }
    return render_folder(request, folder, SUPPORT_FORM, "support/folder.html", errors, chosen, **more)


def without_cells(shown: FileOffer) -> FileOffer:
    """The offer without cells, so that no page of support can show a cell."""
    return replace(shown, lines=tuple(replace(line, cells=()) for line in shown.lines))


def render_support_file(
    request: Request,
    number: int,
    shown: FileOffer | None = None,
    errors: list[dict[str, str]] | None = None,
    reason: str = "",
) -> Response:
    visit = visit_of(request)
    with visit.read() as session:  # before the file is loaded, so that the fingerprint is never newer than the page
        known = visit.shown(SUPPORT_FORM, session, visit.move)
    file = file_of(visit, number)
    shown = shown or without_cells(offered(visit, file, None))
    visit.remember_shown(SUPPORT_FORM, replace(known, inputs=file_inputs(shown, visit.source, is_support=True)))
    values: dict[str, Any] = {
        "number": number,
        "name": redacted_path(file.path, visit.source),
        "line": next(line for line in lines_of(visit) if line.number == number),
        "shown": shown,
        "trouble": trouble_of(file, shown, visit.source, is_support=True),
        "editable": visit.move.state in ANSWERED_IN,
        "reason": reason,
        "errors": errors or [],
        **choices(shown, visit.source),
    }
    return page(request, "support/file.html", 422 if errors else 200, **values)
