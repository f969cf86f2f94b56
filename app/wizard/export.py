"""How to make the export: any time to any time, best a day before the Trial Conversion date, shared by a link."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from app.db import now
from app.migration.models import Migration
from app.migration.states import OPEN, Event
from app.web import go, in_state, page, visit_of

router = APIRouter()


@router.get("/m/{migration_id}/export")
def look(request: Request) -> Response:
    return draw(request, [])


@router.post("/m/{migration_id}/export")
def confirm(request: Request, ready: Annotated[str, Form()] = "") -> Response:
    """The clinic says that its export holds everything that it wants moved."""
    visit = in_state(request, Event.SUBMIT_EXPORT, *OPEN)
    if not ready:
        words = "Tick this when your export holds everything that you want moved."
        return draw(request, [{"field": "ready", "words": words}])
    with visit.write() as session:
        migration = session.get_one(Migration, visit.move.id)
        migration.export_confirmed_at = migration.export_confirmed_at or now()
        session.add(migration)
    return go(f"/m/{visit.move.id}/handover")


def draw(request: Request, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    conversion = date.fromisoformat(visit.move.conversion_date) if visit.move.conversion_date else None
    kinds = [kind for kind in visit.source.kinds if kind.where]
    told: dict[str, Any] = {
        "conversion": conversion,
        "best": conversion - timedelta(days=1) if conversion else None,
        "kinds": kinds,
        "help_article": visit.source.help_article,
        "ready": visit.move.export_confirmed_at is not None,
        "errors": errors,
    }
    return page(request, "wizard/export.html", 422 if errors else 200, **told)
