"""E6: every state followed from the one before by the table, the move went live once, and the audit chain holds."""

from sqlmodel import col, select

from app.migration.audit import chain_holds
from app.migration.models import AuditEntry, Migration
from app.migration.states import Event, State, destination, move_for
from tests.world.left import Left

EVENTS = frozenset(event.value for event in Event)


def check(left: Left) -> list[str]:
    wrong = []
    with left.runtime.ledger.read() as session:
        for migration in left.migrations:
            lines = select(AuditEntry).where(AuditEntry.migration_id == migration.id).order_by(col(AuditEntry.id))
            wrong += _of(migration, list(session.exec(lines)))
            if not chain_holds(session, migration.workspace_id):
                wrong.append("a line of the audit log was changed, removed or slipped in")
    return wrong


def _of(migration: Migration, lines: list[AuditEntry]) -> list[str]:
    wrong: list[str] = []
    state, paused_from = State.PREPARING, None
    moves = [line for line in lines if line.act in EVENTS and line.act != Event.START.value]
    for line in moves:
        event = Event(line.act)
        move = move_for(event, state)
        if move is None or line.role not in {actor.value for actor in move.actors}:
            return [*wrong, f"{event} by {line.role} is not possible while {state}"]
        is_plan_tried = line.facts.get("to") == State.REVIEWING.value
        to = destination(move, state, paused_from, is_plan_tried=is_plan_tried)
        paused_from = state if event is Event.PAUSE else None
        if (line.facts.get("from"), line.facts.get("to")) != (state.value, to.value):
            wrong.append(f"{event} says {line.facts.get('from')} to {line.facts.get('to')}, and led {state} to {to}")
        state = to
    if state.value != migration.state:
        wrong.append(f"the history leads to {state}, and the move is {migration.state}")
    ends = sum(line.act == Event.FINALISED.value for line in moves)
    if ends != int(migration.finalised_at is not None):
        wrong.append(f"it went live {ends} times")
    return wrong
