"""The e-mails of a migration's events, stored in the transaction of their cause and sent later."""

import hashlib

from sqlmodel import Session, col, select

from app.access.access_tables import Membership, Person
from app.access.members import admin_ids
from app.access.rights import Role
from app.migration.ledger_json import AuditFacts
from app.migration.mail_names import Mail
from app.migration.models import Migration, OutboxMail

TO_SUPPORT = frozenset({Mail.CHANGES_REQUESTED})


def post(session: Session, migration: Migration, kind: Mail, *, cause: str, facts: AuditFacts) -> None:
    """Stores one e-mail per recipient. A second call with the same cause writes nothing.

    `facts` are numbers, codes and dates only: an e-mail carries no patient data.
    """
    for address in recipients(session, migration.workspace_id, kind):
        post_to(session, migration, kind, address, cause=cause, facts=facts)


def post_to(session: Session, migration: Migration, kind: Mail, address: str, *, cause: str, facts: AuditFacts) -> None:
    """Stores one e-mail to one address. A second call with the same cause and address writes nothing."""
    mail_id = hashlib.blake2b(f"{migration.id}|{cause}|{address}".encode(), digest_size=16).hexdigest()
    if session.get(OutboxMail, mail_id) is None:
        session.add(
            OutboxMail(
                id=mail_id,
                migration_id=migration.id,
                cause=cause,
                kind=kind.value,
                recipient=address,
                params={"clinic": migration.clinic, "source": migration.source, **facts},
            )
        )


def recipients(session: Session, workspace_id: str, kind: Mail) -> list[str]:
    """The admins of the workspace, or the members of support for e-mails to support."""
    people = select(Person.email).where(col(Person.disabled_at).is_(None))
    if kind in TO_SUPPORT:
        people = people.join(Membership).where(Membership.role == Role.SUPPORT.value)
    else:
        people = people.where(col(Person.id).in_(admin_ids(session, workspace_id)))
    return sorted(session.exec(people).all())
