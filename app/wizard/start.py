"""The page that starts a move. Its text depends on the clinic's moves: none, stopped, undone, or live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import Session, col, select

from app.access.rights import Right
from app.caspen.workspace_snapshot import load_workspace
from app.db import take_turns
from app.migration.audited import live_moments, load_misplaced
from app.migration.begin import begin
from app.migration.models import Migration
from app.migration.state_words import WORDS
from app.migration.states import OVER, State
from app.signin.pages import current_migration
from app.sources import SOURCES, only_source, source
from app.web.page_context import Visit, go, page, visit_of

router = APIRouter()
NO_SYSTEM = {"field": "system", "words": "Choose the system that your clinic leaves."}


@dataclass(frozen=True, slots=True)
class EarlierMove:
    """A move of the clinic that is over: its state in words, since when, and its page."""

    href: str
    started_at: datetime
    label: str
    since: datetime
    go: str


@dataclass(frozen=True, slots=True)
class System:
    """A system that a clinic may leave, as a choice: the source's name and its words."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """The start page. `moves` are the clinic's moves, newest first.

    `live_since` is the time when the first live move went live, or None. `newest` is the state of the newest move, or
    None. `systems` are the systems that the clinic chooses from; empty if there is one system alone. `chosen` is the
    name of the system that is chosen on the page: that of the newest move, else the first.
    """

    moves: tuple[EarlierMove, ...]
    live_since: datetime | None
    newest: State | None
    systems: tuple[System, ...]
    chosen: str


@router.get("/start")
def show_start(request: Request, workspace: str = "") -> Response:
    """The clinic's earlier moves, and the needs of a new move.

    Redirects to the clinic's open move, if there is one, and to a move whose state differs from its history.
    """
    return render_start(request, workspace)


def render_start(request: Request, workspace: str, errors: Sequence[Mapping[str, str]] = ()) -> Response:
    """The start page, with the errors of a form that was sent from it. Redirects like `show_start`."""
    visit = visit_of(request)
    if not workspace and len(may_start(visit)) > 1:
        return go("/clinics")
    workspace_id = own_workspace(visit, workspace)
    with visit.read() as session:
        migration = current_migration(session, workspace_id)
        if migration is not None and migration.state not in OVER:
            return go(f"/m/{migration.id}")
        moves = moves_of(session, workspace_id)
        if changed := load_misplaced(session, [move.id for move in moves]):
            return go(f"/m/{min(changed)}")
        start_page = to_start_page(moves, live_moments(session, workspace_id))
    facts = load_workspace(visit.runtime.caspen, workspace_id)
    clinic = {"name": facts.workspace.name, "id": workspace_id}
    zone = facts.workspace.timezone
    return page(
        request,
        "wizard/start.html",
        422 if errors else 200,
        workspace=facts.workspace,
        clinic=clinic,
        start=start_page,
        zone=zone,
        errors=errors,
    )


@router.post("/start")
def start(request: Request, workspace: Annotated[str, Form()] = "", system: Annotated[str, Form()] = "") -> Response:
    """Starts the move of the visitor's workspace, or redirects to the open move.

    `system` is the name of the source that the clinic leaves. Forms of other pages, and of a product with one source,
    do not have it. Where several sources are registered, such a form leads to the start page.
    """
    visit = visit_of(request)
    if not workspace and len(may_start(visit)) > 1:
        return go("/clinics")
    workspace_id = own_workspace(visit, workspace)
    facts = load_workspace(visit.runtime.caspen, workspace_id)
    origin = SOURCES.get(system) or only_source()
    with visit.write() as session:
        take_turns(session.connection(), f"start of {workspace_id}")  # else five starts at once begin five moves
        migration = current_migration(session, workspace_id)
        if changed := load_misplaced(session, [move.id for move in moves_of(session, workspace_id)]):
            return go(f"/m/{min(changed)}")
        is_open = migration is not None and migration.state not in OVER
        if not is_open and origin is not None:
            migration = begin(
                session,
                workspace_id=workspace_id,
                clinic=facts.workspace.name,
                source=origin.name,
                wrapped_key=visit.runtime.new_wrapped_key(),
                by=visit.by,
                timezone=facts.workspace.timezone,
                country=facts.workspace.country,
            )
    if migration is None or (origin is None and not is_open):
        return render_start(request, workspace, [NO_SYSTEM]) if system else go(f"/start?workspace={workspace_id}")
    return go(f"/m/{migration.id}/overview")


def own_workspace(visit: Visit, wanted: str) -> str:
    """The wanted workspace, if this person may start a move there. Raises 404 otherwise."""
    own = may_start(visit)
    if wanted and wanted not in own:
        raise HTTPException(404)
    return wanted or own[0]


def may_start(visit: Visit) -> list[str]:
    """The workspaces where this person may start a move."""
    return [each for each in visit.person.workspace_ids if visit.person.may(Right.START, each)]


def moves_of(session: Session, workspace_id: str) -> Sequence[Migration]:
    """Every move of a workspace, newest first."""
    moves = select(Migration).where(Migration.workspace_id == workspace_id)
    return session.exec(moves.order_by(col(Migration.created_at).desc())).all()


def to_start_page(moves: Sequence[Migration], moments: Mapping[str, datetime]) -> StartPage:
    """The start page for these moves, newest first. `moments` are the times of going live, by the audit trail."""
    live = [moments[move.id] for move in moves if move.state == State.FINALISED and move.id in moments]
    return StartPage(
        tuple(to_earlier_move(move) for move in moves),
        min(live, default=None),
        State(moves[0].state) if moves else None,
        tuple(System(each.name, each.label) for each in SOURCES.values()) if only_source() is None else (),
        moves[0].source if moves and moves[0].source in SOURCES else source().name,
    )


def to_earlier_move(move: Migration) -> EarlierMove:
    words = WORDS[State(move.state)]
    return EarlierMove(f"/m/{move.id}", move.created_at, words.label, move.since, words.go)
