"""Rows that did not come, after the move is live: a later export brings them."""

from app.migration.states import State
from app.problems import Level, Problem, Who
from app.web.page_context import Visit

BY_HAND = frozenset({"changed_in_caspen"})
"""Problems that a later export does not solve: a person's change in Caspen counts before every export."""


def offers_later_export(visit: Visit, problem: Problem | None) -> bool:
    """Whether a live move's page offers a later export for rows that a problem kept back.

    A later export is a move of its own, which adds these rows and doubles none.
    """
    return (
        problem is not None
        and visit.move.state == State.FINALISED
        and problem.severity in (Level.HELD, Level.REFUSED)
        and problem.entry.who is Who.CLINIC
        and problem.code not in BY_HAND
    )
