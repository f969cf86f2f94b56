"""Invitations: the invited person sees clinic, role and inviter, and accepts or declines."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app.access import invitations
from app.access.access_tables import Invitation, Person
from app.access.rights import Role
from app.access.viewer import LABELS, MAY
from app.migration.advance import locked
from app.migration.audit import write_act
from app.migration.mail_names import Mail
from app.migration.models import Migration
from app.migration.outbox import post
from app.migration.states import Actor
from app.signin.pages import current_migration
from app.web.page_context import go, page, visit_of

router = APIRouter(prefix="/invitations")
LONGEST_NAME = 80
NOT_IN_A_NAME = re.compile(r"[@/\\<>]|www\.")
INVITED = "the invited person"


@dataclass(frozen=True, slots=True)
class InvitationOffer:
    """An open invitation, for the invited person."""

    id: str
    clinic: str
    label: str
    may: str
    reads: bool
    by: str
    by_email: str
    expires_at: datetime


@router.get("")
def show_invitations(request: Request) -> Response:
    """The open invitations to the signed-in address. Every address without an invitation gets the same page."""
    return render_invitations(request, "", [])


@router.post("/{invitation_id}/accept")
def accept_invitation(request: Request, invitation_id: str, name: Annotated[str, Form()] = "") -> Response:
    """Makes the signed-in person a member, and redirects to the move. A second press only redirects."""
    visit = visit_of(request)
    if has_no_name(request) and not is_name(name):
        is_long = len(name.strip()) > LONGEST_NAME
        words = f"Shorten your name to {LONGEST_NAME} characters." if is_long else WRITE_NAME
        return render_invitations(request, name, [{"field": "name", "words": words}])
    try:
        with visit.write() as session:
            invitation = invitations.for_viewer(session, invitation_id, visit.person)
            migration = locked(session, invitation.migration_id)
            session.refresh(invitation)  # a second press may have waited for the first
            is_first = invitation.accepted_at is None
            invitation = invitations.accept(session, invitation_id, visit.person, name.strip())
            if is_first:
                note_answer(session, migration, invitation, visit.person.email, "invitation_accepted", visit.person.id)
                facts = {"person": visit.person.email, "may": MAY[Role(invitation.role)]}
                post(session, migration, Mail.PERSON_JOINED, cause=f"joined:{invitation.id}", facts=facts)
            current = current_migration(session, invitation.workspace_id)
    except (invitations.NotOpen, invitations.StaffHasNoClinic):
        return render_not_open(request)
    return go(f"/m/{current.id}" if current is not None else "/")


@router.post("/{invitation_id}/decline")
def decline_invitation(request: Request, invitation_id: str) -> Response:
    """Ends the invitation without access. The clinic learns that it was declined, without a name."""
    visit = visit_of(request)
    try:
        with visit.write() as session:
            invitation = invitations.for_viewer(session, invitation_id, visit.person)
            migration = locked(session, invitation.migration_id)
            invitation = invitations.decline(session, invitation_id, visit.person)
            note_answer(session, migration, invitation, INVITED, "invitation_declined", None)
    except invitations.NotOpen:
        return render_not_open(request)
    return go("/invitations")


def note_answer(
    session: Session, migration: Migration, invitation: Invitation, by: str, act: str, person_id: str | None
) -> None:
    """Writes the audit line of an answer. A refusal has no name, since the clinic knows only the typed address."""
    facts: dict[str, Any] = {"invitation": invitation.id, "role": invitation.role}
    if person_id is not None:
        facts["person"] = person_id
    write_act(session, migration, by, Actor.CLINIC.value, act, facts)


def has_no_name(request: Request) -> bool:
    """Whether the signed-in person has no name yet, after the first sign-in by an invitation."""
    visit = visit_of(request)
    with visit.read() as session:
        return not session.get_one(Person, visit.person.id).name


WRITE_NAME = "Write your name, as your colleagues know it."


def is_name(text: str) -> bool:
    """Whether colleagues and e-mails can show this text as a person's name: short, and no address."""
    name = text.strip()
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and NOT_IN_A_NAME.search(name) is None


def render_not_open(request: Request) -> Response:
    """Renders the same page for an unknown, foreign, answered, withdrawn or expired invitation."""
    title = "This invitation is not open"
    lede = (
        "The clinic withdrew it, it was answered, or it is too old. Ask the clinic for a new one. Nothing was changed."
    )
    way_on = {"href": "/invitations", "words": "See your invitations"}
    return page(request, "errors/409.html", 409, title=title, lede=lede, go=way_on, code="invitation_not_open")


def load_offers(session: Session, email: str) -> list[InvitationOffer]:
    """The open invitations to an address, oldest first."""
    offers = []
    for row in invitations.open_to_address(session, email):
        writer = session.get_one(Person, row.invited_by)
        role = Role(row.role)
        offers.append(
            InvitationOffer(
                id=row.id,
                clinic=session.get_one(Migration, row.migration_id).clinic,
                label=LABELS[role],
                may=MAY[role],
                reads=row.clinical,
                by=writer.name or writer.email,
                by_email=writer.email,
                expires_at=row.expires_at,
            )
        )
    return offers


def render_invitations(request: Request, name: str, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        offers = load_offers(session, visit.person.email)
    values: dict[str, Any] = {"offers": offers, "needs_name": has_no_name(request), "name": name, "errors": errors}
    return page(request, "signin/invitations.html", 422 if errors else 200, **values)
