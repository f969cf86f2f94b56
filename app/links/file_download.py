"""Downloads one file of a share link into encrypted storage.

A download resumes after lost connections and restarted processes. Two versions of a file are never mixed, and a web
page is never stored as the file. Memory is constant. A saved state never counts bytes that are not durable.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.checksums import ChecksumMismatch, require_zip_end, verify_checksums
from app.links.clock import backoff, format_time
from app.links.download_observer import DownloadObserver, Paused
from app.links.link_problems import PASSING, with_details
from app.links.link_settings import LinkSettings
from app.links.network_errors import ConnectionLost, NoResponse
from app.links.provider_session import ProviderSession
from app.links.response import ProviderResponse
from app.links.response_checks import FileChanged, NotTheFile, accept_response, build_size_stop, format_size
from app.storage.objects import Objects
from app.storage.writing import NO_ROOM, ObjectAppender

log = logging.getLogger(__name__)

PROGRESS = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DownloadTarget:
    """Storage for one file. `other_bytes` is the size of the link's other files, `other_done` the bytes stored of
    those files."""

    objects: Objects
    data_key: bytes
    other_bytes: int = 0
    other_done: Callable[[], int] = lambda: 0


class Download:
    """The download of one file, from its saved state to its sha256."""

    def __init__(
        self, session: ProviderSession, target: DownloadTarget, state: FileState, observer: DownloadObserver
    ) -> None:
        self._session, self._target, self._observer = session, target, observer
        self._objects, self._settings = target.objects, session.web.settings
        self.state = state
        self._before = state.furthest

    def run(self) -> FileState:
        """Returns the finished state. Raises Stop with the problem that ends the download, or Paused.

        A finished state is returned unchanged. `download_cancelled` deletes the stored bytes.
        """
        try:
            with with_details(name=self.state.path):
                while not self.state.done:
                    self.check_interruption()
                    if not self._objects.exists(self.state.key):
                        self._transfer()
                    self._verify()
                return self.state
        except Stop as reason:
            if reason.problem.code == "download_cancelled":
                self._objects.delete(self.state.key)
                self._keep(bytes_done=0, furthest=0)
            raise

    def check_interruption(self) -> None:
        """Raises Paused or Stop where an interruption is requested, or where the download is past its deadline."""
        self._observer.check_interruption()
        if self._observer.clock.now() > self.state.started_at + self._settings.deadline_days * 86_400:
            reason = self._build_stop(self.state.last_problem or "download_incomplete")
            reason.retryable = False
            raise reason

    def _transfer(self) -> None:
        try:
            with self._objects.appender(self.state.key, self._target.data_key) as part:
                part.truncate(min(self.state.bytes_done, part.position))
                try:
                    while not self._attempt(part):
                        pass
                except Paused:
                    self._keep(bytes_done=part.checkpoint())
                    raise
                size = part.finish()
        except OSError as error:
            if error.errno in NO_ROOM:
                raise self._build_stop("no_space") from None
            raise
        self._keep(bytes_done=size, furthest=size, next_try_at=None)

    def _attempt(self, part: ObjectAppender) -> bool:
        """Makes one request. Returns whether the file is complete; False asks for another request."""
        try:
            self._request(part)
        except FileChanged:
            self._restart(part)
        except ConnectionLost:
            self._resume_later(part)
        except NoResponse:
            self._retry_later(part, self._session.build_stop("provider_down"))
        except Stop as reason:
            if (other := self._session.find_fallback(self.state, reason)) is not None:
                self._keep(route=other, fell_over=True)
                self._observer.report(self._session.to_operator_problem(reason))
            elif reason.problem.code not in PASSING:
                raise
            else:
                self._retry_later(part, reason)
        else:
            return True
        return False

    def _request(self, part: ObjectAppender) -> None:
        self._before = self.state.furthest
        self.check_interruption()
        if self.state.needs_refresh:
            self._refresh()
        if part.position and not self.state.ranges:
            part.truncate(0)
        self.require_room(part.position)
        start = part.position
        if self.state.expected_size is not None and start >= self.state.expected_size:
            if start > self.state.expected_size:
                raise FileChanged
            self._confirm()
            return
        route = self._session.route(self.state)
        with route.open(self._session.link, self.state.file, self._session.web, start) as response:
            self._receive(response, start, part)
        expected = self.state.expected_size
        if expected is not None and part.position < expected:
            raise ConnectionLost
        self._confirm()

    def _receive(self, response: ProviderResponse, start: int, part: ObjectAppender) -> None:
        route = self._session.route(self.state)
        try:
            if response.status not in (200, 206) and not (response.status == 416 and start):
                raise NotTheFile
            verdict = accept_response(response, self.state, start, route, self._settings)
        except NotTheFile:
            raise self._session.refused(route, response) from None
        known = (verdict.expected_size or 0) + self._target.other_done()
        if known > self._settings.max_bytes:
            raise build_size_stop(known, self._settings.max_bytes)
        validator = verdict.validator if verdict.validator.value else self.state.validator
        self.state = replace(
            self.state,
            expected_size=verdict.expected_size,
            validator_kind=validator.kind,
            validator_value=validator.value,
            checksums={**route.checksums(response), **self.state.checksums},
            limited=0,
            waits=0,
        )
        if verdict.has_body:
            ResponseReceiver(self, self._observer, self._settings, part).receive(response)

    def checkpoint(self, part: ObjectAppender) -> None:
        """Makes the received bytes durable and saves the state."""
        durable = part.checkpoint()
        self._keep(bytes_done=durable, furthest=max(self.state.furthest, part.position))
        self.require_room(part.position)

    def require_room(self, done: int) -> None:
        """Raises Stop `no_space` where the disk cannot hold the export and its import. `done` are this file's bytes."""
        free = self._objects.free_space()
        expected = (self.state.expected_size or 0) + self._target.other_bytes
        needed = self._settings.disk_factor * expected - done - self._target.other_done()
        if free is not None and free < (needed if expected else 2 * self._settings.checkpoint_bytes):
            raise self._build_stop("no_space")

    def build_size_stop(self) -> Exception:
        """The Stop for a file without a known length that exceeds the limit."""
        return build_size_stop(None, self._settings.max_unsized_bytes)

    def _confirm(self) -> None:
        """Raises FileChanged where the provider reports another version of the file after the last byte."""
        route = self._session.route(self.state)
        if not route.confirms:
            return
        now = route.file(self._session.link, self.state.file, self._session.web)
        if now is None or now.differs_from(self.state.file):
            raise FileChanged

    def _restart(self, part: ObjectAppender) -> None:
        """Restarts a changed file from byte 0. The second change raises Stop `file_changed`."""
        part.truncate(0)
        if self.state.restarts:
            self._keep(bytes_done=0)
            raise self._build_stop("file_changed")
        log.info("download begins anew provider=%s link=%s", self.state.provider, self._session.link.fingerprint)
        self._keep(bytes_done=0, furthest=0, restarts=self.state.restarts + 1, needs_refresh=True)

    def _refresh(self) -> None:
        """Replaces the file's details with the provider's current details, after the file changed."""
        now = self._session.route(self.state).file(self._session.link, self.state.file, self._session.web)
        if now is None:
            raise self._build_stop("file_changed")
        fresh = FileState.build(now, self.state.provider, self.state.key, self.state.started_at)
        self._keep(
            expected_size=fresh.expected_size,
            validator_kind=fresh.validator_kind,
            validator_value=fresh.validator_value,
            ranges=fresh.ranges,
            checksums=fresh.checksums,
            needs_refresh=False,
        )

    def _resume_later(self, part: ObjectAppender) -> None:
        """Waits after a lost connection. Too many losses in a row without progress raise Stop `download_incomplete`."""
        gained = part.position - self._before >= PROGRESS
        attempts = 0 if gained else self.state.attempts + 1
        self._keep(
            bytes_done=part.checkpoint(),
            furthest=max(self.state.furthest, part.position),
            attempts=attempts,
            last_problem="download_incomplete",
        )
        log.info("download cut provider=%s link=%s", self.state.provider, self._session.link.fingerprint)
        if attempts >= self._settings.attempts:
            self._keep(attempts=0)
            raise self._build_stop("download_incomplete")
        self._wait(backoff(max(1, attempts), self._settings.backoff_first, self._settings.backoff_max))

    def _retry_later(self, part: ObjectAppender, reason: Stop) -> None:
        """Waits for a provider's temporary problem. A wait beyond the patience raises Stop with the time to retry."""
        attempts = self.state.attempts + 1
        retry = self._session.plan_retry(reason, attempts, self.state.limited, self.state.waits)
        over = attempts >= self._settings.attempts or retry.wait > self._observer.patience
        at = self._observer.clock.now() + retry.wait
        self._keep(
            bytes_done=part.checkpoint(),
            attempts=0 if over else attempts,
            limited=retry.limited,
            waits=retry.waits,
            last_problem=retry.code,
            next_try_at=at,
        )
        if over:
            raise self._session.build_stop(retry.code, retry.wait, time=format_time(at))
        self._observer.patience -= retry.wait
        self._wait(retry.wait)

    def _wait(self, seconds: float) -> None:
        self._observer.wait(seconds, self.check_interruption)

    def _verify(self) -> None:
        """Verifies the stored file. A file that fails is deleted and downloaded again, a limited number of times."""
        key, size = self.state.key, self._objects.size(self.state.key)
        try:
            if self.state.expected_size is None:
                require_zip_end(self._objects, self._target.data_key, key)
            elif size != self.state.expected_size:
                raise ConnectionLost
            digest = verify_checksums(self._objects, self._target.data_key, self.state, self.check_interruption)
        except ConnectionLost:
            self._objects.delete(key)
            attempts = self.state.attempts + 1
            over = attempts >= self._settings.attempts
            self._keep(bytes_done=0, attempts=0 if over else attempts, last_problem="download_incomplete")
            if over:
                raise self._build_stop("download_incomplete") from None
            self._wait(backoff(attempts, self._settings.backoff_first, self._settings.backoff_max))
        except ChecksumMismatch:
            self._objects.delete(key)
            self._keep(bytes_done=0, furthest=0, mismatches=self.state.mismatches + 1)
            if self.state.mismatches > 1:
                raise self._build_stop("checksum_mismatch") from None
        else:
            self._keep(sha256=digest, size=size, bytes_done=size, last_problem="", next_try_at=None)
            log.info("download done provider=%s link=%s", self.state.provider, self._session.link.fingerprint)

    def _keep(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._observer.save(self.state)

    def _build_stop(self, code: str) -> Stop:
        expected = (self.state.expected_size or 0) + self._target.other_bytes
        size = format_size(int(self._settings.disk_factor * expected))
        return self._session.build_stop(code, name=self.state.path, size=size)


PIECE = 512 * 1024


class DownloadOwner(Protocol):
    """The download that a response belongs to."""

    state: FileState

    def check_interruption(self) -> None: ...

    def checkpoint(self, part: ObjectAppender) -> None: ...

    def build_size_stop(self) -> Exception: ...


class BackgroundWriter:
    """Encrypts and writes received bytes in a second thread, while the next bytes arrive. Holds at most two pieces."""

    def __init__(self, part: ObjectAppender, pool: Executor) -> None:
        self._part, self._pool = part, pool
        self._gathered: list[bytes] = []
        self._size = 0
        self._writing: Future[None] | None = None

    def write(self, data: bytes) -> None:
        """Adds bytes. Raises the error of an earlier piece."""
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= PIECE:
            self._submit()

    def flush(self) -> None:
        """Waits until every byte is written to the object. Raises the error of an earlier piece."""
        self._submit()
        self._wait()

    def _submit(self) -> None:
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


class ResponseReceiver:
    """Stores the body of one response, saves checkpoints, and ends a connection that is too slow."""

    def __init__(
        self, owner: DownloadOwner, observer: DownloadObserver, settings: LinkSettings, part: ObjectAppender
    ) -> None:
        self._owner, self._observer, self._settings, self._part = owner, observer, settings, part
        now = observer.clock.monotonic()
        self._window = (now, part.position)
        self._saved = (now, part.position)

    def receive(self, response: ProviderResponse) -> None:
        """Stores the body to its end. Raises ConnectionLost or FileChanged; the received bytes are written first."""
        with ThreadPoolExecutor(1, "receiving") as pool:
            writer = BackgroundWriter(self._part, pool)
            try:
                self._store(response, writer)
            finally:
                writer.flush()

    def _store(self, response: ProviderResponse, writer: BackgroundWriter) -> None:
        expected = self._owner.state.expected_size
        after = self._part.position
        for chunk in response.chunks():
            after += len(chunk)
            if expected is not None and after > expected:
                raise FileChanged
            if expected is None and after > self._settings.max_unsized_bytes:
                raise self._owner.build_size_stop()
            writer.write(chunk)
            self._observer.report_progress(after, expected)
            self._owner.check_interruption()
            self._check_time(after, writer)

    def _check_time(self, position: int, writer: BackgroundWriter) -> None:
        """Saves a checkpoint when due. Raises ConnectionLost where the rate is below the minimum."""
        now = self._observer.clock.monotonic()
        since, before = self._saved
        if position - before >= self._settings.checkpoint_bytes or now - since >= self._settings.checkpoint_seconds:
            writer.flush()
            self._owner.checkpoint(self._part)
            self._saved = (now, position)
        since, before = self._window
        if now - since >= self._settings.min_rate_window:
            if position - before < self._settings.min_rate * (now - since):
                raise ConnectionLost
            self._window = (now, position)
