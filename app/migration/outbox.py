"""The e-mails that a move causes, written down in the same transaction as their cause; a sender posts them later."""

import hashlib
from typing import Any

from sqlmodel import Session, select

from app.access.models import Membership, Person
from app.migration.models import Migration, OutboxMail

TO_SUPPORT = frozenset({"changes_requested"})


def post(session: Session, migration: Migration, kind: str, *, cause: str, facts: dict[str, Any]) -> None:
    """Writes one mail per person who should know. The same cause twice writes nothing the second time.

    `facts` are numbers, codes and dates only: an e-mail carries no patient data.
    """
    for address in recipients(session, migration.workspace_id, kind):
        mail_id = hashlib.blake2b(f"{migration.id}|{cause}|{address}".encode(), digest_size=16).hexdigest()
        if session.get(OutboxMail, mail_id) is None:
            session.add(
                OutboxMail(
                    id=mail_id,
                    migration_id=migration.id,
                    cause=cause,
                    kind=kind,
                    recipient=address,
                    params={"clinic": migration.clinic, "source": migration.source, **facts},
                )
            )


def recipients(session: Session, workspace_id: str, kind: str) -> list[str]:
    """The admins of the workspace, or support's people for what support must do."""
    role = "support" if kind in TO_SUPPORT else "admin"
    found = select(Person.email).join(Membership).where(Membership.role == role)
    if role == "admin":
        found = found.where(Membership.workspace_id == workspace_id)
    return sorted(session.exec(found.where(Person.disabled_at == None)).all())  # noqa: E711 - SQL
