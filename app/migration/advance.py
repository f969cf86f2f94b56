"""The only door through which a migration changes its state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, select

from app.db import now
from app.mapping.plan import Plan
from app.migration.audit import write_act
from app.migration.audited import load_audited
from app.migration.models import AuditEntry, Migration, Trial
from app.migration.outbox import post
from app.migration.states import Actor, Event, Move, State, destination, move_for
from app.problems import Problem

Guard = Callable[[Session, Migration], Problem | None]


@dataclass(frozen=True, slots=True)
class By:
    """Who causes an event: an e-mail address or a worker's name, and in which role."""

    name: str
    actor: Actor
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ring:
    """What to do after the commit: wake a worker for this migration."""

    migration_id: str


class WrongState(Exception):
    """The migration is not where this event can happen; the page shows where it is."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} is not possible while {state}")
        self.state = state
        self.event = event


class Refused(Exception):
    """A guard refused the event, with the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class NotAllowed(Exception):
    """This actor may not cause this event."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, and what goes with it into the audit line, the mail and the migration's problem."""

    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None


def advance(
    session: Session,
    migration_id: str,
    event: Event,
    by: By,
    cause: Cause | None = None,
    guards: dict[str, Guard] | None = None,
) -> Ring:
    """Moves a migration along one line of the table, with its audit line and its e-mail, in the caller's transaction.

    Refused where the migration's row does not stand where the audit trail says, before anything else is asked.
    `guards` holds the checks that lines name; a line whose guard is not given cannot be taken. Raises WrongState,
    NotAllowed or Refused, and then nothing is written. Returns the ring for after the commit.
    """
    cause = cause or Cause()
    migration = locked(session, migration_id)
    _ask_trail(session, migration_id, event)
    state = State(migration.state)
    move = move_for(event, state)
    if move is None:
        raise WrongState(state, event)
    if by.actor not in move.actors:
        raise NotAllowed(f"{by.actor} cannot {event}")
    _ask_guard(session, migration, move, guards or {})
    paused_from = State(migration.paused_from) if migration.paused_from else None
    to = destination(move, state, paused_from, is_plan_tried=_is_plan_tried(session, migration))
    migration.paused_from = state.value if event is Event.PAUSE else None
    migration.state = to.value
    migration.since = now()
    migration.epoch += 1
    migration.problem = told(cause.problem) if event is Event.FAIL and cause.problem else None
    session.add(migration)
    facts = {"from": state.value, "to": to.value, **cause.facts}
    entry = write_act(session, migration, by.name, by.actor.value, event.value, facts, reason=cause.reason)
    _repeat(migration, event, entry)
    if move.mail:
        facts = cause.facts | ({"code": cause.problem.code} if cause.problem else {})
        post(session, migration, move.mail, cause=f"{event.value}:{entry.id}", facts=facts)
    session.flush()
    return Ring(migration.id)


def locked(session: Session, migration_id: str) -> Migration:
    """The migration, locked until the end of the transaction."""
    return session.exec(select(Migration).where(Migration.id == migration_id).with_for_update()).one()


def _repeat(migration: Migration, event: Event, entry: AuditEntry) -> None:
    """Copies into the row what the audit line of an approval, or of going live, says: both are equal from then on."""
    if event is Event.APPROVE:
        migration.approved_digest = entry.facts.get("digest")
        migration.approved_by = entry.by
        migration.approved_at = entry.at
    elif event is Event.FINALISED:
        migration.finalised_at = entry.at


def told(problem: Problem) -> dict[str, Any]:
    """A problem as the ledger keeps it: its code and where, no words and no values."""
    return {
        "code": problem.code,
        "kind": problem.kind,
        "file": problem.file,
        "line": problem.line,
        "details": dict(problem.details),
    }


def _is_plan_tried(session: Session, migration: Migration) -> bool:
    """Whether the current trial was made with the plan as it is now."""
    trial = session.get(Trial, (migration.id, migration.trial_number))
    return trial is not None and Plan.model_validate(migration.plan).fingerprint() == trial.plan_fingerprint


def _ask_trail(session: Session, migration_id: str, event: Event) -> None:
    """Raises Refused where the row is not where the audit trail says. A worker that found any other difference must
    still be able to stop its work and say why: FAIL asks for the state alone."""
    audited = load_audited(session, migration_id)
    if "state" in audited.differing or (event is not Event.FAIL and audited.is_misplaced):
        raise Refused(Problem("history_differs"))


def _ask_guard(session: Session, migration: Migration, move: Move, guards: dict[str, Guard]) -> None:
    if move.guard is None:
        return
    problem = guards[move.guard](session, migration)
    if problem is not None:
        raise Refused(problem)
