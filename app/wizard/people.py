"""Who can see this move, and everything that happened in it, oldest last."""

import re
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, col, select

from app.access.models import Membership, Person
from app.access.rights import Role
from app.access.viewer import LABELS
from app.migration.audit import write_audit
from app.migration.models import AuditEntry
from app.migration.states import Actor
from app.records.reader import reader_of
from app.web import Visit, go, page, visit_of
from app.wizard.history import history

router = APIRouter()
MOST = 500
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,}")


def who_can(session: Session, workspace_id: str) -> list[str]:
    """The names of the admins of a workspace."""
    found = select(Person.name).join(Membership).where(Membership.workspace_id == workspace_id)
    return sorted(session.exec(found.where(Membership.role == Role.ADMIN.value)).all())


@router.get("/m/{migration_id}/people")
def look(request: Request) -> Response:
    return draw(request, {}, [])


@router.post("/m/{migration_id}/people")
def add(
    request: Request,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "viewer",
    clinical: Annotated[str, Form()] = "",
) -> Response:
    """Lets a person of the clinic see or act. They sign in with their own address; no invitation is sent by this.

    Only who reads clinical notes can let a manager or receptionist read them here.
    """
    visit = visit_of(request)
    address, errors = email.strip().lower(), []
    if not name.strip():
        errors.append({"field": "name", "words": "Write the person's name."})
    if not ADDRESS.fullmatch(address):
        errors.append({"field": "email", "words": "Write the address they sign in with, such as grace@clinic.example."})
    if role not in (Role.VIEWER, Role.REVIEWER, Role.ADMIN):
        errors.append({"field": "role", "words": "Choose what they may do."})
    if errors:
        return draw(request, {"name": name, "email": email, "role": role}, errors)
    workspace_id = visit.move.workspace_id
    may_let_read = reads_notes(visit)
    with visit.write() as session:
        person = session.exec(select(Person).where(Person.email == address)).first()
        if person is None:
            person = Person(id=secrets.token_hex(8), email=address, name=name.strip())
            session.add(person)
            session.flush()
        held = session.get(Membership, (person.id, workspace_id))
        if held is not None and role != Role.ADMIN and is_only_admin(session, person.id, workspace_id):
            words = "This is the only person who can act. Let somebody else act first."
            return draw(request, {"name": name, "email": email, "role": role}, [{"field": "role", "words": words}])
        membership = held or Membership(person_id=person.id, workspace_id=workspace_id, role=role)
        membership.role = role
        membership.clinical = bool(clinical) if may_let_read else membership.clinical
        session.add(membership)
        write_audit(
            session,
            workspace_id=workspace_id,
            migration_id=visit.move.id,
            by=visit.by.name,
            role=Actor.CLINIC.value,
            act="person_added",
            facts={"person": person.id, "role": role, "clinical": membership.clinical},
        )
    return go(f"/m/{visit.move.id}/people")


def reads_notes(visit: Visit) -> bool:
    with visit.read() as session:
        return reader_of(session, visit.runtime.caspen, visit.move.workspace_id, visit.person).clinical


def is_only_admin(session: Session, person_id: str, workspace_id: str) -> bool:
    admins = select(Membership.person_id).where(
        Membership.workspace_id == workspace_id, Membership.role == Role.ADMIN.value
    )
    return set(session.exec(admins).all()) == {person_id}


def draw(request: Request, typed: dict[str, str], errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        found = session.exec(
            select(Person, Membership).join(Membership).where(Membership.workspace_id == visit.move.workspace_id)
        ).all()
        acts = session.exec(
            select(AuditEntry).where(AuditEntry.migration_id == visit.move.id).order_by(col(AuditEntry.id).desc())
        ).all()
        names = {person.email: person.name for person in session.exec(select(Person)).all()}
    people = [{"name": p.name, "email": p.email, "role": LABELS[Role(m.role)], "reads": m.clinical} for p, m in found]
    status, past = 422 if errors else 200, history(acts[:MOST], names)
    told: dict[str, Any] = {"people": people, "history": past, "typed": typed, "errors": errors}
    may_let_read = not visit.person.is_support and reads_notes(visit)
    return page(request, "wizard/people.html", status, may_let_read=may_let_read, **told)
