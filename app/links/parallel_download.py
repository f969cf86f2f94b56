"""Downloads every file of a share link into encrypted storage, several files of a folder in parallel."""

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
from app.links.connection_slots import SlotsByProvider
from app.links.download_observer import DownloadObserver, Interruption
from app.links.file_download import Download, DownloadTarget
from app.links.guard import TrafficObserver
from app.links.link_settings import LinkSettings
from app.links.network_errors import ConnectionLost, NoResponse
from app.links.provider import LinkContents, RemoteFile, to_unique_paths
from app.links.provider_session import ProviderSession, level_refusal_time, open_session
from app.links.response_checks import format_size
from app.links.share_link import ShareLink
from app.problems import Problem
from app.storage.objects import Objects

OpenSession = Callable[[DownloadObserver], AbstractContextManager[ProviderSession]]


class ParallelDownload:
    """The downloads of all files of one link, in the order of the listing.

    Each worker thread has its own provider session. The observer is called by one thread at a time. A temporary problem
    of one file lets the other running files finish and starts no further file. Any other problem pauses the other
    files at a checkpoint.
    """

    def __init__(
        self,
        states: Sequence[FileState],
        open_session: OpenSession,
        objects: Objects,
        key: bytes,
        observer: DownloadObserver,
    ) -> None:
        self.states = {state.key: state for state in states}
        self._open_session, self._objects, self._key, self._observer = open_session, objects, key, observer
        sizes = [state.expected_size for state in states]
        self._total = sum(size or 0 for size in sizes)
        observer.total = None if None in sizes else self._total
        self._done = {state.key: state.size or 0 for state in states if state.done}
        self._total_done = sum(self._done.values())
        self._lock = RLock()
        self._ended: BaseException | None = None
        self._fallback = ""  # the route in use since another route was rejected

    def run(self, at_once: int) -> list[FileState]:
        """Downloads every file and returns the finished states. Raises the error of a file once no file is running."""
        open_files = [state for state in self.states.values() if not state.done]
        waiting, workers = iter(open_files), min(at_once, len(open_files))
        if workers <= 1:
            self._work(waiting)
            return list(self.states.values())
        with ThreadPoolExecutor(workers, "download") as pool:
            try:
                running = [pool.submit(self._work, waiting) for _ in range(workers)]
                for worker in running:
                    worker.result()
            except BaseException as reason:
                self._end(reason)
        if self._ended is not None:
            raise self._ended
        return list(self.states.values())

    def _work(self, waiting: Iterator[FileState]) -> None:
        """One thread: downloads waiting files one after the other in its own session."""
        try:
            with self._open_session(self._build_observer()) as session:
                while (state := self._next(waiting)) is not None:
                    self._finish(self._download(session, state))
        except BaseException as reason:
            self._end(reason)
            raise

    def _next(self, waiting: Iterator[FileState]) -> FileState | None:
        with self._lock:
            state = None if self._ended else next(waiting, None)
            if state is not None and self._fallback and not state.fell_over:
                state = replace(state, route=self._fallback, fell_over=True)
            return state

    def _download(self, session: ProviderSession, state: FileState) -> FileState:
        other_bytes = self._total - (state.expected_size or 0)
        target = DownloadTarget(
            self._objects, self._key, other_bytes, lambda: min(self._done_by_others(state.key), other_bytes)
        )
        observer = self._build_observer(state.key)
        try:
            return Download(session, target, state, observer).run()
        finally:
            self._observer.patience = min(self._observer.patience, observer.patience)

    def _build_observer(self, key: str = "") -> DownloadObserver:
        """The observer of one file, which passes each call on under the lock."""
        return replace(
            self._observer,
            save=self._save,
            progress=partial(self._progress, key),
            should_stop=self._should_stop,
            report=self._report,
        )

    def _finish(self, state: FileState) -> None:
        with self._lock:
            self.states[state.key] = state
            self._fallback = state.route if state.fell_over else ""
            self._count(state.key, state.size or 0)

    def _end(self, reason: BaseException) -> None:
        with self._lock:
            if self._ended is None or (_is_temporary(self._ended) and not _is_temporary(reason)):
                self._ended = reason

    def _done_by_others(self, key: str) -> int:
        with self._lock:
            return self._total_done - self._done.get(key, 0)

    def _count(self, key: str, done: int) -> None:
        self._total_done += done - self._done.get(key, 0)
        self._done[key] = done

    def _save(self, state: FileState) -> None:
        with self._lock:
            self._observer.save(state)

    def _progress(self, key: str, done: int, expected: int | None) -> None:
        with self._lock:
            self._count(key, done)
            self._observer.progress(self._total_done, expected)

    def _should_stop(self) -> Interruption | None:
        with self._lock:
            ended = self._ended is not None and not _is_temporary(self._ended)
            return Interruption.PAUSE if ended else self._observer.should_stop()

    def _report(self, problem: Problem) -> None:
        with self._lock:
            self._observer.report(problem)


def _is_temporary(reason: BaseException) -> bool:
    return isinstance(reason, Stop) and reason.retryable


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One file of the export, stored under `key`. `path` is the provider's path, for display only."""

    path: str
    key: str
    size: int
    sha256: str


def probe(
    link: ShareLink,
    settings: LinkSettings,
    *,
    observer: DownloadObserver | None = None,
    traffic: TrafficObserver | None = None,
    slots: SlotsByProvider | None = None,
) -> LinkContents:
    """The contents behind a link, without a download. Raises Stop with the problem of the link."""
    observer = observer or DownloadObserver(patience=0)
    with level_refusal_time(observer, settings), open_session(link, settings, observer, traffic, slots) as session:
        return session.probe(observer)[0]


def fetch(
    link: ShareLink,
    settings: LinkSettings,
    objects: Objects,
    data_key: bytes,
    prefix: str,
    *,
    states: Sequence[FileState] = (),
    observer: DownloadObserver | None = None,
    traffic: TrafficObserver | None = None,
    slots: SlotsByProvider | None = None,
) -> list[FetchedFile]:
    """Downloads every file behind a link to `prefix/0001` and so on.

    `states` are the states that an earlier run saved; the download resumes from these states. Raises Stop or Paused.
    """
    observer = observer or DownloadObserver()
    with level_refusal_time(observer, settings):
        open_for: OpenSession = partial(open_session, link, settings, traffic=traffic, slots=slots)
        with open_for(observer) as session:
            return _LinkDownload(session, open_for, objects, data_key, prefix, observer).run(states)


def export_sha256(files: Sequence[FetchedFile]) -> str:
    """The sha256 of a whole export: the sha256 of a single file, or of the lines `sha256  path` sorted by path."""
    if len(files) == 1:
        return files[0].sha256
    lines = "".join(f"{f.sha256}  {f.path}\n" for f in sorted(files, key=lambda f: f.path))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass
class _LinkDownload:
    session: ProviderSession
    open_session: OpenSession
    objects: Objects
    data_key: bytes
    prefix: str
    observer: DownloadObserver

    def run(self, states: Sequence[FileState]) -> list[FetchedFile]:
        states = list(states) or self._plan()
        log.info(
            "fetching provider=%s link=%s files=%d",
            self.session.provider.name,
            self.session.link.fingerprint,
            len(states),
        )
        try:
            download = ParallelDownload(states, self.open_session, self.objects, self.data_key, self.observer)
            done = download.run(self.session.web.settings.concurrency)
        except Stop as reason:
            if reason.problem.code == "download_cancelled":
                for state in states:
                    self.objects.delete(state.key)
            raise
        if states[0].folder:
            self._check_listing(done)
        return [FetchedFile(s.path, s.key, s.size or 0, s.sha256) for s in done]

    def _plan(self) -> list[FileState]:
        """Lists the files and saves their states before the first byte. Raises Stop `no_space`."""
        contents, route = self.session.probe(self.observer)
        self._require_room(contents)
        for problem in contents.warnings:
            self.observer.report(problem)
        now, states = self.observer.clock.now(), []
        for number, file in enumerate(to_unique_paths(contents.files), 1):
            key = f"{self.prefix}/{number:04}"
            states.append(
                FileState.build(
                    file,
                    self.session.provider.name,
                    key,
                    now,
                    route=route,
                    folder=contents.folder,
                    listed=_version_of(file),
                )
            )
        self.objects.delete_prefix(self.prefix)  # files of an earlier attempt
        self.observer.report_plan(states)
        return states

    def _require_room(self, contents: LinkContents) -> None:
        free, factor = self.objects.free_space(), self.session.web.settings.disk_factor
        needed = factor * sum(file.size or 0 for file in contents.files)
        if free is not None and free < needed:
            raise self.session.build_stop("no_space", name=contents.name, size=format_size(int(needed)))

    def _check_listing(self, states: Sequence[FileState]) -> None:
        """Lists the folder again and reports `folder_changed` where the listing differs or fails."""
        route, session = self.session.route(states[0]), self.session
        try:
            now = [(file.item, _version_of(file)) for file in route.files(session.link, session.web)]
            same = sorted(now) == sorted((state.item, state.listed) for state in states)
        except (Stop, ConnectionLost, NoResponse):
            same = False
        if not same:
            self.observer.report(Problem("folder_changed", details={"provider": self.session.label}))


def _version_of(file: RemoteFile) -> str:
    """The version of a file in a listing: its size and validator."""
    return f"{file.size}:{file.validator.value}"
