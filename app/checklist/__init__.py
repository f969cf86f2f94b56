"""The checklist: what must be true before a trial may start. One file for each check, in the order of this list.

The import fails with IncompleteCheck where a check is not in the list, or has no name of its own.
"""

import sys
from collections.abc import Callable, Iterable, Sequence

from app.checklist import (
    activities,
    contents,
    dates,
    export,
    invitations,
    locations,
    practitioners,
    services,
)
from app.checklist.line import CheckLine, Mark
from app.checklist.situation import Situation
from app.listed_modules import unlisted_modules

Check = Callable[[Situation], CheckLine]

CHECKS: tuple[Check, ...] = (
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


def lines_in_the_way(facts: Situation) -> tuple[CheckLine, ...]:
    """Every line that blocks a trial, in the order of the page. Empty if the trial may start."""
    return tuple(line for line in lines(facts) if not line.passes)


class IncompleteCheck(Exception):
    """A part of a check is missing. The message names the part, one line for each."""


def require_whole_checks(checks: Sequence[Check]) -> None:
    """Raises IncompleteCheck for a check outside the list, and for a check whose `NAME` is missing or taken.

    Support's waivers are stored by `NAME`, so that two checks with one name would be waived together.
    """
    gaps = [f"app/checklist/{name}.py: add the check to CHECKS" for name in unlisted_modules(__name__, "check", checks)]
    names: dict[str, str] = {}
    for check in checks:
        place = f"{check.__module__.replace('.', '/')}.py"
        name = getattr(sys.modules[check.__module__], "NAME", "")
        if not name:
            gaps.append(f"{place}: add NAME, under which a waiver of the check is stored")
        elif name in names:
            gaps.append(f"{place}: choose another NAME, {name} is the name of {names[name]}")
        names.setdefault(name, place)
    if gaps:
        raise IncompleteCheck("\n".join(gaps))


require_whole_checks(CHECKS)
