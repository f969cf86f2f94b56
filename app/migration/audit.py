"""Who did what, when and why: lines that are only ever added, each chained to the one before."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, desc, select

from app.access.models import Person
from app.migration.models import AuditEntry, Migration

LOOKING = ("_seen", "_listed", "_opened", "_downloaded", "_described", "check_link")
"""How the names of acts end that change nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something, as a page names them, and when."""

    who: str
    at: datetime


def write_audit(
    session: Session,
    *,
    workspace_id: str,
    migration_id: str | None,
    by: str,
    role: str,
    act: str,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> AuditEntry:
    """Adds one line to the chain of a workspace. `facts` are numbers, codes and hashes, never a cell's value."""
    last = session.exec(
        select(AuditEntry).where(AuditEntry.workspace_id == workspace_id).order_by(desc(AuditEntry.id)).limit(1)
    ).first()
    entry = AuditEntry(
        workspace_id=workspace_id,
        migration_id=migration_id,
        by=by,
        role=role,
        act=act,
        reason=reason,
        facts=facts or {},
        previous=last.hash if last else "",
    )
    entry.hash = chain_hash(entry)
    session.add(entry)
    session.flush()
    return entry


def write_act(session: Session, migration: Migration, by: str, role: str, act: str, facts: dict[str, Any]) -> None:
    """One line about a migration, by somebody in a role."""
    write_audit(
        session,
        workspace_id=migration.workspace_id,
        migration_id=migration.id,
        by=by,
        role=role,
        act=act,
        facts=facts,
    )


def chain_hash(entry: AuditEntry) -> str:
    """The hash that ties a line to its predecessor."""
    told = [
        entry.previous,
        entry.at.isoformat(),
        entry.workspace_id,
        entry.migration_id,
        entry.by,
        entry.role,
        entry.act,
        entry.reason,
        entry.facts,
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def chain_holds(session: Session, workspace_id: str) -> bool:
    """Whether no line of a workspace was changed, removed or slipped in."""
    previous = ""
    for entry in session.exec(
        select(AuditEntry).where(AuditEntry.workspace_id == workspace_id).order_by(AuditEntry.id)  # type: ignore[arg-type]  # a column at run time
    ):
        if entry.previous != previous or chain_hash(entry) != entry.hash:
            return False
        previous = entry.hash
    return True


def last_change(session: Session, migration_id: str, since: datetime) -> Change | None:
    """The newest act in a migration since that time, by whom and when. Acts that only look are passed over."""
    acts = session.exec(
        select(AuditEntry, Person.name)
        .join(Person, col(Person.email) == AuditEntry.by, isouter=True)
        .where(AuditEntry.migration_id == migration_id, col(AuditEntry.at) >= since)
        .order_by(desc(AuditEntry.id))
    )
    for entry, name in acts:
        if not entry.act.endswith(LOOKING):
            return Change("The import" if entry.role == "worker" else name or entry.by, entry.at)
    return None
