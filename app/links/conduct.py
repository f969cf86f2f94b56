"""How a download is led from outside: who keeps its state, who watches or stops it, and whose clock it goes by."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from app.links.checkpoint import FileState
from app.links.clock import Clock, SystemClock


class Interruption(StrEnum):
    """A pause keeps what is downloaded; a cancel deletes it."""

    PAUSE = "pause"
    CANCEL = "cancel"


class Paused(Exception):
    """The download stands still at its last checkpoint and goes on when it is called again."""


@dataclass(slots=True)
class Conduct:
    """`save` is called after the bytes are durable and may raise; `patience` is how many seconds passing troubles of
    the provider are waited out here, in all, before they end the run with a time to come back."""

    save: Callable[[FileState], None] = lambda _state: None
    progress: Callable[[int, int | None], None] = lambda _done, _expected: None
    should_stop: Callable[[], Interruption | None] = lambda: None
    clock: Clock = field(default_factory=SystemClock)
    patience: float = 30.0

    def wait(self, seconds: float, look: Callable[[], None]) -> None:
        """Waits in small steps, so that a pause or a cancel is heard."""
        until = self.clock.monotonic() + seconds
        while (remaining := until - self.clock.monotonic()) > 0:
            look()
            self.clock.sleep(min(1.0, remaining))
