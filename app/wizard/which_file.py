"""What is this file? An admin chooses its kind and pairs its columns, with three rows in view.

The cells belong to the clinic: only its admins may open this page, and the view is recorded first. A person without
the right to read clinical notes sees cells only if reading itself found that the file holds none.
"""

from dataclasses import replace
from typing import Any, TypedDict

from fastapi import APIRouter, HTTPException, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.access.rights import Right
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.migration.states import Event
from app.problems import Problem, catalogue
from app.reading.document_folders import folder_of
from app.reading.previews import BUSY, FAILED, PreviewQuestion, load_preview
from app.records.kinds import hidden_from
from app.records.reader_rights import reader_of
from app.request_sizes import read_form
from app.web.form_fingerprint import Shown, columns_shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.sent_numbers import SentNumber, column_number
from app.wizard.answer_keeping import ANSWERED_IN, note, settle
from app.wizard.file_inputs import KIND, LEFT_OUT, file_inputs, kind_words
from app.wizard.file_states import HELPED, cause_of, lines_of
from app.wizard.pairing import (
    ColumnLine,
    FileKindAnswer,
    FileOffer,
    find_errors,
    gathers,
    label_of,
    needed,
    offer,
    options,
    planned,
    without,
)
from app.wizard.which_folder import HOLDS, asked_folder, folder_words, page_after, render_folder, save_folder_answer

router = APIRouter()
Errors = list[dict[str, str]]
MOST_SHOWN = 200  # paired columns, and as many unpaired; a page of thousands takes a minute to render
FORM, SUPPORT_FORM = "/m/{migration_id}/files/{number}", "/support/{migration_id}/files/{number}"


@shows(FORM, SUPPORT_FORM)
def answer_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The reading of the file's number, and the answer about this file."""
    number = int(visit.sent.address["number"])
    file = session.get(ExportFile, (migration.id, migration.export_number, number))
    path = file.path if file is not None else ""
    plan, root = plan_of(migration), folder_of(path)
    key = root or path
    answer = [plan.file_kinds.get(key), plan.column_pairs.get(key, {}), key in plan.headerless]
    reading = columns_shown(("export_number",), migration)
    words = folder_words(visit.source) if root else kind_words(visit.source)
    now = words.get(plan.file_kinds.get(key, ""), "not said yet" if root else "as the file says by itself")
    return Shown(
        context={**reading.context, "path": path, "answer": answer},
        labels={
            "export_number": "The reading of the export",
            "path": "The folder at this address" if root else "The file at this address",
            "answer": HOLDS if root else KIND,
        },
        now={**reading.now, "path": "another folder" if root else "another file", "answer": now},
    )


@router.get("/m/{migration_id}/files/{number}")
def show_file(request: Request, number: SentNumber) -> Response:
    visit = visit_of(request)
    if (folder := asked_folder(visit, number)) is not None:
        return render_folder(request, folder, FORM, "wizard/which_folder.html")
    return render_file(request, number)


@router.post("/m/{migration_id}/files/{number}")
async def save(request: Request, number: SentNumber) -> Response:
    form = await read_form(request)
    return await run_in_threadpool(save_answer, request, number, form)


def save_answer(request: Request, number: int, form: FormData) -> Response:
    """Saves the answer about a file. With `act=read`, reads the export again."""
    visit, act = in_state(request, Event.READ_AGAIN, *ANSWERED_IN), str(form.get("act", ""))
    visit.ask_first()  # the number may belong to another file now
    if (folder := asked_folder(visit, number)) is not None:
        return save_folder_answer(request, folder, FORM, form)
    file = file_of(visit, number)
    if act == "withdraw":
        settle(visit, lambda plan: without(plan, file.path), number, "file_answer_withdrawn", {}, "keep")
        return go(page_after(visit))
    answer = FileKindAnswer(LEAVE_OUT) if act == "leave" else answer_in(form)
    shown = offered(visit, file, answer)
    errors = [] if act == "show" else outdated_columns(form, shown) or find_errors(shown)
    if act == "show" or errors:
        return render_file(request, number, shown, errors)
    facts = {"kind": shown.chosen, "columns": sum(bool(line.chosen) for line in shown.lines)}
    settle(visit, lambda plan: planned(shown, plan, file.path), number, "file_answered", facts, act)
    return go(page_after(visit))


def answer_in(form: FormData) -> FileKindAnswer:
    """Parses the form. Columns count only for the kind that they were shown for. Another kind starts with guesses."""
    if form.get("shown", "") != form.get("kind", ""):
        return FileKindAnswer(str(form.get("kind", "")) or None, {}, form.get("headerless") == "1")
    columns = ((column_number(name), str(value)) for name, value in form.items())
    chosen = {number: value for number, value in columns if number is not None}
    return FileKindAnswer(str(form.get("kind", "")) or None, chosen, form.get("headerless") == "1")


def outdated_columns(form: FormData, shown: FileOffer) -> Errors:
    """An error for a form with the columns of another kind, so that the page shows the right columns first."""
    of = str(form.get("shown", ""))
    if shown.kind is not None and shown.kind.imported and of != shown.kind.name:
        return [
            {
                "field": "columns",
                "words": f"Here are the columns for {shown.kind.label.lower()}. Pair them, then keep it.",
            }
        ]
    if form.get("shown_headerless", "") != ("1" if shown.headerless else ""):
        return [{"field": "columns", "words": "The columns are shown anew. Look once more, then keep your answer."}]
    return []


def file_of(visit: Visit, number: int) -> ExportFile:
    """A file of the export's last reading. Raises 404 for folders of documents, which have no columns."""
    with visit.read() as session:
        file = session.get(ExportFile, (visit.move.id, visit.move.export_number, number))
    if file is None or number < 1 or folder_of(file.path) or not visit.move.wrapped_key:
        raise HTTPException(404)
    return file


def offered(visit: Visit, file: ExportFile, answer: FileKindAnswer | None) -> FileOffer:
    """Builds the offer of a file from its first rows."""
    plan = plan_of(visit.move)
    with visit.read() as session:
        files = files_of(session, visit.move.id, visit.move.export_number)
    headerless = answer.headerless if answer else file.path in plan.headerless or file.refused == "header_missing"
    others = {other.path: other.kind for other in files if other.kind and not other.refused and other.path != file.path}
    asked = PreviewQuestion(
        file.path,
        headerless,
        may_lack_header=answer is None and file.kind is None,
        wants_ids=not (answer and answer.chosen),  # a search through every file is slow
        kinds=others,
    )
    preview = load_preview(visit.runtime, visit.move, plan, asked)
    headerless = preview.headerless
    if answer is None and headerless:
        answer = FileKindAnswer(plan.file_kinds.get(file.path), {}, headerless=True)
    return offer(preview.file_preview, visit.source, answer, plan, file.path, preview.ids, taken_for=taken_for(file))


def taken_for(file: ExportFile) -> str | None:
    """The kind in the list of files, if reading recognised it without an answer."""
    return file.kind if file.refused in HELPED and not file.facts.get("answered") else None


def shows_cells(visit: Visit, file: ExportFile) -> bool:
    """Whether this person may see a file's cells. An answer about the file's kind proves nothing."""
    with visit.read() as session:
        reader = reader_of(session, visit.runtime.caspen, visit.move.workspace_id, visit.person)
    kind = next((kind for kind in visit.source.kinds if kind.name == file.kind), None)
    if kind is None or file.refused or file.facts.get("answered"):
        return reader.clinical
    return not hidden_from(reader, kind.tables)


def render_file(
    request: Request, number: int, shown: FileOffer | None = None, errors: Errors | None = None
) -> Response:
    visit = visit_of(request)
    with visit.read() as session:  # before the file is loaded, so that the fingerprint is never newer than the page
        known = visit.shown(FORM, session, visit.move)
    file = file_of(visit, number)
    with visit.write() as session:  # before a single cell is shown
        note(session, visit.move, visit.by, "file_seen", {"file": number})
    shown = shown or offered(visit, file, None)
    visit.remember_shown(FORM, replace(known, inputs=file_inputs(shown, visit.source, is_support=False)))
    lines = lines_of(visit)
    mine = next(line for line in lines if line.number == number)
    values: dict[str, Any] = {
        "file": file,
        "line": mine,
        "shown": shown,
        "others": sum(line.is_open and line.number != number for line in lines),
        "trouble": trouble_of(file, shown, visit.source),
        "editable": visit.move.state in ANSWERED_IN and visit.person.may(Right.ACT, visit.move.workspace_id),
        "errors": errors or [],
        "cells": shows_cells(visit, file),
        **choices(shown, visit.source),
    }
    return page(request, "wizard/which_file.html", 422 if errors else 200, **values)


class FileChoices(TypedDict):
    """What a file's form offers.

    * `groups`: the kinds of the list, as name and words, in groups with a label.
    * `paired`, `unpaired`: the shown columns with and without a field, each with its options.
    * `unshown`: the number of columns beyond the shown columns.
    * `needs`: the labels of the fields that the kind requires.
    * `is_left_unread`: unpaired columns of this kind are not imported.
    """

    groups: list[tuple[str, list[tuple[str, str]]]]
    paired: list[tuple[ColumnLine, list[tuple[str, str]]]]
    unpaired: list[tuple[ColumnLine, list[tuple[str, str]]]]
    unshown: int
    needs: list[str]
    is_left_unread: bool


def choices(shown: FileOffer, source: Source) -> FileChoices:
    """The kinds of the list, and each column's options."""
    likely = tuple(dict.fromkeys((*shown.candidates, *([shown.likeliest] if shown.likeliest else []))))
    words = kind_words(source)
    named = [(k.name, words[k.name], k) for k in source.kinds]
    groups = [
        ("It may be", [(name, words) for wanted in likely for name, words, k in named if name == wanted]),
        ("All that moves", [(name, words) for name, words, k in named if k.imported and name not in likely]),
        (
            "Counted, does not move",
            [(name, words) for name, words, k in named if not k.imported and name not in likely],
        ),
        ("Or", [(LEAVE_OUT, LEFT_OUT)]),
    ]
    kind = shown.kind if shown.kind is not None and shown.kind.imported else None
    paired = [line for line in shown.lines if line.chosen]
    unpaired = [line for line in shown.lines if not line.chosen]

    def offered_for(lines: list[ColumnLine]) -> list[tuple[ColumnLine, list[tuple[str, str]]]]:
        return [(line, options(kind, line, many=gathers(kind)) if kind else []) for line in lines[:MOST_SHOWN]]

    return {
        "groups": [(label, entries) for label, entries in groups if entries],
        "paired": offered_for(paired),
        "unpaired": offered_for(unpaired),
        "unshown": max(0, len(paired) - MOST_SHOWN) + max(0, len(unpaired) - MOST_SHOWN),
        "needs": [label_of(kind, p.name) for p in needed(kind)] if kind else [],
        "is_left_unread": kind is not None and gathers(kind) is None,
    }


def trouble_of(file: ExportFile, shown: FileOffer, source: Source, *, is_support: bool = False) -> Problem | None:
    """Why the file was not read, or cannot be shown as a table."""
    unread = shown.preview.code if not shown.preview.names else None
    code = unread if unread in (BUSY, FAILED) else file.refused or unread
    if code is None or code not in catalogue():
        return None
    problem = cause_of(code, source, file, is_support=is_support)
    own = {line.own for line in shown.lines}
    if shown.kind is None:
        return problem
    keys = [p.name for p in needed(shown.kind) if p.column.is_key and p.name not in own]
    if code == "missing_key_column" and shown.lines and not keys:
        return None  # the shown kind has its key column, unlike the refused kind
    if shown.kind.name == file.kind:
        return problem
    wanted = " and ".join(label_of(shown.kind, name) for name in keys)
    return problem.at(details={**problem.details, "kind": shown.kind.source_label, "wanted": wanted})
