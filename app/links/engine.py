"""Downloads one file of a link straight into encrypted storage, whatever the provider and the network do meanwhile.

It survives cuts, restarts of the process and changes of mind; it never mixes two versions of a file, and never takes a
web page for one. Memory stays constant, and the state it saves is always behind what is durable.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.errors import Stop
from app.links.answer import Answer
from app.links.checkpoint import FileState
from app.links.clock import as_time, backoff
from app.links.conduct import Conduct, Paused
from app.links.cuts import Cut, Unanswered
from app.links.journey import Journey
from app.links.judging import Changed, NotTheFile, accepted, readable, too_big
from app.links.problems import PASSING, telling
from app.links.proof import Mismatch, complete_zip, proven
from app.links.receiving import Receiving
from app.storage.objects import Objects
from app.storage.writing import NO_ROOM, ObjectAppender

log = logging.getLogger(__name__)

PROGRESS = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the bytes go. `beside` is the size of the link's other files, and `here` tells how much has arrived."""

    objects: Objects
    data_key: bytes
    beside: int = 0
    here: Callable[[], int] = lambda: 0


class Download:
    """One file, from its saved state to its sha256."""

    def __init__(self, journey: Journey, shelf: Shelf, state: FileState, conduct: Conduct) -> None:
        self._journey, self._shelf, self._conduct = journey, shelf, conduct
        self._objects, self._settings = shelf.objects, journey.web.settings
        self.state = state
        self._before = state.furthest

    def run(self) -> FileState:
        """The finished state; a Stop says why there is none, Paused that it was asked to stand still."""
        try:
            with telling(name=self.state.path):
                while not self.state.done:
                    self.look()
                    if not self._objects.exists(self.state.key):
                        self._transfer()
                    self._prove()
                return self.state
        except Stop as reason:
            if reason.problem.code == "download_cancelled":
                self._objects.delete(self.state.key)
                self._keep(bytes_done=0, furthest=0)
            raise

    def look(self) -> None:
        """Ends the run when somebody asked for it, or when it has lasted too long."""
        self._conduct.heard()
        if self._conduct.clock.now() > self.state.started_at + self._settings.deadline_days * 86_400:
            reason = self._stopped(self.state.last_problem or "download_incomplete")
            reason.retryable = False
            raise reason

    def _transfer(self) -> None:
        try:
            with self._objects.appender(self.state.key, self._shelf.data_key) as part:
                part.truncate(min(self.state.bytes_done, part.position))
                try:
                    while not self._attempted(part):
                        pass
                except Paused:
                    self._keep(bytes_done=part.checkpoint())
                    raise
                size = part.finish()
        except OSError as error:
            if error.errno in NO_ROOM:
                raise self._stopped("no_space") from None
            raise
        self._keep(bytes_done=size, furthest=size, next_try_at=None)

    def _attempted(self, part: ObjectAppender) -> bool:
        """One request, and what comes of it; False to go on with another."""
        try:
            self._request(part)
        except Changed:
            self._begin_anew(part)
        except Cut:
            self._cut(part)
        except Unanswered:
            self._pass(part, self._journey.stopped("provider_down"))
        except Stop as reason:
            if (other := self._journey.falls_over(self.state, reason)) is not None:
                self._keep(route=other, fell_over=True)
                self._conduct.tell(self._journey.told(reason))
            elif reason.problem.code not in PASSING:
                raise
            else:
                self._pass(part, reason)
        else:
            return True
        return False

    def _request(self, part: ObjectAppender) -> None:
        self._before = self.state.furthest
        self.look()
        if self.state.look_again:
            self._look_again()
        if part.position and not self.state.ranges:
            part.truncate(0)
        self.require_room(part.position)
        start = part.position
        if self.state.expected_size is not None and start >= self.state.expected_size:
            if start > self.state.expected_size:
                raise Changed
            self._confirm()
            return
        route = self._journey.route(self.state)
        with route.open(self._journey.link, self.state.file, self._journey.web, start) as answer:
            self._receive(answer, start, part)
        expected = self.state.expected_size
        if expected is not None and part.position < expected:
            raise Cut
        self._confirm()

    def _receive(self, answer: Answer, start: int, part: ObjectAppender) -> None:
        route = self._journey.route(self.state)
        try:
            if answer.status not in (200, 206) and not (answer.status == 416 and start):
                raise NotTheFile
            verdict = accepted(answer, self.state, start, route, self._settings)
        except NotTheFile:
            raise self._journey.refused(route, answer) from None
        known = (verdict.expected_size or 0) + self._shelf.here()
        if known > self._settings.max_bytes:
            raise too_big(known, self._settings.max_bytes)
        told = verdict.validator if verdict.validator.value else self.state.validator
        self.state = replace(
            self.state,
            expected_size=verdict.expected_size,
            validator_kind=told.kind,
            validator_value=told.value,
            checksums={**route.checksums(answer), **self.state.checksums},
            limited=0,
            waits=0,
        )
        if verdict.has_body:
            Receiving(self, self._conduct, self._settings, part).receive(answer)

    def checkpoint(self, part: ObjectAppender) -> None:
        """What was received is durable from here on."""
        durable = part.checkpoint()
        self._keep(bytes_done=durable, furthest=max(self.state.furthest, part.position))
        self.require_room(part.position)

    def require_room(self, done: int) -> None:
        """Refuses to go on where the disk would not hold the whole export and what is made of it."""
        free = self._objects.free_space()
        expected = (self.state.expected_size or 0) + self._shelf.beside
        needed = self._settings.disk_factor * expected - done - self._shelf.here()
        if free is not None and free < (needed if expected else 2 * self._settings.checkpoint_bytes):
            raise self._stopped("no_space")

    def too_big(self) -> Exception:
        return too_big(None, self._settings.max_unsized_bytes)

    def _confirm(self) -> None:
        """Asks a provider that can say so whether the file is still the one that was read."""
        route = self._journey.route(self.state)
        if not route.confirms:
            return
        now = route.file(self._journey.link, self.state.file, self._journey.web)
        if now is None or now.differs_from(self.state.file):
            raise Changed

    def _begin_anew(self, part: ObjectAppender) -> None:
        part.truncate(0)
        if self.state.restarts:
            self._keep(bytes_done=0)
            raise self._stopped("file_changed")
        log.info("download begins anew provider=%s link=%s", self.state.provider, self._journey.link.fingerprint)
        self._keep(bytes_done=0, furthest=0, restarts=self.state.restarts + 1, look_again=True)

    def _look_again(self) -> None:
        """What the provider says of the file now, after it was not what it had been."""
        now = self._journey.route(self.state).file(self._journey.link, self.state.file, self._journey.web)
        if now is None:
            raise self._stopped("file_changed")
        fresh = FileState.of(now, self.state.provider, self.state.key, self.state.started_at)
        self._keep(
            expected_size=fresh.expected_size,
            validator_kind=fresh.validator_kind,
            validator_value=fresh.validator_value,
            ranges=fresh.ranges,
            checksums=fresh.checksums,
            look_again=False,
        )

    def _cut(self, part: ObjectAppender) -> None:
        gained = part.position - self._before >= PROGRESS
        attempts = 0 if gained else self.state.attempts + 1
        self._keep(
            bytes_done=part.checkpoint(),
            furthest=max(self.state.furthest, part.position),
            attempts=attempts,
            last_problem="download_incomplete",
        )
        log.info("download cut provider=%s link=%s", self.state.provider, self._journey.link.fingerprint)
        if attempts >= self._settings.attempts:
            self._keep(attempts=0)
            raise self._stopped("download_incomplete")
        self._wait(backoff(max(1, attempts), self._settings.backoff_first, self._settings.backoff_max))

    def _pass(self, part: ObjectAppender, reason: Stop) -> None:
        """A trouble of the provider's: waited out while patience lasts, else the run ends with a time to come back."""
        attempts = self.state.attempts + 1
        trouble = self._journey.weighed(reason, attempts, self.state.limited, self.state.waits)
        over = attempts >= self._settings.attempts or trouble.wait > self._conduct.patience
        at = self._conduct.clock.now() + trouble.wait
        self._keep(
            bytes_done=part.checkpoint(),
            attempts=0 if over else attempts,
            limited=trouble.limited,
            waits=trouble.waits,
            last_problem=trouble.code,
            next_try_at=at,
        )
        if over:
            raise self._journey.stopped(trouble.code, trouble.wait, time=as_time(at))
        self._conduct.patience -= trouble.wait
        self._wait(trouble.wait)

    def _wait(self, seconds: float) -> None:
        self._conduct.wait(seconds, self.look)

    def _prove(self) -> None:
        key, size = self.state.key, self._objects.size(self.state.key)
        try:
            if self.state.expected_size is None:
                complete_zip(self._objects, self._shelf.data_key, key)
            elif size != self.state.expected_size:
                raise Cut
            digest = proven(self._objects, self._shelf.data_key, self.state, self.look)
        except Cut:
            self._objects.delete(key)
            attempts = self.state.attempts + 1
            over = attempts >= self._settings.attempts
            self._keep(bytes_done=0, attempts=0 if over else attempts, last_problem="download_incomplete")
            if over:
                raise self._stopped("download_incomplete") from None
            self._wait(backoff(attempts, self._settings.backoff_first, self._settings.backoff_max))
        except Mismatch:
            self._objects.delete(key)
            self._keep(bytes_done=0, furthest=0, mismatches=self.state.mismatches + 1)
            if self.state.mismatches > 1:
                raise self._stopped("checksum_mismatch") from None
        else:
            self._keep(sha256=digest, size=size, bytes_done=size, last_problem="", next_try_at=None)
            log.info("download done provider=%s link=%s", self.state.provider, self._journey.link.fingerprint)

    def _keep(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._conduct.save(self.state)

    def _stopped(self, code: str) -> Stop:
        expected = (self.state.expected_size or 0) + self._shelf.beside
        size = readable(int(self._settings.disk_factor * expected))
        return self._journey.stopped(code, name=self.state.path, size=size)
