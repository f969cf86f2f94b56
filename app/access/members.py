"""Changes the members of a clinic: their roles and their access. An admin always remains.

Every function that changes a member first locks all members of the workspace until the caller's transaction ends. Two
admins who remove each other at the same time therefore take turns, on SQLite and on PostgreSQL.
"""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select, update

from app.access.access_tables import Invitation, Membership, Person
from app.access.rights import STAFF_ROLES, Role
from app.access.sessions import end_sign_ins
from app.db import now


class NotMember(Exception):
    """The person has no role in this workspace, or no longer."""


class NotAdmin(Exception):
    """The person who acts is no longer an admin of this workspace."""


class LastAdmin(Exception):
    """The act would leave the workspace without an admin."""


def lock_members(session: Session, workspace_id: str) -> dict[str, Membership]:
    """All memberships of a workspace by person id, as they are now, locked until the transaction ends."""
    rows = select(Membership).where(Membership.workspace_id == workspace_id).order_by(Membership.person_id)
    session.exec(rows.with_for_update()).all()
    # Read again: PostgreSQL leaves rows that were added during the wait for the lock out of the first query.
    fresh = session.exec(rows.execution_options(populate_existing=True)).all()
    return {row.person_id: row for row in fresh}


def admin_ids(session: Session, workspace_id: str) -> frozenset[str]:
    """The ids of the people who can act for a workspace: its admins, without disabled people and Caspen's staff."""
    staff = select(Membership.person_id).where(col(Membership.role).in_([role.value for role in STAFF_ROLES]))
    admins = (
        select(Membership.person_id)
        .join(Person)
        .where(
            Membership.workspace_id == workspace_id,
            Membership.role == Role.ADMIN.value,
            col(Person.disabled_at).is_(None),
            col(Membership.person_id).not_in(staff),
        )
    )
    return frozenset(session.exec(admins).all())


def admin_names(session: Session, workspace_id: str) -> list[str]:
    """The names of the people who can act for a workspace, in alphabetical order."""
    admins = select(Person).where(col(Person.id).in_(admin_ids(session, workspace_id)))
    return sorted(person.name or person.email for person in session.exec(admins))


def require_admin(session: Session, workspace_id: str, person_id: str) -> dict[str, Membership]:
    """Locks the members and returns them by person id. Raises NotAdmin when this person is no admin any more."""
    members = lock_members(session, workspace_id)
    if person_id not in admin_ids(session, workspace_id):
        raise NotAdmin
    return members


def change_role(
    session: Session, workspace_id: str, person_id: str, role: Role, *, clinical: bool | None, by: str
) -> Membership:
    """Gives a member another role, from that person's next request. `clinical=None` keeps the flag.

    Raises NotAdmin, NotMember or LastAdmin, with nothing written. The open invitations of a former admin are withdrawn.
    """
    member = _member(require_admin(session, workspace_id, by), person_id)
    if role is not Role.ADMIN:
        _keep_an_admin(session, workspace_id, person_id)
        withdraw_invitations_by(session, workspace_id, person_id)
    member.role = role.value
    member.clinical = member.clinical if clinical is None else clinical
    session.add(member)
    session.flush()
    return member


def remove(session: Session, workspace_id: str, person_id: str, *, by: str) -> None:
    """Removes a person from a workspace, from that person's next request.

    Open invitations to and by this person are withdrawn. A person without any workspace is signed out everywhere.
    Raises NotAdmin, NotMember or LastAdmin, with nothing written.
    """
    member = _member(require_admin(session, workspace_id, by), person_id)
    _keep_an_admin(session, workspace_id, person_id)
    withdraw_invitations_by(session, workspace_id, person_id)
    withdraw_invitations_to(session, workspace_id, session.get_one(Person, person_id).email)
    session.delete(member)
    session.flush()
    if session.exec(select(Membership).where(Membership.person_id == person_id)).first() is None:
        end_sign_ins(session, person_id)


def withdraw_invitations_by(session: Session, workspace_id: str, person_id: str) -> None:
    """Withdraws the open invitations to a workspace that one person wrote."""
    session.exec(
        update(Invitation)
        .where(
            col(Invitation.workspace_id) == workspace_id,
            col(Invitation.invited_by) == person_id,
            *without_answer(),
        )
        .values(withdrawn_at=now())
    )


def withdraw_invitations_to(session: Session, workspace_id: str, email: str) -> None:
    """Withdraws the open and the expired invitations to a workspace for one address."""
    session.exec(
        update(Invitation)
        .where(col(Invitation.workspace_id) == workspace_id, col(Invitation.email) == email, *without_answer())
        .values(withdrawn_at=now())
    )


def without_answer() -> tuple[ColumnElement[bool], ...]:
    """SQL conditions for an invitation without an answer: not accepted, declined or withdrawn. May have expired."""
    answers = (Invitation.accepted_at, Invitation.declined_at, Invitation.withdrawn_at)
    return tuple(col(answer).is_(None) for answer in answers)


def _member(members: dict[str, Membership], person_id: str) -> Membership:
    if person_id not in members:
        raise NotMember
    return members[person_id]


def _keep_an_admin(session: Session, workspace_id: str, person_id: str) -> None:
    """Raises LastAdmin when this person is the workspace's only admin."""
    if not admin_ids(session, workspace_id) - {person_id}:
        raise LastAdmin
