"""The pre-flight checklist: what must be true before a trial may start. One file per check, this list names them."""

from collections.abc import Callable, Iterable

from app.checklist import activities, contents, dates, export, invitations, locations, practitioners, services
from app.checklist.line import Line, Mark
from app.checklist.situation import Situation

CHECKS: tuple[Callable[[Situation], Line], ...] = (
    locations.look,
    practitioners.look,
    invitations.look,
    services.look,
    activities.look,
    contents.look,
    export.look,
    dates.look,
)


def lines(here: Situation) -> tuple[Line, ...]:
    """Every check, in the order of the page."""
    return tuple(look(here) for look in CHECKS)


def count_done(some: Iterable[Line]) -> int:
    """How many lines are done. A line that only does not block, or that support let pass, is not done."""
    return sum(line.mark is Mark.DONE for line in some)


def first_in_the_way(here: Situation) -> Line | None:
    """The first line that keeps a trial from starting."""
    return next((line for line in lines(here) if not line.passes), None)
