"""The checklist: what must be true before a trial may start. One file for each check, in the order of this list."""

from collections.abc import Callable, Iterable

from app.checklist import activities, contents, dates, export, invitations, locations, practitioners, services
from app.checklist.line import CheckLine, Mark
from app.checklist.situation import Situation

CHECKS: tuple[Callable[[Situation], CheckLine], ...] = (
    locations.check,
    practitioners.check,
    invitations.check,
    services.check,
    activities.check,
    contents.check,
    export.check,
    dates.check,
)


def lines(facts: Situation) -> tuple[CheckLine, ...]:
    """Every check, in the order of the page."""
    return tuple(check(facts) for check in CHECKS)


def count_done(check_lines: Iterable[CheckLine]) -> int:
    """The number of done lines. Waived lines, and lines that only do not block, are not done."""
    return sum(line.mark is Mark.DONE for line in check_lines)


def first_in_the_way(facts: Situation) -> CheckLine | None:
    """The first line that blocks a trial."""
    return next((line for line in lines(facts) if not line.passes), None)
