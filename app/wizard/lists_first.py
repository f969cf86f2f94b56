"""Both lists come first: no page offers to hand an export over, and no form does, before they are acknowledged."""

from fastapi import Request

from app.migration.advance import GuardRefused
from app.migration.both_lists import lists_acknowledged
from app.migration.models import Migration
from app.migration.states import Event, State
from app.problems import Problem
from app.web.page_context import Visit, in_state


def lists_first(visit: Visit) -> Problem | None:
    """What a page says in place of the ways to hand over; nothing once both lists are acknowledged."""
    with visit.read() as session:
        return lists_acknowledged(session, session.get_one(Migration, visit.move.id))


def hands_over(request: Request) -> Visit:
    """The visit, if an export can be handed over now. What the guard would refuse is not even received."""
    visit = in_state(request, Event.SUBMIT_EXPORT, State.PREPARING)
    if (problem := lists_first(visit)) is not None:
        raise GuardRefused(problem)
    return visit
