"""The files of the export: what each was taken for, what is still to be said of them, and how each kind is read."""

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
    """This visit to the state, and everything that was answered about the files: all of it is read with."""
    del visit, session
    moment = columns_shown(MOMENT, migration)
    said_of = plan_of(migration).model_dump(mode="json", include={"file_kinds", "column_pairs", "headerless"})
    return Shown(
        context={**moment.context, "answers": said_of},
        labels={"answers": "The answers about your files"},
        now={**moment.now, "answers": "other answers were kept meanwhile"},
    )


@router.get("/m/{migration_id}/files")
def look(request: Request) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/files")
    lines = lines_of(visit)
    told: dict[str, Any] = {
        "lines": lines,
        "counted": files_and_folders(line.path for line in lines),
        "waiting": waiting_words(lines),
        "unread": sum(line.is_unread for line in lines),
        "editable": visit.move.state in ANSWERED_IN,
        "state": visit.move.state,
        "may_see": visit.person.may(Right.REVIEW, visit.move.workspace_id),
        "kept": bool(visit.move.wrapped_key) and visit.move.export_number > 0,
        "kinds": [kind for kind in visit.source.kinds if kind.awaited],
        "lists": [kind for kind in visit.source.kinds if kind.imported and kind.short_list.is_listed],
    }
    return page(request, "wizard/files.html", **told)


@router.post("/m/{migration_id}/files")
def read(request: Request) -> Response:
    """Reads the export again, the same files, with what was said of them since."""
    visit = visit_of(request)
    if visit.move.state == State.READING:
        return go(f"/m/{visit.move.id}/progress")  # pressed twice: it is being read
    visit = in_state(request, Event.READ_AGAIN, *ANSWERED_IN)
    with visit.confirmed() as confirmed:
        notice = read_again(confirmed.session, visit.move.id, plan_of(confirmed.migration), visit.by, guard=export_kept)
    visit.runtime.queue.notify(notice.migration_id)
    return go(f"/m/{visit.move.id}/progress")


@router.get("/m/{migration_id}/files/description.txt")
def description(request: Request) -> Response:
    """A description of the export without one value of it, to be sent to support."""
    visit = visit_of(request)
    if not visit.move.wrapped_key or not visit.move.export_number:
        raise HTTPException(404)
    with visit.write() as session:
        note(session, visit.move, visit.by, "export_described", {"export": visit.move.export_number})
    headers = {"Content-Disposition": 'attachment; filename="description-of-my-export.txt"'}
    lines = describe(visit.runtime, visit.move)
    return StreamingResponse(lines, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/m/{migration_id}/files/kinds/{kind}")
def kind_sheet(request: Request, kind: str) -> Response:
    """One kind: which headers are confirmed and which assumed, what each becomes, and which are in this export."""
    visit = visit_of(request)
    found = next((one for one in visit.source.kinds if one.name == kind), None)
    if found is None:
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
    return page(request, "wizard/kind.html", kind=found, sheet=sheet_of(found, files), files=files, counted=counted)


# How one kind is read, column by column: its name in the old software, how sure we are of it, and where it goes.

SURE = {
    "C": ("Confirmed", "done", "seen in a real export or in the maker's own documents"),
    "R": ("Reported", "later", "told by others who read such files"),
    "A": ("Assumed", "later", "our best guess: in your export it may be called otherwise"),
}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One column of a kind. `is_here` is None while no file of the kind has been read."""

    label: str
    native: str
    api: str
    sure: str
    mark: str
    becomes: str
    is_needed: bool
    is_here: bool | None


def sheet_of(kind: Kind[Any], files: Sequence[ExportFile]) -> list[SheetLine]:
    """Every column that the kind knows: first what it cannot do without, last the times that every kind has."""
    needs = {p.name for p in needed(kind)}
    read = [file for file in files if not file.refused and "headers" in file.facts]
    absent = set.intersection(*(set(file.facts.get("absent_columns", ())) for file in read)) if read else set()
    keyless = [file for file in read if "headers" in file.facts]
    told = []
    for placed in sorted(kind.columns, key=lambda p: (p.name not in needs, p.name in TIMES)):
        column = placed.column
        native = f"{column.prefix} …" if column.prefix else column.native
        sure, mark, _ = SURE[column.mark] if native else ("Confirmed", "done", "")
        here = None if not keyless or column.is_key or column.prefix else placed.name not in absent
        told.append(
            SheetLine(
                label_of(kind, placed.name),
                native,
                placed.name,
                sure,
                mark,
                _becomes(column),
                placed.name in needs,
                here,
            )
        )
    return told


def _becomes(column: Column) -> str:
    """As in "client, date of birth"; empty for what decides something and is kept nowhere."""
    if column.is_key:
        return "the row's own number"
    if not column.destination:
        return ""
    table, _, field = column.destination.partition(".")
    return f"{table.replace('_', ' ')}: {field.removesuffix('_id').replace('_', ' ')}"
