"""How to make the export: the date range, the best day, and sharing by link."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app.db import now
from app.migration.audit import write_act
from app.migration.models import Migration
from app.migration.states import OPEN, OVER, Event, State
from app.web.form_fingerprint import TICK, FormField, Shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of

router = APIRouter()


@shows("/m/{migration_id}/export")
def ready_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """Whether the clinic has confirmed that its export is ready."""
    del visit, session
    words, is_ready = "Our export holds everything that we want to move", migration.export_confirmed_at is not None
    return Shown(fields={"ready": FormField(words, "1" if is_ready else "", TICK)})


@router.get("/m/{migration_id}/export")
def show_export(request: Request) -> Response:
    """Instructions for the export. A move that is over redirects to its own page."""
    move = visit_of(request).move
    return go(f"/m/{move.id}") if State(move.state) in OVER else render_export(request, [])


@router.post("/m/{migration_id}/export")
def confirm(request: Request, ready: Annotated[str, Form()] = "") -> Response:
    """Stores that the clinic confirmed its export as complete."""
    visit = in_state(request, Event.SUBMIT_EXPORT, *OPEN)
    if not ready:
        words = "Tick this when your export holds everything that you want moved."
        return render_export(request, [{"field": "ready", "words": words}])
    with visit.confirmed() as confirmed:
        migration = confirmed.migration
        if migration.export_confirmed_at is None:
            migration.export_confirmed_at = now()
            write_act(confirmed.session, migration, visit.by.name, visit.by.actor.value, "confirm_export", {})
    return go(f"/m/{visit.move.id}/handover")


@dataclass(frozen=True, slots=True)
class KindToExport:
    """A line of the table of kinds: where to export the kind, and what the clinic does if the kind does not move."""

    label: str
    called: str
    where: str
    native_headers: str
    instead: str


def render_export(request: Request, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/export")
    conversion = date.fromisoformat(visit.move.conversion_date) if visit.move.conversion_date else None
    kinds = [
        KindToExport(
            kind.label,
            kind.source_label,
            kind.source_location,
            kind.recognition.native_headers,
            kind.exclusion.workaround,
        )
        for kind in visit.source.kinds
        if kind.source_location
    ]
    values: dict[str, Any] = {
        "conversion": conversion,
        "best": conversion - timedelta(days=1) if conversion else None,
        "kinds": kinds,
        "guide": visit.source.export_guide,
        "ready": visit.move.export_confirmed_at is not None,
        "errors": errors,
    }
    return page(request, "wizard/export.html", 422 if errors else 200, **values)
