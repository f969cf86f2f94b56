"""The files of the export: detected kinds, open questions, and how each kind is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, select

from app.access.rights import Right
from app.formatting import files_and_folders
from app.mapping.columns import Column
from app.mapping.kind import Kind
from app.migration.exports import read_again
from app.migration.guards import export_kept
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.migration.states import Event, State
from app.reading.descriptions import describe
from app.web.form_fingerprint import MOMENT, Shown, columns_shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.wizard.answer_keeping import ANSWERED_IN, note
from app.wizard.file_states import lines_of, waiting_words
from app.wizard.pairing import TIMES, label_of, needed

router = APIRouter()


@shows("/m/{migration_id}/files")
def answers_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The state of the move and every answer about files. A new reading uses all of them."""
    del visit, session
    moment = columns_shown(MOMENT, migration)
    answers = plan_of(migration).model_dump(mode="json", include={"file_kinds", "column_pairs", "headerless"})
    return Shown(
        context={**moment.context, "answers": answers},
        labels={"answers": "The answers about your files"},
        now={**moment.now, "answers": "other answers were kept meanwhile"},
    )


@router.get("/m/{migration_id}/files")
def show_files(request: Request) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/files")
    lines = lines_of(visit)
    values: dict[str, Any] = {
        "lines": lines,
        "counted": files_and_folders(line.path for line in lines),
        "waiting": waiting_words(lines),
        "unread": sum(line.is_unread for line in lines),
        "editable": visit.move.state in ANSWERED_IN,
        "state": visit.move.state,
        "may_see": visit.person.may(Right.REVIEW, visit.move.workspace_id),
        "kept": bool(visit.move.wrapped_key) and visit.move.export_number > 0,
        "kinds": [kind for kind in visit.source.kinds if kind.is_expected],
        "lists": [kind for kind in visit.source.kinds if kind.imported and kind.short_list.is_listed],
    }
    return page(request, "wizard/files.html", **values)


@router.post("/m/{migration_id}/files")
def read_export_again(request: Request) -> Response:
    """Reads the same files again with the newest answers. A second press leads to the progress page."""
    visit = visit_of(request)
    if visit.move.state == State.READING:
        return go(f"/m/{visit.move.id}/progress")  # pressed twice: the reading has started
    visit = in_state(request, Event.READ_AGAIN, *ANSWERED_IN)
    with visit.confirmed() as confirmed:
        read_again(confirmed.session, visit.move.id, plan_of(confirmed.migration), visit.by, guard=export_kept)
    return go(f"/m/{visit.move.id}/progress")


@router.get("/m/{migration_id}/files/description.txt")
def download_description(request: Request) -> Response:
    """A description of the export without any value, for sending to support."""
    visit = visit_of(request)
    if not visit.move.wrapped_key or not visit.move.export_number:
        raise HTTPException(404)
    with visit.write() as session:
        note(session, visit.move, visit.by, "export_described", {"export": visit.move.export_number})
    headers = {"Content-Disposition": 'attachment; filename="description-of-my-export.txt"'}
    lines = describe(visit.runtime, visit.move)
    return StreamingResponse(lines, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/m/{migration_id}/files/kinds/{kind}")
def show_kind(request: Request, kind: str) -> Response:
    """A kind's columns: confirmed or assumed header, destination, and presence in this export."""
    visit = visit_of(request)
    match = next((each for each in visit.source.kinds if each.name == kind), None)
    if match is None:
        raise HTTPException(404)
    with visit.read() as session:
        files = session.exec(
            select(ExportFile)
            .where(
                ExportFile.migration_id == visit.move.id,
                ExportFile.export_number == visit.move.export_number,
                ExportFile.kind == kind,
            )
            .order_by(col(ExportFile.number))
        ).all()
    counted = files_and_folders(file.path for file in files)
    return page(request, "wizard/kind.html", kind=match, sheet=build_sheet(match, files), files=files, counted=counted)


SURE = {
    "C": ("Confirmed", "done", "seen in a real export or in the maker's own documents"),
    "R": ("Reported", "later", "reported by others who read such files"),
    "A": ("Assumed", "later", "our best guess: in your export it may be called otherwise"),
}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A column of a kind. `is_present` is None before any file of the kind is read."""

    label: str
    native: str
    api: str
    sure: str
    mark: str
    becomes: str
    is_needed: bool
    is_present: bool | None


def build_sheet(kind: Kind[Any], files: Sequence[ExportFile]) -> list[SheetLine]:
    """Every column of the kind: required columns first, common times last."""
    needs = {p.name for p in needed(kind)}
    read_files = [file for file in files if not file.refused and "headers" in file.facts]
    absent = (
        set.intersection(*(set(file.facts.get("absent_columns", ())) for file in read_files)) if read_files else set()
    )
    keyless = [file for file in read_files if "headers" in file.facts]
    lines = []
    for placed in sorted(kind.columns, key=lambda p: (p.name not in needs, p.name in TIMES)):
        column = placed.column
        native = f"{column.prefix} …" if column.prefix else column.native
        sure, mark, _ = SURE[column.mark] if native else ("Confirmed", "done", "")
        is_present = None if not keyless or column.is_key or column.prefix else placed.name not in absent
        lines.append(
            SheetLine(
                label_of(kind, placed.name),
                native,
                placed.name,
                sure,
                mark,
                _becomes(column),
                placed.name in needs,
                is_present,
            )
        )
    return lines


def _becomes(column: Column) -> str:
    """As in "client, date of birth". "" for a column that is not stored."""
    if column.is_key:
        return "the row's own number"
    if not column.destination:
        return ""
    table, _, field = column.destination.partition(".")
    return f"{table.replace('_', ' ')}: {field.removesuffix('_id').replace('_', ' ')}"
