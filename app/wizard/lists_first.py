"""Both lists ("what moves", "what stays") must be acknowledged before an export is handed over."""

from fastapi import Request

from app.migration.advance import GuardRefused
from app.migration.both_lists import lists_acknowledged
from app.migration.models import Migration
from app.migration.states import Event, State
from app.problems import Problem
from app.web.page_context import Visit, in_state


def lists_first(visit: Visit) -> Problem | None:
    """The problem that replaces the ways to hand over. None once both lists are acknowledged."""
    with visit.read() as session:
        return lists_acknowledged(session, session.get_one(Migration, visit.move.id))


def hands_over(request: Request) -> Visit:
    """The visit, if an export can be handed over now. Raises WrongState or Refused before the body is read."""
    visit = in_state(request, Event.SUBMIT_EXPORT, State.PREPARING)
    if (problem := lists_first(visit)) is not None:
        raise GuardRefused(problem)
    return visit
