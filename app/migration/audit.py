"""The audit trail: who did what, when and why. Lines are only added, each chained to the line before."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, desc, select

from app.access.access_tables import Person
from app.db import take_turns
from app.migration.ledger_json import AuditFacts
from app.migration.models import AuditEntry, Migration, is_object
from app.migration.states import Actor, Event

STOP_UPLOAD = "stop_upload"
PURGE = "purge"
"""The act that deletes our copies of a move."""
READ_ONLY_ENDINGS = ("_seen", "_listed", "_opened", "_downloaded", "_described", "check_link")
"""The endings of names of acts that change nothing."""
MARK = "form"
"""The key of a form's mark in a session's `info` and in a line's facts (see `Basis.mark`)."""
FORM_DIGITS, SAME_DIGITS = 8, 16
LINES_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class AuditChange:
    """Who changed something, by the name that pages show, and when."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """The result of following one workspace's chain of lines.

    `lines` and `last_hash` are of the lines that fit. `broken_at` is the id of the first line that does not fit.
    """

    workspace_id: str
    lines: int
    last_hash: str
    broken_at: int | None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everyone who changed something, the earliest first, and the time of the last change."""

    who: tuple[str, ...]
    last: datetime


def write_audit(
    session: Session,
    *,
    workspace_id: str,
    migration_id: str | None,
    by: str,
    role: str,
    act: str,
    reason: str = "",
    facts: AuditFacts | None = None,
) -> AuditEntry:
    """Adds one line to the chain of a workspace. `facts` are numbers, codes and hashes, never a cell's value.

    In the transaction of a form, the line holds the form's mark as well. Two transactions add their lines in turn: the
    second waits for the first to end.
    """
    take_turns(session.connection(), f"audit of {workspace_id}")
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
        facts={**(facts or {}), **({MARK: session.info[MARK]} if MARK in session.info else {})},
        previous=last.hash if last else "",
    )
    entry.hash = chain_hash(entry)
    session.add(entry)
    session.flush()
    return entry


def write_act(
    session: Session,
    migration: Migration,
    by: str,
    role: str,
    act: str,
    facts: AuditFacts | None = None,
    *,
    reason: str = "",
) -> AuditEntry:
    """Adds one line about a migration."""
    return write_audit(
        session,
        workspace_id=migration.workspace_id,
        migration_id=migration.id,
        by=by,
        role=role,
        act=act,
        reason=reason,
        facts=facts,
    )


def chain_hash(entry: AuditEntry) -> str:
    """The hash that ties a line to the line before."""
    values = [
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
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def check_chain(session: Session, workspace_id: str) -> ChainCheck:
    """Follows the chain of a workspace from its first line, and stops at the first line that does not fit.

    A line that was removed from the end leaves no trace in the lines before: compare `last_hash` with a copy kept
    elsewhere. The lines are streamed.
    """
    previous, count = "", 0
    lines = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id).order_by(col(AuditEntry.id))
    for entry in session.exec(lines.execution_options(yield_per=LINES_AT_A_TIME)):
        if entry.previous != previous or chain_hash(entry) != entry.hash:
            return ChainCheck(workspace_id, count, previous, entry.id)
        previous, count = entry.hash, count + 1
    return ChainCheck(workspace_id, count, previous, None)


def chain_holds(session: Session, workspace_id: str) -> bool:
    """Whether no line of a workspace was changed, removed from the middle, or inserted."""
    return check_chain(session, workspace_id).holds


def workspaces_with_audit(session: Session) -> tuple[str, ...]:
    """The ids of all workspaces with at least one line, in order."""
    return tuple(session.exec(select(AuditEntry.workspace_id).distinct().order_by(AuditEntry.workspace_id)))


def changes_since(session: Session, migration_id: str, since: datetime) -> Changes | None:
    """Everyone who changed something in a migration since a time, or None. Acts that only read are ignored.

    A line does not name the changed thing, so a page names everyone.
    """
    acts = [
        (who, entry.at)
        for entry, who in _acts(session, migration_id, col(AuditEntry.at) >= since)
        if not entry.act.endswith(READ_ONLY_ENDINGS)
    ]
    return Changes(tuple(dict.fromkeys(who for who, _ in reversed(acts))), acts[0][1]) if acts else None


def is_newest_mark(session: Session, migration_id: str, mark: str, since: datetime) -> bool:
    """Whether the form with this mark caused the newest act of its address since a time."""
    facts = session.exec(
        select(AuditEntry.facts)
        .where(AuditEntry.migration_id == migration_id, col(AuditEntry.at) >= since)
        .order_by(desc(AuditEntry.id))
    )
    marks = (str(each.get(MARK, "")) for each in facts if is_object(each))
    return next((each == mark for each in marks if each[:FORM_DIGITS] == mark[:FORM_DIGITS]), False)


def same_answer(session: Session, migration_id: str, mark: str, since: datetime) -> AuditChange | None:
    """Who gave the same answer to the same form, and when.

    None when the form has no act since that time, or when another answer caused its newest act.
    """
    for entry, who in _acts(session, migration_id, col(AuditEntry.at) >= since):
        each = str(entry.shown_facts.get(MARK, ""))
        if each[:FORM_DIGITS] == mark[:FORM_DIGITS]:
            return AuditChange(who, entry.at) if each[-SAME_DIGITS:] == mark[-SAME_DIGITS:] else None
    return None


def state_change(session: Session, migration_id: str) -> AuditChange | None:
    """The act that brought a migration into its state, by whom and when."""
    for entry, who in _acts(session, migration_id, col(AuditEntry.act).in_(list(Event))):
        return AuditChange(who, entry.at)
    return None


def deletion(session: Session, migration_id: str) -> AuditChange | None:
    """Who deleted the copies of a migration, and when. None while they are kept."""
    for entry, who in _acts(session, migration_id, col(AuditEntry.act) == PURGE):
        return AuditChange(who, entry.at)
    return None


def last_upload_stop(session: Session, migration_id: str) -> AuditChange | None:
    """Who stopped the last upload, and when. None when no upload was stopped since the last export was handed over."""
    for entry, who in _acts(session, migration_id, col(AuditEntry.act).in_((STOP_UPLOAD, Event.SUBMIT_EXPORT.value))):
        return AuditChange(who, entry.at) if entry.act == STOP_UPLOAD else None
    return None


def _acts(session: Session, migration_id: str, wanted: ColumnElement[bool]) -> Iterator[tuple[AuditEntry, str]]:
    """The acts in a migration, the newest first, each with the name of the person."""
    acts = session.exec(
        select(AuditEntry, Person.name)
        .join(Person, col(Person.email) == AuditEntry.by, isouter=True)
        .where(AuditEntry.migration_id == migration_id, wanted)
        .order_by(desc(AuditEntry.id))
    )
    for entry, name in acts:
        yield entry, "The import" if entry.role == Actor.WORKER else name or entry.by
