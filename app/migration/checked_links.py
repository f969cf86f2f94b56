"""A link that a clinic asked us to look at: counted, audited, and kept sealed until it is handed over or forgotten.

The link itself is never in the audit; its lines hold the provider and twelve hex digits that tell links apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.db import now
from app.migration.advance import By, locked
from app.migration.audit import write_act
from app.migration.models import AuditEntry, Migration
from app.migration.upload_tables import CheckedLink
from app.storage import open_secret, seal_secret

ACT = "check_link"
LINK = "checked link"
PASSWORD = "checked password"  # noqa: S105 - what a sealed text is, not one
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20
WAITS = timedelta(days=1)  # after which a link that nobody handed over is forgotten


@dataclass(frozen=True, slots=True)
class Waiting:
    """A link as it was pasted, with its password, waiting to be handed over. Never shows itself."""

    link: str = field(repr=False)
    password: str = field(repr=False)
    name: str
    hint: str


def begin_check(session: Session, migration: Migration, by: By, facts: Mapping[str, Any]) -> datetime | None:
    """Writes down that a link is looked at. Where the clinic has used up its hour: from when it may be again, and no
    line is written."""
    locked(session, migration.id)
    since = now() - HOUR
    looked = session.exec(
        select(AuditEntry.at)
        .where(AuditEntry.workspace_id == migration.workspace_id, AuditEntry.act == ACT, col(AuditEntry.at) > since)
        .order_by(col(AuditEntry.at).desc())
        .limit(MOST_AN_HOUR)
    ).all()
    if len(looked) >= MOST_AN_HOUR:
        return looked[-1] + HOUR
    write_act(session, migration, by.name, by.actor.value, ACT, dict(facts))
    return None


def keep_checked(
    session: Session,
    migration_id: str,
    *,
    hint: str,
    findings: dict[str, Any],
    link: str = "",
    password: str = "",
    key: bytes = b"",
) -> None:
    """Instead of the one before. Without `link`, only what was found is kept."""
    session.merge(
        CheckedLink(
            migration_id=migration_id,
            sealed_link=seal_secret(link, key, LINK) if link else None,
            sealed_password=seal_secret(password, key, PASSWORD) if link and password else None,
            hint=hint,
            checked_at=now(),
            findings=findings,
        )
    )


def checked_of(session: Session, migration_id: str) -> CheckedLink | None:
    return session.get(CheckedLink, migration_id)


def waiting_of(checked: CheckedLink | None, key: bytes) -> Waiting | None:
    """The link that waits to be handed over; None where there is none, or it was forgotten."""
    if checked is None or checked.sealed_link is None:
        return None
    password = open_secret(checked.sealed_password, key, PASSWORD) if checked.sealed_password else ""
    name = str(checked.findings.get("name", ""))
    return Waiting(open_secret(checked.sealed_link, key, LINK), password, name, checked.hint)


def forget_checked(session: Session, migration_id: str) -> None:
    """The link itself goes; what was found stays for support until the next look."""
    _forget(session, CheckedLink.migration_id == migration_id)


def forget_old(session: Session, at: datetime) -> None:
    """Links that nobody handed over within a day."""
    _forget(session, col(CheckedLink.checked_at) < at - WAITS)


def _forget(session: Session, which: Any) -> None:
    gone = sa.update(CheckedLink).where(which, col(CheckedLink.sealed_link).is_not(None))
    session.connection().execute(gone.values(sealed_link=None, sealed_password=None))
