"""How a download is led from outside: who keeps its state, who watches or stops it, and whose clock it goes by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.links.checkpoint import FileState
from app.links.clock import Clock, SystemClock
from app.links.problems import stop
from app.problems import Problem


class Interruption(StrEnum):
    """A pause keeps what is downloaded; a cancel deletes it."""

    PAUSE = "pause"
    CANCEL = "cancel"


class Paused(Exception):
    """The download stands still at its last checkpoint and goes on when it is called again."""


@dataclass(slots=True)
class Conduct:
    """`save` is called after the bytes are durable and may raise, `plan` once with all files, before the first byte
    (without it each is saved); `progress` with the bytes of the whole export that
    are here, and how many there will be; `tell` with what does not stop the download and must be known all the same.
    `patience` is how many seconds passing troubles of the provider are waited out here, in all, before they end the
    run with a time to come back."""

    save: Callable[[FileState], None] = lambda _state: None
    plan: Callable[[Sequence[FileState]], None] | None = None
    progress: Callable[[int, int | None], None] = lambda _done, _expected: None
    should_stop: Callable[[], Interruption | None] = lambda: None
    tell: Callable[[Problem], None] = lambda _problem: None
    clock: Clock = field(default_factory=SystemClock)
    patience: float = 30.0
    limited: int = 0  # requests to slow down in a row, before anything was found
    total: int | None = None  # of all files, where it is known

    def planned(self, states: Sequence[FileState]) -> None:
        """These files will be fetched."""
        if self.plan is not None:
            self.plan(states)
            return
        for state in states:
            self.save(state)

    def advanced(self, done: int, expected: int | None) -> None:
        """So many bytes of the file in hand are here."""
        self.progress(done, expected if self.total is None else self.total)

    def heard(self) -> None:
        """Ends what is going on where somebody asked for it."""
        asked = self.should_stop()
        if asked is Interruption.CANCEL:
            raise stop("download_cancelled")
        if asked is Interruption.PAUSE:
            raise Paused

    def wait(self, seconds: float, look: Callable[[], None]) -> None:
        """Waits in small steps, so that a pause or a cancel is heard."""
        until = self.clock.monotonic() + seconds
        while (remaining := until - self.clock.monotonic()) > 0:
            look()
            self.clock.sleep(min(1.0, remaining))
