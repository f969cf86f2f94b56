"""Everything behind a link is brought into encrypted storage: one file, or a folder's files."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from threading import RLock

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.download_observer import Conduct, Interruption
from app.links.file_download import Download, Shelf
from app.links.guard import Watch
from app.links.network_errors import Cut, Unanswered
from app.links.normalise import normalise
from app.links.provider import Found, RemoteFile, numbered
from app.links.provider_session import Journey, Places, even_refusals, travelling
from app.links.response_checks import readable
from app.links.settings import LinkSettings
from app.problems import Problem
from app.storage.objects import Objects

# The files of a folder are fetched as many at once as a clinic may have connections open to one provider.
#
# Each is a download of its own, with its own visit, state and proof. Whoever leads them hears of one thing at a
# time, and what is asked from outside reaches all. Where one must wait for its provider, the others finish their
# files and none is begun; whatever else ends one lets the others stand still at a checkpoint.

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


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One file of the export, in storage under `key`; `path` is the provider's, for display only."""

    path: str
    key: str
    size: int
    sha256: str


def probe(
    link: str,
    settings: LinkSettings,
    *,
    password: str = "",
    conduct: Conduct | None = None,
    watch: Watch | None = None,
    slots: Places | None = None,
) -> Found:
    """What the link leads to, without downloading it; a link that cannot be used is a Stop that says why."""
    conduct = conduct or Conduct(patience=0)
    with even_refusals(conduct, settings):
        tidy = replace(normalise(link), password=password)
        with travelling(tidy, settings, conduct, watch, slots) as journey:
            return journey.probed(conduct)[0]


def fetch(
    link: str,
    settings: LinkSettings,
    objects: Objects,
    data_key: bytes,
    prefix: str,
    *,
    password: str = "",
    states: Sequence[FileState] = (),
    conduct: Conduct | None = None,
    watch: Watch | None = None,
    slots: Places | None = None,
) -> list[FetchedFile]:
    """Everything behind the link, under `prefix/0001` and so on; `states` are those saved by an earlier run."""
    conduct = conduct or Conduct()
    with even_refusals(conduct, settings):
        tidy = replace(normalise(link), password=password)
        visit: Visit = partial(travelling, tidy, settings, watch=watch, slots=slots)
        with visit(conduct) as journey:
            return _Fetching(journey, visit, objects, data_key, prefix, conduct).all(states)


def export_sha256(files: Sequence[FetchedFile]) -> str:
    """The sha256 of a whole export: of its one file, or of the lines `sha256  path` sorted by path."""
    if len(files) == 1:
        return files[0].sha256
    lines = "".join(f"{f.sha256}  {f.path}\n" for f in sorted(files, key=lambda f: f.path))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass
class _Fetching:
    journey: Journey
    visit: Visit
    objects: Objects
    data_key: bytes
    prefix: str
    conduct: Conduct

    def all(self, states: Sequence[FileState]) -> list[FetchedFile]:
        states = list(states) or self._planned()
        log.info(
            "fetching provider=%s link=%s files=%d",
            self.journey.provider.name,
            self.journey.link.fingerprint,
            len(states),
        )
        try:
            together = Together(states, self.visit, self.objects, self.data_key, self.conduct)
            done = together.all(self.journey.web.settings.concurrency)
        except Stop as reason:
            if reason.problem.code == "download_cancelled":
                for state in states:
                    self.objects.delete(state.key)
            raise
        if states[0].folder:
            self._list_again(done)
        return [FetchedFile(s.path, s.key, s.size or 0, s.sha256) for s in done]

    def _planned(self) -> list[FileState]:
        """The files as they are listed now, written down before the first byte, where there is room for all."""
        found, route = self.journey.probed(self.conduct)
        self._require_room(found)
        for problem in found.warnings:
            self.conduct.tell(problem)
        now, states = self.conduct.clock.now(), []
        for number, file in enumerate(numbered(found.files), 1):
            key = f"{self.prefix}/{number:04}"
            states.append(
                FileState.of(
                    file,
                    self.journey.provider.name,
                    key,
                    now,
                    route=route,
                    folder=found.folder,
                    listed=_listed(file),
                )
            )
        self.objects.delete_prefix(self.prefix)  # of an earlier attempt, if anything
        self.conduct.planned(states)
        return states

    def _require_room(self, found: Found) -> None:
        free, factor = self.objects.free_space(), self.journey.web.settings.disk_factor
        needed = factor * sum(file.size or 0 for file in found.files)
        if free is not None and free < needed:
            raise self.journey.stopped("no_space", name=found.name, size=readable(int(needed)))

    def _list_again(self, states: Sequence[FileState]) -> None:
        """Whether the folder still holds what was listed at the start. Where nobody can say, that is told as well."""
        route, journey = self.journey.route(states[0]), self.journey
        try:
            now = [(file.item, _listed(file)) for file in route.files(journey.link, journey.web)]
            same = sorted(now) == sorted((state.item, state.listed) for state in states)
        except (Stop, Cut, Unanswered):
            same = False
        if not same:
            self.conduct.tell(Problem("folder_changed", details={"provider": self.journey.label}))


def _listed(file: RemoteFile) -> str:
    """What a listing says of a file's version."""
    return f"{file.size}:{file.validator.value}"
