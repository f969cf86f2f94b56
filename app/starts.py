"""When a process that ended too soon is started again: after pauses that grow, so that it keeps no machine busy."""

import time
from dataclasses import dataclass

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


@dataclass
class Starts:
    """The starts of one process in a row that came to nothing.

    `failed` is their number. Who starts the process says what came to nothing means.
    """

    failed: int = 0
    _last: float = 0.0

    def fail(self) -> float:
        """Counts a start that came to nothing, and returns the pause before the next, in seconds."""
        self.failed += 1
        self._last = time.monotonic()
        return self.pause

    def succeed(self) -> None:
        """The process is alive: the next start needs no pause."""
        self.failed = 0

    @property
    def pause(self) -> float:
        """The whole pause after the last start that came to nothing, in seconds; 0 where none has."""
        return min(FIRST_SECONDS * 2.0 ** (self.failed - 1), LONGEST_SECONDS) if self.failed else 0.0

    @property
    def left(self) -> float:
        """What is left of that pause, in seconds."""
        return max(self._last + self.pause - time.monotonic(), 0.0) if self.failed else 0.0
