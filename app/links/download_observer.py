"""The caller's side of a download: the caller saves states, receives progress and problems, and may interrupt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.links.checkpoint import FileState
from app.links.clock import Clock, SystemClock
from app.links.link_problems import stop
from app.problems import Problem


class Interruption(StrEnum):
    """A pause keeps the downloaded bytes. A cancel deletes the downloaded bytes."""

    PAUSE = "pause"
    CANCEL = "cancel"


class Paused(Exception):
    """The download is paused at its last checkpoint. The next call resumes the download."""


@dataclass(slots=True)
class DownloadObserver:
    """Callbacks and limits of one download. Every callback may raise to end the run.

    `plan` is called once with all files before the first byte (default: `save` for each file). `save` is called after
    bytes are durable. `progress` takes the stored bytes and the expected bytes of the whole export. `report` takes a
    problem that does not end the download. `patience` is how many seconds the run may wait for temporary problems in
    total. A longer wait ends the run with the time to retry.
    """

    save: Callable[[FileState], None] = lambda _state: None
    plan: Callable[[Sequence[FileState]], None] | None = None
    progress: Callable[[int, int | None], None] = lambda _done, _expected: None
    should_stop: Callable[[], Interruption | None] = lambda: None
    report: Callable[[Problem], None] = lambda _problem: None
    clock: Clock = field(default_factory=SystemClock)
    patience: float = 30.0
    limited: int = 0  # rate limit responses in a row, before the link's contents are known
    total: int | None = None  # bytes of all files, None where a size is unknown

    def report_plan(self, states: Sequence[FileState]) -> None:
        """Passes the files that will be downloaded to `plan`, or to `save` where `plan` is missing."""
        if self.plan is not None:
            self.plan(states)
            return
        for state in states:
            self.save(state)

    def report_progress(self, done: int, expected: int | None) -> None:
        """Passes the bytes of the current file to `progress`, with the total of all files where the total is known."""
        self.progress(done, expected if self.total is None else self.total)

    def check_interruption(self) -> None:
        """Raises Paused, or Stop `download_cancelled`, where the caller requests an interruption."""
        interruption = self.should_stop()
        if interruption is Interruption.CANCEL:
            raise stop("download_cancelled")
        if interruption is Interruption.PAUSE:
            raise Paused

    def wait(self, seconds: float, check: Callable[[], None]) -> None:
        """Waits in steps of at most one second. `check` is called before each step and may raise."""
        until = self.clock.monotonic() + seconds
        while (remaining := until - self.clock.monotonic()) > 0:
            check()
            self.clock.sleep(min(1.0, remaining))
