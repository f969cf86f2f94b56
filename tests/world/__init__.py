"""Nine checks that must hold for the world after any move, whatever disturbed it, one file each.

They compare with what the export's own generator planted, never with the importer's own reports.
"""

from collections.abc import Callable

from tests.world import (
    accounted,
    files_whole,
    history_legal,
    mails_once,
    nothing_early,
    nothing_left,
    nothing_told,
    one_each,
    same_content,
)
from tests.world.left import Left

Check = Callable[[Left], list[str]]

CHECKS: dict[str, Check] = {
    "E1": one_each.check,
    "E2": accounted.check,
    "E3": same_content.check,
    "E4": files_whole.check,
    "E5": nothing_early.check,
    "E6": history_legal.check,
    "E7": mails_once.check,
    "E8": nothing_left.check,
    "E9": nothing_told.check,
}


def check_world(left: Left) -> list[str]:
    """Everything that is wrong, each line with the check that found it; empty when the world is right."""
    return [f"{name}: {line}" for name, check in CHECKS.items() for line in check(left)]


__all__ = ["CHECKS", "Left", "check_world"]
