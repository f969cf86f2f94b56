"""A locked zip: the clinic types the password, and the same files are read again."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app.migration.exports import files_of, keep_zip_password, read_again
from app.migration.guards import export_kept
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.migration.states import Event, State
from app.web.page_context import go, in_state, page, visit_of
from app.wizard.answer_keeping import ANSWERED_IN

router = APIRouter()
WRONG = "zip_password_wrong"
LOCKED = frozenset({"zip_encrypted", WRONG})
ASKS = "Type the password that the zip was made with."


def locked_files(session: Session, migration: Migration) -> list[ExportFile]:
    """Files that could not be opened so far."""
    files = files_of(session, migration.id, migration.export_number)
    return [file for file in files if file.refused in LOCKED]


@router.get("/m/{migration_id}/files/password")
def show_zip_password(request: Request) -> Response:
    return render_zip_password(request, [])


@router.post("/m/{migration_id}/files/password")
def unlock(request: Request, password: Annotated[str, Form()] = "") -> Response:
    """Stores the password, sealed, and reads the export again. Reading reports a wrong password."""
    if visit_of(request).move.state == State.READING:
        return go(f"/m/{visit_of(request).move.id}/progress")  # pressed twice: the reading has started
    visit = in_state(request, Event.READ_AGAIN, *ANSWERED_IN)
    if not password:
        return render_zip_password(request, [{"field": "password", "words": ASKS}])
    key = visit.runtime.link_key(visit.move)
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        read_again(session, migration.id, plan_of(migration), visit.by, guard=export_kept)
        keep_zip_password(session, migration, password, key)
    return go(f"/m/{visit.move.id}/progress")


def render_zip_password(request: Request, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        files = locked_files(session, visit.move)
    if not files:
        return go(f"/m/{visit.move.id}/files")
    was_wrong = any(file.refused == WRONG for file in files)
    values: dict[str, Any] = {
        "files": files,
        "was_wrong": was_wrong,
        "editable": visit.move.state in ANSWERED_IN,
        "errors": errors,
    }
    return page(request, "wizard/zip_password.html", 422 if errors else 200, **values)
