"""Pages of the sandbox workspace: locations, invitations, services, and live clients."""

import re
import secrets
from collections import Counter
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import select

from app.access.access_tables import Membership, Person
from app.access.rights import Right, Role
from app.caspen import views
from app.caspen.gateway import Gateway, NotThere, create_workspace
from app.caspen.tables import File
from app.caspen.workspace_snapshot import WorkspaceSnapshot, load_workspace
from app.db import now
from app.formatting import plural
from app.records.client import details
from app.records.kinds.clients import KIND as CLIENT
from app.records.kinds.clients import name as name_of
from app.records.kinds.files import KIND as FILES
from app.records.names_of_ids import RecordNames
from app.records.query import get
from app.records.reader_rights import EVERYTHING
from app.records.section import section_page, tabs
from app.records.sections import BY_NAME, SECTIONS
from app.sandbox.demo import WORKSPACE, close_gaps, open_gaps
from app.sources import source_or_unknown
from app.web.client_downloads import file_answer
from app.web.page_context import go, page, visit_of
from app.web.search_text import search_address, typed_text
from app.web.sent_numbers import SentNumber
from app.worker.runtime import Runtime

router = APIRouter(prefix="/sandbox")
ZONES = ("Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Perth", "Pacific/Auckland")
ROLES = (
    ("practitioner", "Practitioner"),
    ("practitioner_admin", "Practitioner admin"),
    ("practice_manager", "Practice manager"),
    ("receptionist", "Receptionist"),
    ("accountant", "Accountant"),
)
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,}")
Errors = list[dict[str, str]]


@router.get("")
def show_own_workspace(request: Request) -> Response:
    """Redirects to the workspace of the signed-in person, or to the demo clinic's."""
    viewer = visit_of(request).viewer
    own = viewer.workspace_ids[0] if viewer and viewer.workspace_ids else WORKSPACE
    return go(f"/sandbox/{own}")


@router.post("/clinic")
def add_clinic(request: Request, name: Annotated[str, Form()] = "") -> Response:
    """Creates an empty clinic. Its admin is the signed-in person, or a new demo admin."""
    runtime = runtime_of(request)
    if not name.strip():
        errors = [{"field": "clinic_name", "words": "Write the clinic's name."}]
        return render_workspace(request, WORKSPACE, errors, {"clinic_name": name})
    workspace_id = f"wsp_{secrets.token_hex(6)}"
    create_workspace(runtime.caspen, workspace_id, name.strip()[:200])
    viewer = visit_of(request).viewer
    with runtime.ledger.write() as session:
        person = session.get(Person, viewer.id) if viewer and not viewer.is_support else None
        if person is None:
            person = Person(id=secrets.token_hex(8), email=f"admin@{workspace_id[4:]}.example", name="Clinic admin")
            session.add(person)
            session.flush()
        session.add(Membership(person_id=person.id, workspace_id=workspace_id, role=Role.ADMIN.value))
    return go(f"/sandbox/{workspace_id}")


@router.get("/{workspace_id}")
def show_workspace(request: Request, workspace_id: str) -> Response:
    return render_workspace(request, workspace_id, [], {})


@router.post("/{workspace_id}/locations")
def add_location(
    request: Request, workspace_id: str, name: Annotated[str, Form()] = "", zone: Annotated[str, Form()] = ""
) -> Response:
    if not name.strip() or zone not in available_timezones():
        words = "Write the location's name." if not name.strip() else "Choose a time zone."
        field = "location_name" if not name.strip() else "location_zone"
        return render_workspace(request, workspace_id, [{"field": field, "words": words}], {"location_name": name})
    gateway(request, workspace_id).add_location(name.strip()[:255], timezone=zone)
    return go(f"/sandbox/{workspace_id}#loc")


@router.post("/{workspace_id}/people")
def invite(
    request: Request,
    workspace_id: str,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "practitioner",
) -> Response:
    errors: Errors = []
    if not name.strip():
        errors.append({"field": "person_name", "words": "Write the person's name."})
    if not ADDRESS.fullmatch(email.strip()):
        errors.append({"field": "person_email", "words": "Write an e-mail address, such as sam@clinic.example."})
    if errors or role not in dict(ROLES):
        return render_workspace(request, workspace_id, errors, {"person_name": name, "person_email": email})
    gateway(request, workspace_id).invite_user(name.strip()[:255], email.strip().lower(), role)
    return go(f"/sandbox/{workspace_id}#ppl")


@router.post("/{workspace_id}/people/{user_id}/accept")
def accept(request: Request, workspace_id: str, user_id: str) -> Response:
    """Accepts an invitation, as the invited person would."""
    try:
        gateway(request, workspace_id).accept_invitation(user_id)
    except NotThere as absent:
        raise HTTPException(404) from absent
    return go(f"/sandbox/{workspace_id}#ppl")


@router.post("/{workspace_id}/services")
def add_service(
    request: Request,
    workspace_id: str,
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "appointment",
    duration: Annotated[str, Form()] = "30",
) -> Response:
    minutes = int(duration) if duration.isdecimal() and len(duration) < 5 and 0 < int(duration) <= 1440 else 30
    if not name.strip() or kind not in ("appointment", "activity"):
        errors = [{"field": "service_name", "words": "Write the service's name."}]
        return render_workspace(request, workspace_id, errors, {"service_name": name})
    gateway(request, workspace_id).add_service(name.strip()[:255], kind=kind, duration=minutes)
    return go(f"/sandbox/{workspace_id}#ser")


@router.post("/{workspace_id}/close")
def close(request: Request, workspace_id: str) -> Response:
    """Closes the gaps of the demo clinic, all at once."""
    if workspace_id == WORKSPACE:
        close_gaps(runtime_of(request))
    return go(f"/sandbox/{workspace_id}")


@router.get("/{workspace_id}/clients")
def show_live_clients(request: Request, workspace_id: str, find: str = "", number: SentNumber = 1) -> Response:
    """The live clients. `find` is the encrypted search text."""
    facts = facts_of(request, workspace_id)
    live = runtime_of(request).caspen.live
    q = typed_text(runtime_of(request), request.url.path, find)
    matches = views.clients(live, workspace_id, search=q, page=number)
    at = f"/sandbox/{workspace_id}"
    return page(request, "sandbox/clients.html", workspace=facts.workspace, matches=matches, q=q, find=find, at=at)


@router.post("/{workspace_id}/clients")
def search_clients(request: Request, workspace_id: str, q: Annotated[str, Form()] = "") -> Response:
    """Redirects to the live clients that match the typed text."""
    facts_of(request, workspace_id)
    return go(search_address(runtime_of(request), request.url.path, q))


@router.get("/{workspace_id}/clients/{client_id}")
def show_live_client(request: Request, workspace_id: str, client_id: str) -> Response:
    """A live client's details."""
    return render_live_client(request, workspace_id, client_id, "")


@router.get("/{workspace_id}/clients/{client_id}/{section}")
def show_live_section(
    request: Request, workspace_id: str, client_id: str, section: str, number: SentNumber = 1
) -> Response:
    """A section of a live client's page, by the same code as for a trial."""
    if section not in BY_NAME:
        raise HTTPException(404)
    return render_live_client(request, workspace_id, client_id, section, number)


@router.get("/{workspace_id}/clients/{client_id}/files/{file_id}")
def show_live_file(request: Request, workspace_id: str, client_id: str, file_id: str) -> Response:
    """A live client's file."""
    runtime = runtime_of(request)
    file = get(runtime.caspen.live, workspace_id, FILES, file_id)
    if not isinstance(file, File) or file.client_id != client_id:
        raise HTTPException(404)
    return file_answer(file, runtime.files.open(workspace_id, file.sha256))


def render_live_client(request: Request, workspace_id: str, client_id: str, section: str, number: int = 1) -> Response:
    """Renders a live client. Everyone in the sandbox sees everything, because its people are invented."""
    facts, caspen = facts_of(request, workspace_id), runtime_of(request).caspen
    client_record = get(caspen.live, workspace_id, CLIENT, client_id)
    if client_record is None:
        raise HTTPException(404)
    names = RecordNames(caspen, caspen.live, workspace_id, facts.workspace.timezone)
    values: dict[str, Any] = {
        "workspace": facts.workspace,
        "zone": facts.workspace.timezone,
        "client": client_record,
        "name": name_of(client_record),
        "tabs": tabs(SECTIONS, caspen.live, workspace_id, client_id),
        "section": section,
        "at": f"/sandbox/{workspace_id}",
        "client_at": f"/sandbox/{workspace_id}/clients/{client_id}",
        "records_at": "",
        "source": source_or_unknown(client_record.source),
    }
    if section:
        chosen = BY_NAME[section]
        values["shown"] = section_page(chosen, caspen.live, names, EVERYTHING, client_id, number, now())
    else:
        values["fields"] = [field for field in details(caspen.live, names, client_record) if field.value]
    return page(request, "sandbox/client.html", **values)


def runtime_of(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def gateway(request: Request, workspace_id: str) -> Gateway:
    facts_of(request, workspace_id)
    viewer = visit_of(request).viewer
    return Gateway(runtime_of(request).caspen, workspace_id, viewer.email if viewer else "sandbox")


def facts_of(request: Request, workspace_id: str) -> WorkspaceSnapshot:
    try:
        return load_workspace(runtime_of(request).caspen, workspace_id)
    except LookupError as absent:
        raise HTTPException(404) from absent


def render_workspace(request: Request, workspace_id: str, errors: Errors, form: dict[str, str]) -> Response:
    facts = facts_of(request, workspace_id)
    runtime = runtime_of(request)
    with runtime.ledger.read() as session:
        enterable = set(session.exec(select(Person.email)).all())
        others = {m for m in session.exec(select(Membership.workspace_id)).all() if m not in ("*", workspace_id)}
    gaps = Counter(gap.what for gap in open_gaps(facts))
    values: dict[str, Any] = {
        "workspace": facts.workspace,
        "gaps": [plural(count, what) for what, count in gaps.items()],
        "gap_count": gaps.total(),
        "locations": [{"name": x.name, "zone": x.timezone, "archived": x.archived} for x in facts.locations],
        "zones": ZONES,
        "services": sorted(facts.services, key=lambda s: s.name),
        "people": [
            {
                "id": u.id,
                "name": u.name,
                "email": u.email or "",
                "role": dict(ROLES).get(u.role, u.role),
                "state": state_of(u.active, u.invite_state),
                "may_enter": u.email in enterable,
            }
            for u in facts.users
        ],
        "roles": ROLES,
        "clients": views.clients(runtime.caspen.live, workspace_id, size=1).total,
        "others": [load_workspace(runtime.caspen, other).workspace for other in sorted(others)],
        "errors": errors,
        "form": form,
        "sandbox_href": f"/sandbox/{workspace_id}",
        "back_href": back_to(request, workspace_id),
    }
    return page(request, "sandbox/workspace.html", 422 if errors else 200, **values)


def back_to(request: Request, workspace_id: str) -> str:
    """The start page of this workspace, if the visitor may start its move. Otherwise "/"."""
    viewer = visit_of(request).viewer
    mine = viewer is not None and workspace_id in viewer.workspace_ids and viewer.may(Right.START, workspace_id)
    return f"/start?workspace={workspace_id}" if mine else "/"


def state_of(active: bool, invite_state: str) -> str:
    if not active:
        return "inactive"
    return "active" if invite_state == "accepted" else invite_state
