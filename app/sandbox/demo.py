"""The demo people and the demo clinic, with gaps for the checklist."""

from dataclasses import dataclass

from sqlmodel import Session, select

from app.access.access_tables import Membership, Person
from app.access.rights import Role
from app.caspen.gateway import Gateway, create_workspace
from app.caspen.workspace_snapshot import WorkspaceSnapshot, load_workspace
from app.db import SCHEMA, take_turns
from app.sources import source
from app.sources.invented import demo_workspace
from app.worker.runtime import Runtime

WORKSPACE = "wsp_demo"
BY = "demo"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    id: str
    name: str
    email: str
    workspace: str
    role: Role
    clinical: bool = False


PEOPLE = (
    DemoPerson("per_megan", "Megan Doyle", "megan@harbourstreet.example", WORKSPACE, Role.ADMIN, clinical=True),
    DemoPerson("per_grace", "Grace Okonkwo", "grace@harbourstreet.example", WORKSPACE, Role.ADMIN),
    DemoPerson("per_ana", "Ana Ferreira", "ana@caspen.example", "*", Role.SUPPORT),
    DemoPerson("per_rosa", "Rosa Lund", "rosa@caspen.example", "*", Role.SUPPORT_LEAD),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the demo clinic that is missing on purpose, for the checklist to report."""

    what: str  # location, invitation, practitioner or service
    name: str
    email: str = ""
    minutes: int = 30


GAPS = (
    Gap("location", "Newport"),
    Gap("invitation", "Priya Raghunathan"),
    Gap("practitioner", "Ruby Castellano", "ruby@harbourstreet.example"),
    Gap("service", "Podiatry consultation", minutes=30),
    Gap("service", "Dry needling", minutes=30),
)


def seed(runtime: Runtime) -> None:
    """Creates the demo clinic and its people. A second call changes nothing."""
    demo = demo_workspace(source().name)
    with runtime.ledger.write() as session:
        take_turns(session.connection(), SCHEMA)
        if session.exec(select(Person).limit(1)).first() is not None:
            return
        for person in PEOPLE:
            add_person(session, person)
    create_workspace(runtime.caspen, WORKSPACE, demo.name, timezone=demo.timezone)
    gateway = Gateway(runtime.caspen, WORKSPACE, BY)
    for place in demo.locations:
        gateway.add_location(place.name, archived=place.archived)
    for user in demo.users:
        gateway.invite_user(user.name, user.email, user.role, invite=user.invite, active=user.active)
    for service in demo.services:
        gateway.add_service(service.name, kind=service.kind, duration=service.duration)


def add_person(session: Session, person: DemoPerson) -> None:
    session.add(Person(id=person.id, email=person.email, name=person.name))
    session.flush()
    member = {"person_id": person.id, "workspace_id": person.workspace, "role": person.role.value}
    session.add(Membership(**member, clinical=person.clinical))


def open_gaps(facts: WorkspaceSnapshot) -> list[Gap]:
    """The open gaps of the demo clinic."""
    present = {
        "location": {place.name for place in facts.locations},
        "practitioner": {person.name for person in facts.practitioners},
        "service": {service.name for service in facts.services},
        "invitation": {person.name for person in facts.practitioners if person.accepted},
    }
    return [gap for gap in GAPS if gap.name not in present[gap.what]] if facts.workspace.id == WORKSPACE else []


def close_gaps(runtime: Runtime) -> None:
    """Closes every open gap of the demo clinic."""
    facts = load_workspace(runtime.caspen, WORKSPACE)
    gateway = Gateway(runtime.caspen, WORKSPACE, BY)
    for gap in open_gaps(facts):
        if gap.what == "location":
            gateway.add_location(gap.name)
        elif gap.what == "service":
            gateway.add_service(gap.name, duration=gap.minutes)
        elif gap.what == "practitioner":
            gateway.invite_user(gap.name, gap.email, "practitioner", invite="accepted")
        else:
            waiting = next(person for person in facts.practitioners if person.name == gap.name)
            gateway.accept_invitation(waiting.user_id)
