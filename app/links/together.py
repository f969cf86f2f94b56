"""The files of a folder are fetched as many at once as a clinic may have connections open to one provider.

Each is a download of its own, with its own visit, state and proof. Whoever leads them hears of one thing at a time, and
what is asked from outside reaches all. Where one must wait for its provider, the others finish their files and none is
begun; whatever else ends one lets the others stand still at a checkpoint.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from threading import RLock

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.conduct import Conduct, Interruption
from app.links.engine import Download, Shelf
from app.links.journey import Journey
from app.problems import Problem
from app.storage.objects import Objects

Visit = Callable[[Conduct], AbstractContextManager[Journey]]


class Together:
    """All files of one link. `states` are in the order of the listing, and stay so."""

    def __init__(self, states: Sequence[FileState], visit: Visit, objects: Objects, key: bytes, lead: Conduct) -> None:
        self.states = {state.key: state for state in states}
        self._visit, self._objects, self._key, self._lead = visit, objects, key, lead
        sizes = [state.expected_size for state in states]
        self._whole = sum(size or 0 for size in sizes)
        lead.total = None if None in sizes else self._whole
        self._here = {state.key: state.size or 0 for state in states if state.done}
        self._all_here = sum(self._here.values())
        self._one_at_a_time = RLock()
        self._ended: BaseException | None = None
        self._rejected = ""  # the route that is gone by since another was refused

    def all(self, at_once: int) -> list[FileState]:
        """Every file, finished; what ended one that did not finish is raised when all stand still."""
        open_files = [state for state in self.states.values() if not state.done]
        waiting, lanes = iter(open_files), min(at_once, len(open_files))
        if lanes <= 1:
            self._lane(waiting)
            return list(self.states.values())
        with ThreadPoolExecutor(lanes, "download") as pool:
            try:
                running = [pool.submit(self._lane, waiting) for _ in range(lanes)]
                for lane in running:
                    lane.result()
            except BaseException as reason:
                self._end(reason)
        if self._ended is not None:
            raise self._ended
        return list(self.states.values())

    def _lane(self, waiting: Iterator[FileState]) -> None:
        """One file after the other, over connections of its own."""
        try:
            with self._visit(self._led()) as journey:
                while (state := self._next(waiting)) is not None:
                    self._settle(self._fetched(journey, state))
        except BaseException as reason:
            self._end(reason)
            raise

    def _next(self, waiting: Iterator[FileState]) -> FileState | None:
        with self._one_at_a_time:
            state = None if self._ended else next(waiting, None)
            if state is not None and self._rejected and not state.fell_over:
                state = replace(state, route=self._rejected, fell_over=True)
            return state

    def _fetched(self, journey: Journey, state: FileState) -> FileState:
        beside = self._whole - (state.expected_size or 0)
        shelf = Shelf(self._objects, self._key, beside, lambda: min(self._others(state.key), beside))
        conduct = self._led(state.key)
        try:
            return Download(journey, shelf, state, conduct).run()
        finally:
            self._lead.patience = min(self._lead.patience, conduct.patience)

    def _led(self, key: str = "") -> Conduct:
        """How one of them is led: as all are, but one at a time."""
        return replace(
            self._lead,
            save=self._save,
            progress=partial(self._progress, key),
            should_stop=self._should_stop,
            tell=self._tell,
        )

    def _settle(self, state: FileState) -> None:
        with self._one_at_a_time:
            self.states[state.key] = state
            self._rejected = state.route if state.fell_over else ""
            self._count(state.key, state.size or 0)

    def _end(self, reason: BaseException) -> None:
        with self._one_at_a_time:
            if self._ended is None or (_passes(self._ended) and not _passes(reason)):
                self._ended = reason

    def _others(self, key: str) -> int:
        with self._one_at_a_time:
            return self._all_here - self._here.get(key, 0)

    def _count(self, key: str, done: int) -> None:
        self._all_here += done - self._here.get(key, 0)
        self._here[key] = done

    def _save(self, state: FileState) -> None:
        with self._one_at_a_time:
            self._lead.save(state)

    def _progress(self, key: str, done: int, expected: int | None) -> None:
        with self._one_at_a_time:
            self._count(key, done)
            self._lead.progress(self._all_here, expected)

    def _should_stop(self) -> Interruption | None:
        with self._one_at_a_time:
            ended = self._ended is not None and not _passes(self._ended)
            return Interruption.PAUSE if ended else self._lead.should_stop()

    def _tell(self, problem: Problem) -> None:
        with self._one_at_a_time:
            self._lead.tell(problem)


def _passes(reason: BaseException) -> bool:
    return isinstance(reason, Stop) and reason.retryable
