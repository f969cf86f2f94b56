"""The link that a clinic checked before the hand-over: counted, audited, and stored sealed until the hand-over.

The audit never holds the link: an audit line has the provider and the link's fingerprint of 12 hex digits.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.db import now
from app.migration.advance import By, locked
from app.migration.audit import write_act
from app.migration.ledger_json import AuditFacts, LinkFacts
from app.migration.models import AuditEntry, Migration
from app.migration.upload_tables import CheckedLink
from app.storage import open_secret, seal_secret

ACT = "check_link"
LINK = "checked link"
PASSWORD = "checked password"  # noqa: S105 - the purpose of a sealed text
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20
KEPT = timedelta(days=1)  # a link is deleted after this time without a hand-over


@dataclass(frozen=True, slots=True)
class CheckedShareLink:
    """A checked link with its password, ready for the hand-over. The representation hides both."""

    link: str = field(repr=False)
    password: str = field(repr=False)
    name: str
    hint: str


def begin_check(session: Session, migration: Migration, by: By, facts: AuditFacts) -> datetime | None:
    """Writes the audit line of a link check and returns None.

    A clinic has MOST_AN_HOUR checks an hour. Beyond the limit, returns the time of the next check and writes no line.
    """
    locked(session, migration.id)
    since = now() - HOUR
    checks = session.exec(
        select(AuditEntry.at)
        .where(AuditEntry.workspace_id == migration.workspace_id, AuditEntry.act == ACT, col(AuditEntry.at) > since)
        .order_by(col(AuditEntry.at).desc())
        .limit(MOST_AN_HOUR)
    ).all()
    if len(checks) >= MOST_AN_HOUR:
        return checks[-1] + HOUR
    write_act(session, migration, by.name, by.actor.value, ACT, dict(facts))
    return None


def keep_checked(
    session: Session,
    migration_id: str,
    *,
    hint: str,
    findings: LinkFacts,
    link: str = "",
    password: str = "",
    key: bytes = b"",
) -> None:
    """Stores a checked link and replaces the earlier link. Without `link`, only the findings are stored."""
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


def load_checked_link(session: Session, migration_id: str) -> CheckedLink | None:
    """The row of a migration's checked link, or None."""
    return session.get(CheckedLink, migration_id)


def open_checked_link(checked: CheckedLink | None, key: bytes) -> CheckedShareLink | None:
    """The unsealed link of a row. None for a missing row, and for a deleted link."""
    if checked is None or checked.sealed_link is None:
        return None
    password = open_secret(checked.sealed_password, key, PASSWORD) if checked.sealed_password else ""
    name = str(checked.findings.get("name", ""))
    return CheckedShareLink(open_secret(checked.sealed_link, key, LINK), password, name, checked.hint)


def forget_checked(session: Session, migration_id: str) -> None:
    """Deletes the link and the password. The findings are kept for support until the next check."""
    _forget(session, CheckedLink.migration_id == migration_id)


def forget_old(session: Session, at: datetime) -> None:
    """Deletes the links that were checked more than a day ago."""
    _forget(session, col(CheckedLink.checked_at) < at - KEPT)


def _forget(session: Session, condition: Any) -> None:
    rows = sa.update(CheckedLink).where(condition, col(CheckedLink.sealed_link).is_not(None))
    session.connection().execute(rows.values(sealed_link=None, sealed_password=None))
