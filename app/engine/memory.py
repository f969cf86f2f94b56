"""The memory of this process: how much it has needed, as the figures of a trial show it, and how it is tidied."""

import gc
import resource
from contextlib import suppress


def peak_mb() -> float:
    """The most memory that this process has had in use, in MB."""
    with suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as status:
        return round(int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)  # counts the parent's, too


FEWER = (50_000, 20, 20)


def collect_seldom() -> None:
    """For processes that only move rows: rows die by themselves, and looking for circles takes a seventh of the time.

    What was imported by now is never looked through again.
    """
    gc.freeze()
    gc.set_threshold(*FEWER)
