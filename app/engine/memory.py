"""How much memory this process has needed, as the figures of a trial show it."""

import resource
from contextlib import suppress


def peak_mb() -> float:
    """The most memory that this process has had in use, in MB."""
    with suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as status:
        return round(int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)  # counts the parent's, too
