"""Audit lines that agree with the row of a migration, for tests that put a move into a state directly."""

from sqlmodel import Session, col, select

from app.migration.audit import chain_hash, write_audit
from app.migration.audited import AFTER_LIVE, APPROVED
from app.migration.models import AuditEntry, Migration
from app.migration.states import LIVE, Event, State

EVENTS = [event.value for event in Event]
OF_APPROVED = {event.value for event in AFTER_LIVE | {Event.FINALISED}}
"""What may follow an approval that is in force."""


def make_audit_say(session: Session, migration: Migration) -> None:
    """Changes the audit lines of a migration until they say what its row says, and ties the chain anew.

    Lines that the state needs and that are missing are added: an approval, and the event of going live. A move that is
    put into a state before going live never went live: such a line becomes one of work that was tried again.
    """
    state = State(migration.state)
    lines = _events(session, migration.id)
    if not lines:
        add_line(session, migration, Event.START)
    for _ in range(migration.trial_number - sum(line.act == Event.START_TRIAL for line in lines)):
        add_line(session, migration, Event.START_TRIAL)
    if state in APPROVED and not any(line.act == Event.APPROVE for line in _of_approval(session, migration.id)):
        add_line(session, migration, Event.APPROVE)
    in_force = [line.id for line in _of_approval(session, migration.id)]
    was_live = False
    for line in _events(session, migration.id):
        if line.act == Event.FINALISED:
            if state in LIVE and line.id in in_force:
                was_live = True
            else:
                line.act = Event.RETRY.value
                session.add(line)
    if not was_live:
        migration.finalised_at = None
    if state in LIVE and not was_live:
        add_line(session, migration, Event.FINALISED)
    for line in _events(session, migration.id):
        if line.act == Event.APPROVE.value:
            line.by, line.at = migration.approved_by or line.by, migration.approved_at or line.at
            digest = migration.approved_digest or str(line.facts["digest"])
            line.facts = {**line.facts, "trial": migration.trial_number, "digest": digest}
            migration.approved_by, migration.approved_at, migration.approved_digest = line.by, line.at, digest
        elif line.act == Event.FINALISED.value:
            line.at = migration.finalised_at = migration.finalised_at or line.at
        session.add(line)
    if state is State.PAUSED and _events(session, migration.id)[-1].act != Event.PAUSE:
        add_line(session, migration, Event.PAUSE)
    newest = _events(session, migration.id)[-1]
    newest.facts = {**newest.facts, "to": state.value}
    if state is State.PAUSED:
        newest.facts = {**newest.facts, "from": migration.paused_from}
    elif newest.act == Event.PAUSE.value:
        newest.act = Event.RESUME.value
    session.add(newest)
    session.add(migration)
    session.flush()
    tie_anew(session, migration.workspace_id)


def tie_anew(session: Session, workspace_id: str) -> None:
    """Computes the chain of a workspace anew, as a thorough liar would."""
    previous = ""
    for line in session.exec(
        select(AuditEntry).where(AuditEntry.workspace_id == workspace_id).order_by(col(AuditEntry.id))
    ):
        line.previous = previous
        line.hash = previous = chain_hash(line)
        session.add(line)
    session.flush()


def _of_approval(session: Session, migration_id: str) -> list[AuditEntry]:
    """The newest approval with the lines that belong to it; nothing if another event came after it."""
    lines = _events(session, migration_id)
    approved = max((number for number, line in enumerate(lines) if line.act == Event.APPROVE), default=len(lines))
    return lines[approved:] if all(line.act in OF_APPROVED for line in lines[approved + 1 :]) else []


def _events(session: Session, migration_id: str) -> list[AuditEntry]:
    lines = select(AuditEntry).where(AuditEntry.migration_id == migration_id, col(AuditEntry.act).in_(EVENTS))
    return list(session.exec(lines.order_by(col(AuditEntry.id))))


def add_line(session: Session, migration: Migration, event: Event) -> None:
    facts = {"digest": migration.approved_digest or "0" * 64} if event is Event.APPROVE else {}
    write_audit(
        session,
        workspace_id=migration.workspace_id,
        migration_id=migration.id,
        by=migration.approved_by or "megan@harbourstreet.example",
        role="clinic" if event is Event.APPROVE else "worker",
        act=event.value,
        facts=facts,
    )
