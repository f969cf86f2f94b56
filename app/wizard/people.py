"""The people of this move and its history: invitations, roles, and the end of access."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import Session, col, select

from app.access import invitations, members
from app.access.access_tables import Invitation, Membership, Person
from app.access.rights import Role
from app.access.viewer import LABELS, MAY
from app.mapping.emails import is_email
from app.migration.audit import write_act
from app.migration.ledger_json import AuditFacts
from app.migration.mail_names import Mail
from app.migration.models import AuditEntry, Migration
from app.migration.outbox import post, post_to
from app.migration.states import Actor
from app.records.reader_rights import reader_of
from app.web.form_fingerprint import TICK, FormField, Shown
from app.web.page_context import Confirmed, Visit, go, page, shows, visit_of
from app.web.repeated_forms import answered_before
from app.wizard.history import history

router = APIRouter()
TICKED = "1"  # value of a ticked box
MOST = 500
CLINIC_ROLES = (Role.VIEWER, Role.REVIEWER, Role.ADMIN)
ROLE_WORDS = {Role.VIEWER.value: "Look", Role.REVIEWER.value: "Review", Role.ADMIN.value: "Act"}
"""The roles that a clinic can give, with their labels on the page."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member of the clinic. `is_last_admin`: no other member can act for the clinic."""

    id: str
    name: str
    email: str
    role: str
    label: str
    reads: bool
    is_self: bool
    is_last_admin: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An open invitation. The page shows the typed address and no data of the invited person."""

    id: str
    email: str
    label: str
    invited_by: str
    expires_at: datetime
    is_expired: bool


CHANGE, REMOVE = "/m/{migration_id}/people/{person_id}", "/m/{migration_id}/people/{person_id}/remove"


@shows(CHANGE, REMOVE)
def member_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """A member's role. Empty if the member was removed, which the handler reports."""
    person_id = visit.sent.address["person_id"]
    member = session.get(Membership, (person_id, migration.workspace_id))
    if member is None:
        return Shown()
    label = LABELS[Role(member.role)] + (", reads clinical notes" if member.clinical else "")
    role = [member.role, member.clinical]
    inputs: dict[str, FormField] = {}
    if visit.sent.path != REMOVE:
        inputs["role"] = FormField("What this person may do", member.role, ROLE_WORDS)
        if reads_notes(visit, session):
            inputs["clinical"] = FormField("Also read clinical notes", "1" if member.clinical else "", TICK)
    labels, now = {"role": "What this person may do"}, {"role": label}
    return Shown(context={"role": role}, labels=labels, now=now, inputs=inputs)


@router.get("/m/{migration_id}/people")
def show_people(request: Request) -> Response:
    return render_people(request, {}, [])


@router.post("/m/{migration_id}/people")
def invite_person(
    request: Request,
    email: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "viewer",
    clinical: Annotated[str, Form()] = "",
) -> Response:
    """Invites the owner of an address by e-mail. The invitation gives no access before it is accepted.

    The response is the same whether the address is known or not. Only a reader of clinical notes can offer to read
    them.
    """
    visit = visit_of(request)
    typed = {"email": email, "role": role, "clinical": clinical}
    address, errors = email.strip().lower(), []
    if not is_email(address) or not (address.isascii() and address.isprintable()):
        errors.append(
            {"field": "email", "words": "Write your colleague's e-mail address, such as grace@clinic.example."}
        )
    if role not in CLINIC_ROLES:
        errors.append({"field": "role", "words": "Choose what they may do."})
    if errors:
        return render_people(request, typed, errors)
    may_read = clinical == TICKED and reads_notes(visit)
    try:
        with written_by_admin(visit) as confirmed:
            session, migration = confirmed.session, confirmed.migration
            invitation = invitations.invite(
                session,
                migration.workspace_id,
                migration.id,
                address,
                Role(role),
                clinical=may_read,
                by=visit.person.id,
            )
            facts: AuditFacts = {"invitation": invitation.id, "role": role, "clinical": may_read}
            write_act(session, migration, visit.by.name, Actor.CLINIC.value, "person_invited", facts)
            offer = {"may": MAY[Role(role)], "by": visit.person.name, "by_email": visit.person.email}
            days = {"days": invitations.LASTS.days}
            post_to(
                session,
                migration,
                Mail.INVITATION,
                address,
                cause=f"invitation:{invitation.id}",
                facts={**offer, **days},
            )
            post(
                session,
                migration,
                Mail.PERSON_INVITED,
                cause=f"invited:{invitation.id}",
                facts={**offer, "person": address},
            )
    except invitations.AlreadyMember:
        return render_people(request, typed, [{"field": "email", "words": "This person is in the list already."}])
    except invitations.AlreadyInvited:
        if (after := answered_before(visit)) is not None:
            return go(after)
        words = "This address has an open invitation. Withdraw it to send another one."
        return render_people(request, typed, [{"field": "email", "words": words}])
    except invitations.TooMany:
        words = (
            f"A clinic can send {invitations.MOST_A_DAY} invitations a day, and {invitations.MOST_A_DAY_PER_ADDRESS} to"
            " one address. Try again tomorrow, or write to support."
        )
        return render_people(request, typed, [{"field": "email", "words": words}])
    return go(f"/m/{visit.move.id}/people")


@router.post("/m/{migration_id}/people/invitations/{invitation_id}/withdraw")
def withdraw_invitation(request: Request, invitation_id: str) -> Response:
    """Withdraws an open invitation. A second press, or a press after an answer, changes nothing."""
    visit = visit_of(request)
    with suppress(invitations.NotOpen), written_by_admin(visit) as confirmed:  # the page shows the invitation's state
        session, migration = confirmed.session, confirmed.migration
        invitations.withdraw(session, migration.workspace_id, invitation_id, by=visit.person.id)
        note(session, migration, visit, "invitation_withdrawn", {"invitation": invitation_id})
    return go(f"/m/{visit.move.id}/people")


@router.get("/m/{migration_id}/people/{person_id}")
def show_person(request: Request, person_id: str) -> Response:
    """A member: role and access."""
    return render_person(request, person_id, {}, [])


@router.post("/m/{migration_id}/people/{person_id}")
def change_person(
    request: Request,
    person_id: str,
    role: Annotated[str, Form()] = "",
    clinical: Annotated[str, Form()] = "",
) -> Response:
    """Changes a member's role, from the member's next request on. The last admin cannot be changed."""
    visit = visit_of(request)
    typed = {"role": role, "clinical": clinical}
    if role not in CLINIC_ROLES:
        return render_person(request, person_id, typed, [{"field": "role", "words": "Choose what they may do."}])
    may_read = clinical == TICKED if reads_notes(visit) else None
    try:
        with written_by_admin(visit) as confirmed:
            session, migration = confirmed.session, confirmed.migration
            by = visit.person.id
            member = members.change_role(
                session, migration.workspace_id, person_id, Role(role), clinical=may_read, by=by
            )
            facts: AuditFacts = {"person": person_id, "role": role, "clinical": member.clinical}
            note(session, migration, visit, "role_changed", facts)
    except members.NotMember:
        return render_person_removed(request)
    except members.LastAdmin:
        return render_person(request, person_id, typed, [{"field": "role", "words": ONLY_ADMIN}])
    return go(f"/m/{visit.move.id}/people")


@router.post("/m/{migration_id}/people/{person_id}/remove")
def remove_person(request: Request, person_id: str) -> Response:
    """Ends a member's access, from the member's next request on. A second press changes nothing."""
    visit = visit_of(request)
    try:
        with suppress(members.NotMember), written_by_admin(visit) as confirmed:  # removed already: the list shows it
            session, migration = confirmed.session, confirmed.migration
            members.remove(session, migration.workspace_id, person_id, by=visit.person.id)
            note(session, migration, visit, "person_removed", {"person": person_id})
    except members.LastAdmin:
        return render_person(request, person_id, {}, [{"field": "remove", "words": ONLY_ADMIN}])
    return go("/" if person_id == visit.person.id else f"/m/{visit.move.id}/people")


ONLY_ADMIN = "This is the only person who can act for the clinic. Make somebody else an admin first."


@contextmanager
def written_by_admin(visit: Visit) -> Iterator[Confirmed]:
    """A write that changes who can see the move. Raises 403 if the visitor is no longer an admin."""
    try:
        with visit.confirmed() as confirmed:
            yield confirmed
    except members.NotAdmin as refused:
        raise HTTPException(403) from refused


def note(session: Session, migration: Migration, visit: Visit, act: str, facts: AuditFacts) -> None:
    write_act(session, migration, visit.by.name, Actor.CLINIC.value, act, facts)


def render_person_removed(request: Request) -> Response:
    """Renders the page for a change of a member who was removed."""
    way_on = {"href": f"/m/{visit_of(request).move.id}/people", "words": "See who can see this move"}
    title, lede = "This person has no access any more", "Somebody removed the person meanwhile. Nothing was changed."
    return page(request, "errors/409.html", 409, title=title, lede=lede, go=way_on, code="person_removed")


def reads_notes(visit: Visit, within: Session | None = None) -> bool:
    """Whether the visitor reads clinical notes of this clinic. Such a visitor can let others read them."""
    if visit.viewer is None or visit.person.is_support:
        return False
    with nullcontext(within) if within is not None else visit.read() as session:
        return reader_of(session, visit.runtime.caspen, visit.move.workspace_id, visit.person).clinical


def load_members(session: Session, visit: Visit) -> list[MemberLine]:
    """The members of the clinic, by name. Members have accepted, so the clinic may see their names."""
    workspace_id = visit.move.workspace_id
    rows = session.exec(
        select(Person, Membership).join(Membership).where(Membership.workspace_id == workspace_id)
    ).all()
    admins = members.admin_ids(session, workspace_id)
    lines = [
        MemberLine(
            id=person.id,
            name=person.name or person.email,
            email=person.email,
            role=member.role,
            label=LABELS[Role(member.role)],
            reads=member.clinical,
            is_self=person.id == visit.person.id,
            is_last_admin=admins == {person.id},
        )
        for person, member in rows
    ]
    return sorted(lines, key=lambda line: (line.name.casefold(), line.id))


def load_invitations(session: Session, visit: Visit) -> list[InvitationLine]:
    """The clinic's open invitations, newest first."""
    rows = invitations.unanswered(session, visit.move.workspace_id)
    writers = select(Person).where(col(Person.id).in_({row.invited_by for row in rows}))
    names = {person.id: person.name or person.email for person in session.exec(writers)}
    return [
        InvitationLine(
            id=row.id,
            email=row.email,
            label=LABELS[Role(row.role)],
            invited_by=names[row.invited_by],
            expires_at=row.expires_at,
            is_expired=not invitations.is_open(row),
        )
        for row in rows
    ]


def load_subjects(session: Session, acts: Sequence[AuditEntry]) -> dict[str, str]:
    """The people and invitations in audit lines, by id: a member's name, or the typed address of an invitation.

    The name of a person who has not accepted is never included.
    """
    facts = [entry.shown_facts for entry in acts]
    offers = select(Invitation).where(
        col(Invitation.id).in_({str(fact["invitation"]) for fact in facts if "invitation" in fact})
    )
    people = select(Person).where(col(Person.id).in_({str(fact["person"]) for fact in facts if "person" in fact}))
    subjects = {offer.id: offer.email for offer in session.exec(offers)}
    return subjects | {person.id: person.name or person.email for person in session.exec(people)}


def render_people(request: Request, typed: dict[str, str], errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        people = load_members(session, visit)
        invited = load_invitations(session, visit)
        acts = session.exec(
            select(AuditEntry).where(AuditEntry.migration_id == visit.move.id).order_by(col(AuditEntry.id).desc())
        ).all()
        actors = {entry.by for entry in acts[:MOST]}
        known = session.exec(select(Person).where(col(Person.email).in_(actors)))
        names = {person.email: person.name for person in known}
        past = history(acts[:MOST], names, load_subjects(session, acts[:MOST]))
    return page(
        request,
        "wizard/people.html",
        422 if errors else 200,
        people=people,
        invited=invited,
        history=past,
        earlier=len(acts) - MOST,
        typed=typed,
        errors=errors,
        may_let_read=reads_notes(visit),
        days=invitations.LASTS.days,
    )


def render_person(request: Request, person_id: str, typed: dict[str, str], errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    visit.remember(CHANGE, REMOVE)
    with visit.read() as session:
        line = next((line for line in load_members(session, visit) if line.id == person_id), None)
    if line is None:
        raise HTTPException(404)
    return page(
        request,
        "wizard/person.html",
        422 if errors else 200,
        person=line,
        typed=typed,
        errors=errors,
        may_let_read=reads_notes(visit),
    )
