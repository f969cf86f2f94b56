"""The memory of this process: its peak for the figures of a trial, and settings that reduce it."""

import ctypes
import gc
import resource
from contextlib import suppress


def peak_mb() -> float:
    """The peak memory use of this process, in MB."""
    with suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as status:
        return round(int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)  # includes the parent's memory


MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # of mallopt(3)
LARGE, TOP = 1 << 20, 8 << 20
FEWER = (50_000, 20, 20)


def collect_seldom() -> None:
    """Freezes the objects of the start, and makes garbage collection rare. Call at the end of a start.

    Rows are freed by reference counting; in a process that moves them, cycle detection would take a seventh of the
    time.
    """
    gc.freeze()
    gc.set_threshold(*FEWER)


def give_back_large() -> None:
    """Returns the memory of a large cell to the system with the cell. The C library keeps it by default."""
    with suppress(OSError, AttributeError):  # some C libraries lack mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(MMAP_THRESHOLD, LARGE)
        mallopt(TRIM_THRESHOLD, TOP)
