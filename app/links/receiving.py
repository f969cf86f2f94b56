"""Takes the bytes of one answer: counts them, keeps them, makes them durable now and then, and notices a drip."""

from typing import Protocol

from app.links.answer import Answer
from app.links.checkpoint import FileState
from app.links.conduct import Conduct
from app.links.cuts import Cut
from app.links.judging import Changed
from app.links.settings import LinkSettings
from app.storage.writing import ObjectAppender


class Keeper(Protocol):
    """Whose download it is."""

    state: FileState

    def look(self) -> None: ...

    def checkpoint(self, part: ObjectAppender) -> None: ...

    def too_big(self) -> Exception: ...


class Receiving:
    def __init__(self, keeper: Keeper, conduct: Conduct, settings: LinkSettings, part: ObjectAppender) -> None:
        self._keeper, self._conduct, self._settings, self._part = keeper, conduct, settings, part
        now = conduct.clock.monotonic()
        self._window = (now, part.position)
        self._kept = (now, part.position)

    def receive(self, answer: Answer) -> None:
        """Everything up to the proper end of the answer; Cut and Changed say that it was not."""
        expected = self._keeper.state.expected_size
        for chunk in answer.chunks():
            after = self._part.position + len(chunk)
            if expected is not None and after > expected:
                raise Changed
            if expected is None and after > self._settings.max_unsized_bytes:
                raise self._keeper.too_big()
            self._part.write(chunk)
            self._conduct.advanced(after, expected)
            self._keeper.look()
            self._mind_the_time(after)

    def _mind_the_time(self, position: int) -> None:
        now = self._conduct.clock.monotonic()
        since, before = self._kept
        if position - before >= self._settings.checkpoint_bytes or now - since >= self._settings.checkpoint_seconds:
            self._keeper.checkpoint(self._part)
            self._kept = (now, position)
        since, before = self._window
        if now - since >= self._settings.min_rate_window:
            if position - before < self._settings.min_rate * (now - since):
                raise Cut
            self._window = (now, position)
