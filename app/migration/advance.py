"""The only place where a migration changes its state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, select

from app.db import now
from app.mapping.plan import Plan
from app.migration.audit import write_act
from app.migration.audited import load_audited
from app.migration.ledger_json import StopProblem
from app.migration.models import AuditEntry, Migration, Trial
from app.migration.outbox import post
from app.migration.states import Actor, Event, Move, State, destination, move_for
from app.problems import Problem

Guard = Callable[[Session, Migration], Problem | None]


@dataclass(frozen=True, slots=True)
class By:
    """Who causes an event: an e-mail address or a worker's name, and a role."""

    name: str
    actor: Actor
    recipients: tuple[str, ...] = ()


class WrongState(Exception):
    """The event is not possible in the migration's state. The page shows the state.

    `event` is None for a form that causes no event.
    """

    def __init__(self, state: State, event: Event | None) -> None:
        super().__init__(f"{event or 'this form'} is not possible while {state}")
        self.state = state
        self.event = event


class GuardRefused(Exception):
    """A guard refused the event. `problem` holds the reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class NotAllowed(Exception):
    """The actor may not cause the event."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The reason of an event, and the facts for the audit line, the e-mail and the migration's problem."""

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
) -> None:
    """Moves a migration along one line of the table, with its audit line and its e-mail, in the caller's transaction.

    The migration's row must agree with the audit trail. `guards` holds the checks that lines name; a line whose guard
    is missing cannot be taken. Raises WrongState, NotAllowed or GuardRefused, with nothing written. `Runtime.write`
    notifies the queue after the commit.
    """
    cause = cause or Cause()
    migration = locked(session, migration_id)
    _check_trail(session, migration_id, event)
    state = State(migration.state)
    move = move_for(event, state)
    if move is None:
        raise WrongState(state, event)
    if by.actor not in move.actors:
        raise NotAllowed(f"{by.actor} cannot {event}")
    _check_guard(session, migration, move, guards or {})
    paused_from = State(migration.paused_from) if migration.paused_from else None
    to = destination(move, state, paused_from, is_plan_tried=_is_plan_tried(session, migration))
    migration.paused_from = state.value if event is Event.PAUSE else None
    migration.state = to.value
    migration.since = now()
    migration.epoch += 1
    migration.problem = problem_to_json(cause.problem) if event is Event.FAIL and cause.problem else None
    session.add(migration)
    facts = {"from": state.value, "to": to.value, **cause.facts}
    entry = write_act(session, migration, by.name, by.actor.value, event.value, facts, reason=cause.reason)
    _repeat(migration, event, entry)
    if move.mail:
        facts = cause.facts | ({"code": cause.problem.code} if cause.problem else {})
        post(session, migration, move.mail, cause=f"{event.value}:{entry.id}", facts=facts)
    session.flush()
    session.info.setdefault(ADVANCED, {})[migration.id] = None


ADVANCED = "advanced migrations"


def advanced_in(session: Session) -> tuple[str, ...]:
    """The ids of the migrations that `advance` moved in this transaction, in order."""
    return tuple(session.info.get(ADVANCED, ()))


def locked(session: Session, migration_id: str) -> Migration:
    """The migration, locked until the end of the transaction."""
    return session.exec(select(Migration).where(Migration.id == migration_id).with_for_update()).one()


def _repeat(migration: Migration, event: Event, entry: AuditEntry) -> None:
    """Copies an approval, or the moment of going live, from the audit line into the row, so that both are equal."""
    if event is Event.APPROVE:
        migration.approved_digest = entry.facts.get("digest")
        migration.approved_by = entry.by
        migration.approved_at = entry.at
    elif event is Event.FINALISED:
        migration.finalised_at = entry.at


def problem_to_json(problem: Problem) -> StopProblem:
    """A problem as the ledger stores it: its code and place, without words and cell values."""
    return {
        "code": problem.code,
        "kind": problem.kind,
        "file": problem.file,
        "line": problem.line,
        "details": dict(problem.details),
    }


def _is_plan_tried(session: Session, migration: Migration) -> bool:
    """Whether the current trial was made with the present plan."""
    trial = session.get(Trial, (migration.id, migration.trial_number))
    return trial is not None and Plan.model_validate(migration.plan).fingerprint() == trial.plan_fingerprint


def _check_trail(session: Session, migration_id: str, event: Event) -> None:
    """Raises GuardRefused when the row differs from the audit trail.

    FAIL checks the state only: a worker that finds another difference must still be able to stop and report it.
    """
    audited = load_audited(session, migration_id)
    if "state" in audited.differing or (event is not Event.FAIL and audited.is_misplaced):
        raise GuardRefused(Problem("history_differs"))


def _check_guard(session: Session, migration: Migration, move: Move, guards: dict[str, Guard]) -> None:
    if move.guard is None:
        return
    problem = guards[move.guard](session, migration)
    if problem is not None:
        raise GuardRefused(problem)
