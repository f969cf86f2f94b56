"""The clinics of a person who belongs to several, or to none."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.access.invitations import open_to_address
from app.access.rights import Right
from app.access.viewer import Viewer
from app.caspen.stores import Stores
from app.caspen.workspace_snapshot import load_workspace
from app.migration.audited import load_misplaced
from app.migration.state_words import WORDS
from app.migration.states import State
from app.signin.pages import current_migration
from app.trial.changed_ledger import changed_in
from app.web.page_context import go, page, visit_of

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ClinicLine:
    """A clinic to choose. `href` is empty if there is no move and this person cannot start one."""

    name: str
    role: str
    state: str
    href: str


@router.get("/clinics")
def show_clinics(request: Request) -> Response:
    """Every clinic of the visitor with its move. Redirects staff to the list of migrations."""
    visit = visit_of(request)
    if visit.person.is_support:
        return go("/support")
    with visit.read() as session:
        clinics = load_clinics(session, visit.runtime.caspen, visit.person)
        invited = len(open_to_address(session, visit.person.email))
    return page(request, "signin/clinics.html", clinics=clinics, invited=invited)


def load_clinics(session: Session, stores: Stores, viewer: Viewer) -> list[ClinicLine]:
    """The clinics of a person, by name."""
    lines = []
    for workspace_id in viewer.workspace_ids:
        migration = current_migration(session, workspace_id)
        name = load_workspace(stores, workspace_id).workspace.name
        role = viewer.label_in(workspace_id)
        if migration is not None:
            is_changed = bool(changed_in(migration) or load_misplaced(session, [migration.id]))
            label = "Changed outside of this product" if is_changed else WORDS[State(migration.state)].label
            lines.append(ClinicLine(name, role, label, f"/m/{migration.id}"))
        elif viewer.may(Right.START, workspace_id):
            lines.append(ClinicLine(name, role, "Not started", f"/start?workspace={workspace_id}"))
        else:
            lines.append(ClinicLine(name, role, "Nobody has started the move yet", ""))
    return sorted(lines, key=lambda line: (line.name.casefold(), line.href))
