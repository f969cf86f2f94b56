"""What moves and what stays, both read before anything starts; and the page that starts a move."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from app.access.rights import Right
from app.caspen.facts import workspace_facts
from app.db import now
from app.mapping.kind import Source
from app.migration.begin import begin
from app.migration.models import Migration
from app.migration.states import OPEN, OVER, Event, State, move_for
from app.signin.pages import current_migration
from app.sources import source
from app.web import Visit, go, in_state, page, visit_of
from app.wizard.dates import typed_date

router = APIRouter()


@router.get("/start")
def before(request: Request, workspace: str = "") -> Response:
    """Nothing has been started yet: what will happen, and what one needs. An open move is gone on with."""
    visit = visit_of(request)
    if not workspace and len(may_start(visit)) > 1:
        return go("/clinics")
    workspace_id = own_workspace(visit, workspace)
    with visit.read() as session:
        migration = current_migration(session, workspace_id)
    if migration is not None and migration.state not in OVER:
        return go(f"/m/{migration.id}")
    facts = workspace_facts(visit.runtime.caspen, workspace_id)
    clinic = {"name": facts.workspace.name, "id": workspace_id}
    return page(request, "wizard/start.html", workspace=facts.workspace, clinic=clinic)


@router.post("/start")
def start(request: Request, workspace: Annotated[str, Form()] = "") -> Response:
    """Starts the move of the visitor's workspace; where one is open already, leads to it."""
    visit = visit_of(request)
    if not workspace and len(may_start(visit)) > 1:
        return go("/clinics")
    workspace_id = own_workspace(visit, workspace)
    facts = workspace_facts(visit.runtime.caspen, workspace_id)
    with visit.write() as session:
        migration = current_migration(session, workspace_id)
        if migration is None or migration.state in OVER:
            migration = begin(
                session,
                workspace_id=workspace_id,
                clinic=facts.workspace.name,
                source=source(None).name,
                wrapped_key=visit.runtime.new_wrapped_key(),
                by=visit.by,
                timezone=facts.workspace.timezone,
                country=facts.workspace.country,
            )
    return go(f"/m/{migration.id}/overview")


def own_workspace(visit: Visit, wanted: str) -> str:
    """The workspace that is meant, of those where this person may start a move."""
    own = may_start(visit)
    if wanted and wanted not in own:
        raise HTTPException(404)
    return wanted or own[0]


def may_start(visit: Visit) -> list[str]:
    """The workspaces where this person may start a move."""
    return [each for each in visit.person.workspace_ids if visit.person.may(Right.START, each)]


@router.get("/m/{migration_id}/overview")
def look(request: Request) -> Response:
    visit = visit_of(request)
    typed = visit.move.conversion_date
    shown = date.fromisoformat(typed) if typed else None
    return draw(request, f"{shown:%d/%m/%Y}" if shown else "", visit.move.moves_acknowledged_at is not None, [])


@router.post("/m/{migration_id}/overview")
def acknowledge(
    request: Request, conversion: Annotated[str, Form()] = "", ack: Annotated[str, Form()] = ""
) -> Response:
    """Both lists are read. The date may stay empty."""
    visit = in_state(request, Event.CHANGE_PLAN, *OPEN)
    day, trouble = typed_date(conversion)
    errors = []
    if trouble:
        errors.append({"field": "conversion", "words": trouble})
    if not ack and visit.move.moves_acknowledged_at is None:
        errors.append({"field": "ack", "words": "Tick this when you have read what moves and what stays."})
    if errors:
        return draw(request, conversion, bool(ack), errors)
    with visit.write() as session:
        migration = session.get_one(Migration, visit.move.id)
        migration.conversion_date = day.isoformat() if day else None
        migration.moves_acknowledged_at = migration.moves_acknowledged_at or now()
        session.add(migration)
    return go(f"/m/{visit.move.id}/checklist")


def draw(request: Request, conversion: str, ack: bool, errors: list[dict[str, str]]) -> Response:
    told = lists(visit_of(request).source)
    told["may_cancel"] = move_for(Event.CANCEL, State(visit_of(request).move.state)) is not None
    status = 422 if errors else 200
    return page(request, "wizard/overview.html", status, conversion=conversion, ack=ack, errors=errors, **told)


def lists(origin: Source) -> dict[str, Any]:
    """What moves and what stays, each as the kinds of the source say it."""
    moves, stays = [], []
    for kind in origin.kinds:
        called = kind.called.lower()
        small = f"called {called} in {origin.label}" if called != kind.label.lower() else ""
        if kind.listed:
            continue
        if kind.imported:
            moves.append({"words": kind.label, "small": small})
        else:
            stays.append({"words": kind.label, "small": kind.instead})
    return {"moves": moves, "stays": stays}
