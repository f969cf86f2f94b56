"""The states of a migration, the events that change them, and who may cause each event."""

from dataclasses import dataclass
from enum import StrEnum

from app.migration.mail_names import Mail


class State(StrEnum):
    PREPARING = "preparing"
    FETCHING = "fetching"
    FETCHING_FAILED = "fetching_failed"
    READING = "reading"
    READING_FAILED = "reading_failed"
    MATCHING = "matching"
    TRIALLING = "trialling"
    TRIALLING_FAILED = "trialling_failed"
    REVIEWING = "reviewing"
    CHANGES_REQUESTED = "changes_requested"
    FINALISING = "finalising"
    FINALISING_FAILED = "finalising_failed"
    FINALISED = "finalised"
    UNDOING = "undoing"
    UNDOING_FAILED = "undoing_failed"
    UNDONE = "undone"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Event(StrEnum):
    START = "start"
    SUBMIT_EXPORT = "submit_export"
    FETCHED = "fetched"
    READ = "read"
    START_TRIAL = "start_trial"
    TRIALLED = "trialled"
    CHANGE_PLAN = "change_plan"
    REQUEST_CHANGES = "request_changes"
    WITHDRAW_CHANGES = "withdraw_changes"
    ANSWER_CHANGES = "answer_changes"
    APPROVE = "approve"
    FINALISED = "finalised"
    UNDO = "undo"
    UNDONE = "undone"
    FAIL = "fail"
    RETRY = "retry"
    BACK_TO_REVIEW = "back_to_review"
    REPLACE_EXPORT = "replace_export"
    READ_AGAIN = "read_again"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ABANDON = "abandon"


class Actor(StrEnum):
    CLINIC = "clinic"
    SUPPORT = "support"
    WORKER = "worker"


WORKING = frozenset({State.FETCHING, State.READING, State.TRIALLING, State.FINALISING, State.UNDOING})
FAILED = {state: State(f"{state}_failed") for state in WORKING}
OVER = frozenset({State.FINALISED, State.UNDONE, State.CANCELLED})
LIVE = frozenset({State.FINALISED, State.UNDOING, State.UNDOING_FAILED, State.UNDONE})
"""The states of a migration that went live, also of one that is being undone. Such a migration has a report."""
OPEN = frozenset(s for s in State if s not in OVER)
BEFORE_FINALISING = frozenset(
    s
    for s in State
    if s not in OVER and s not in {State.FINALISING, State.FINALISING_FAILED, State.UNDOING, State.UNDOING_FAILED}
)
WAITS_FOR_CLINIC = frozenset(
    {State.PREPARING, State.FETCHING_FAILED, State.READING_FAILED, State.MATCHING, State.REVIEWING, State.PAUSED}
)

PEOPLE = frozenset({Actor.CLINIC, Actor.SUPPORT})
CLINIC = frozenset({Actor.CLINIC})
SUPPORT = frozenset({Actor.SUPPORT})
WORKER = frozenset({Actor.WORKER})


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the state table.

    `to` is None when the target depends on the earlier state (fail, retry, resume) or on the plan (answer_changes).
    `guard` names the check that can refuse the line. `mail` is the e-mail that the event causes, in the same
    transaction.
    """

    event: Event
    sources: frozenset[State]
    to: State | None
    actors: frozenset[Actor]
    guard: str | None = None
    mail: Mail | None = None


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


S = State
MOVES: tuple[Move, ...] = (
    Move(Event.SUBMIT_EXPORT, _from(S.PREPARING), S.FETCHING, PEOPLE, guard="lists_acknowledged", mail=Mail.RECEIVED),
    Move(Event.FETCHED, _from(S.FETCHING), S.READING, WORKER),
    Move(Event.READ, _from(S.READING), S.MATCHING, WORKER, mail=Mail.READY_TO_MATCH),
    Move(
        Event.START_TRIAL,
        _from(S.MATCHING, S.REVIEWING, S.CHANGES_REQUESTED, S.FINALISING_FAILED),
        S.TRIALLING,
        PEOPLE,
        guard="checklist_passes",
    ),
    Move(Event.TRIALLED, _from(S.TRIALLING), S.REVIEWING, WORKER, mail=Mail.READY_TO_REVIEW),
    Move(Event.CHANGE_PLAN, _from(S.REVIEWING, S.TRIALLING_FAILED), S.MATCHING, PEOPLE),
    Move(Event.REQUEST_CHANGES, _from(S.REVIEWING), S.CHANGES_REQUESTED, CLINIC, mail=Mail.CHANGES_REQUESTED),
    Move(Event.WITHDRAW_CHANGES, _from(S.CHANGES_REQUESTED), S.REVIEWING, CLINIC),
    Move(Event.ANSWER_CHANGES, _from(S.CHANGES_REQUESTED), None, PEOPLE, mail=Mail.CHANGES_ANSWERED),
    Move(Event.APPROVE, _from(S.REVIEWING), S.FINALISING, CLINIC, guard="approvable"),
    Move(Event.FINALISED, _from(S.FINALISING), S.FINALISED, WORKER, mail=Mail.FINALISED),
    Move(Event.UNDO, _from(S.FINALISED), S.UNDOING, PEOPLE, guard="undoable"),
    Move(Event.UNDONE, _from(S.UNDOING), S.UNDONE, WORKER, mail=Mail.UNDONE),
    Move(Event.FAIL, WORKING, None, WORKER, mail=Mail.FAILED),
    Move(Event.RETRY, frozenset(FAILED.values()), None, PEOPLE),
    Move(Event.BACK_TO_REVIEW, _from(S.FINALISING_FAILED), S.REVIEWING, PEOPLE),
    Move(
        Event.REPLACE_EXPORT,
        _from(S.FETCHING, S.FETCHING_FAILED, S.READING_FAILED, S.MATCHING, S.REVIEWING, S.CHANGES_REQUESTED),
        S.PREPARING,
        PEOPLE,
    ),
    Move(Event.READ_AGAIN, _from(S.READING_FAILED, S.MATCHING), S.READING, PEOPLE, guard="export_kept"),
    Move(Event.PAUSE, frozenset({S.FETCHING, S.READING, S.TRIALLING}), S.PAUSED, PEOPLE, guard="pausable"),
    Move(Event.RESUME, _from(S.PAUSED), None, PEOPLE, guard="pausable"),
    Move(Event.CANCEL, BEFORE_FINALISING, S.CANCELLED, PEOPLE),
    Move(Event.ABANDON, WAITS_FOR_CLINIC, S.CANCELLED, WORKER, mail=Mail.ABANDONED),
)


def destination(move: Move, state: State, paused_from: State | None, *, is_plan_tried: bool = False) -> State:
    """The target state of a line from `state`. `is_plan_tried`: the current trial was made with the present plan."""
    if move.to is not None:
        return move.to
    if move.event is Event.ANSWER_CHANGES:
        return S.REVIEWING if is_plan_tried else S.MATCHING
    if move.event is Event.FAIL:
        return FAILED[state]
    if move.event is Event.RETRY:
        return next(working for working, failed in FAILED.items() if failed is state)
    if paused_from is None:
        raise ValueError("a paused migration remembers where it was")
    return paused_from


def move_for(event: Event, state: State) -> Move | None:
    """The line of the table for this event in this state, or None."""
    return next((m for m in MOVES if m.event is event and state in m.sources), None)
