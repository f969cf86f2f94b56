"""Invitations: written by an admin, open for a week, and answered by the owner of the address.

No function compares the invited address with all people, only with the members of the clinic. Known and unknown
addresses therefore take the same path.
"""

import secrets
from datetime import timedelta

from sqlmodel import Session, col, func, select

from app.access.access_tables import Invitation, Membership, Person
from app.access.members import lock_members, require_admin, withdraw_invitations_to, without_answer
from app.access.rights import Role
from app.access.viewer import Viewer
from app.db import now

LASTS = timedelta(days=7)
A_DAY = timedelta(days=1)
MOST_A_DAY = 20
MOST_A_DAY_PER_ADDRESS = 3


class AlreadyMember(Exception):
    """The address belongs to a member of this workspace."""


class AlreadyInvited(Exception):
    """The address has an open invitation to this workspace."""


class TooMany(Exception):
    """The workspace has reached its daily limit of invitations, in total or to this address."""


class NotOpen(Exception):
    """The invitation is not open for this person: unknown, for another address, answered, withdrawn or expired."""


class StaffHasNoClinic(Exception):
    """Caspen's staff cannot have a role in a clinic."""


def invite(
    session: Session, workspace_id: str, migration_id: str, email: str, role: Role, *, clinical: bool, by: str
) -> Invitation:
    """Writes an open invitation. `email` is trimmed and in lower case; `by` is the id of the admin who invites.

    Raises NotAdmin, AlreadyMember, AlreadyInvited or TooMany, and then nothing is written.
    """
    members = require_admin(session, workspace_id, by)
    known = select(Person.email).where(col(Person.id).in_(members))
    if email in session.exec(known).all():
        raise AlreadyMember
    if any(each.email == email for each in open_to_workspace(session, workspace_id)):
        raise AlreadyInvited
    moment = now()
    written = select(func.count()).select_from(Invitation).where(Invitation.workspace_id == workspace_id)
    written = written.where(Invitation.invited_at > moment - A_DAY)
    to_address = written.where(Invitation.email == email)
    if session.exec(written).one() >= MOST_A_DAY or session.exec(to_address).one() >= MOST_A_DAY_PER_ADDRESS:
        raise TooMany
    withdraw_invitations_to(session, workspace_id, email)  # replaces an expired invitation
    invitation = Invitation(
        id=f"inv_{secrets.token_hex(10)}",
        workspace_id=workspace_id,
        migration_id=migration_id,
        email=email,
        role=role.value,
        clinical=clinical,
        invited_by=by,
        invited_at=moment,
        expires_at=moment + LASTS,
    )
    session.add(invitation)
    session.flush()
    return invitation


def withdraw(session: Session, workspace_id: str, invitation_id: str, *, by: str) -> Invitation:
    """Withdraws an unanswered invitation. Raises NotAdmin, or NotOpen when there is nothing to withdraw."""
    require_admin(session, workspace_id, by)
    invitation = _locked(session, invitation_id)
    if invitation is None or invitation.workspace_id != workspace_id or is_answered(invitation):
        raise NotOpen
    invitation.withdrawn_at = now()
    session.add(invitation)
    return invitation


def accept(session: Session, invitation_id: str, viewer: Viewer, name: str) -> Invitation:
    """Makes the viewer a member with the role of the invitation. `name` is used when the person has no name yet.

    A second call by the same member changes nothing. Raises StaffHasNoClinic or NotOpen, with nothing written.
    """
    if viewer.is_support:
        raise StaffHasNoClinic
    invitation = for_viewer(session, invitation_id, viewer)
    members = lock_members(session, invitation.workspace_id)
    locked = _locked(session, invitation_id)
    if locked is None or (not is_open(locked) and not (locked.accepted_at and viewer.id in members)):
        raise NotOpen
    if locked.accepted_at is not None:
        return locked
    person = session.get_one(Person, viewer.id)
    person.name = person.name or name
    locked.accepted_at = now()
    session.add_all([person, locked])
    if viewer.id not in members:
        session.add(
            Membership(
                person_id=viewer.id, workspace_id=locked.workspace_id, role=locked.role, clinical=locked.clinical
            )
        )
    session.flush()
    return locked


def decline(session: Session, invitation_id: str, viewer: Viewer) -> Invitation:
    """Declines an open invitation to the viewer. Raises NotOpen when the invitation is not open for the viewer."""
    for_viewer(session, invitation_id, viewer)
    invitation = _locked(session, invitation_id)
    if invitation is None or not is_open(invitation):
        raise NotOpen
    invitation.declined_at = now()
    session.add(invitation)
    return invitation


def for_viewer(session: Session, invitation_id: str, viewer: Viewer) -> Invitation:
    """An invitation to the viewer's own address, answered or not. Raises NotOpen for any other id."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.email != viewer.email:
        raise NotOpen
    return invitation


def open_to_workspace(session: Session, workspace_id: str) -> list[Invitation]:
    """The open invitations to a workspace, newest first."""
    return [row for row in unanswered(session, workspace_id) if is_open(row)]


def unanswered(session: Session, workspace_id: str) -> list[Invitation]:
    """The open and the expired invitations to a workspace, newest first."""
    newest_first = col(Invitation.invited_at).desc()
    rows = select(Invitation).where(col(Invitation.workspace_id) == workspace_id, *without_answer())
    return list(session.exec(rows.order_by(newest_first)).all())


def open_to_address(session: Session, email: str) -> list[Invitation]:
    """The open invitations to an address, in every workspace, oldest first."""
    rows = select(Invitation).where(col(Invitation.email) == email, *without_answer())
    return [row for row in session.exec(rows.order_by(col(Invitation.invited_at), Invitation.id)) if is_open(row)]


def is_answered(invitation: Invitation) -> bool:
    """Whether the invitation was accepted, declined or withdrawn."""
    return any((invitation.accepted_at, invitation.declined_at, invitation.withdrawn_at))


def is_open(invitation: Invitation) -> bool:
    """Whether the invitation can still be accepted."""
    return not is_answered(invitation) and invitation.expires_at > now()


def _locked(session: Session, invitation_id: str) -> Invitation | None:
    return session.exec(
        select(Invitation)
        .where(Invitation.id == invitation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
