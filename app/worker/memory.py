"""The memory of this process: how much it has needed, as the figures of a trial show it, and how it is tidied."""

import ctypes
import gc
import resource
from contextlib import suppress


def peak_mb() -> float:
    """The most memory that this process has had in use, in MB."""
    with suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as status:
        return round(int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)  # counts the parent's, too


MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # of mallopt(3)
LARGE, TOP = 1 << 20, 8 << 20
FEWER = (50_000, 20, 20)


def collect_seldom() -> None:
    """At the end of a start: what was imported by now is never looked through again, and the rest seldom.

    Rows die by themselves: in a process that moves them, looking for circles would take a seventh of the time.
    """
    gc.freeze()
    gc.set_threshold(*FEWER)


def give_back_large() -> None:
    """Memory of a large cell goes back to the machine with the cell. The C library, left alone, learns to keep it."""
    with suppress(OSError, AttributeError):  # not every C library has this to set
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(MMAP_THRESHOLD, LARGE)
        mallopt(TRIM_THRESHOLD, TOP)
