"""Takes the bytes of one answer: counts them, keeps them, makes them durable now and then, and notices a drip."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Protocol

from app.links.answer import Answer
from app.links.checkpoint import FileState
from app.links.conduct import Conduct
from app.links.cuts import Cut
from app.links.judging import Changed
from app.links.settings import LinkSettings
from app.storage.writing import ObjectAppender

PIECE = 512 * 1024


class Keeper(Protocol):
    """Whose download it is."""

    state: FileState

    def look(self) -> None: ...

    def checkpoint(self, part: ObjectAppender) -> None: ...

    def too_big(self) -> Exception: ...


class Behind:
    """Seals and writes in a thread of its own what was received, while the next of it arrives; at most two pieces."""

    def __init__(self, part: ObjectAppender, pool: Executor) -> None:
        self._part, self._pool = part, pool
        self._gathered: list[bytes] = []
        self._size = 0
        self._writing: Future[None] | None = None

    def write(self, data: bytes) -> None:
        """Raises what went wrong with an earlier piece."""
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= PIECE:
            self._hand_on()

    def settle(self) -> None:
        """Everything is with the object now."""
        self._hand_on()
        self._wait()

    def _hand_on(self) -> None:
        self._wait()
        gathered, self._gathered, self._size = self._gathered, [], 0
        self._writing = self._pool.submit(self._write, gathered)

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write(self, gathered: list[bytes]) -> None:
        for data in gathered:
            self._part.write(data)


class Receiving:
    def __init__(self, keeper: Keeper, conduct: Conduct, settings: LinkSettings, part: ObjectAppender) -> None:
        self._keeper, self._conduct, self._settings, self._part = keeper, conduct, settings, part
        now = conduct.clock.monotonic()
        self._window = (now, part.position)
        self._kept = (now, part.position)

    def receive(self, answer: Answer) -> None:
        """Everything up to the proper end of the answer; Cut and Changed say that it was not. However it ends, what was
        received is with the object."""
        with ThreadPoolExecutor(1, "receiving") as pool:
            behind = Behind(self._part, pool)
            try:
                self._take(answer, behind)
            finally:
                behind.settle()

    def _take(self, answer: Answer, behind: Behind) -> None:
        expected = self._keeper.state.expected_size
        after = self._part.position
        for chunk in answer.chunks():
            after += len(chunk)
            if expected is not None and after > expected:
                raise Changed
            if expected is None and after > self._settings.max_unsized_bytes:
                raise self._keeper.too_big()
            behind.write(chunk)
            self._conduct.advanced(after, expected)
            self._keeper.look()
            self._mind_the_time(after, behind)

    def _mind_the_time(self, position: int, behind: Behind) -> None:
        now = self._conduct.clock.monotonic()
        since, before = self._kept
        if position - before >= self._settings.checkpoint_bytes or now - since >= self._settings.checkpoint_seconds:
            behind.settle()
            self._keeper.checkpoint(self._part)
            self._kept = (now, position)
        since, before = self._window
        if now - since >= self._settings.min_rate_window:
            if position - before < self._settings.min_rate * (now - since):
                raise Cut
            self._window = (now, position)
