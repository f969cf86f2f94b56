"""Downloads one file of a link straight into encrypted storage, whatever the provider and the network do meanwhile.

It survives cuts, restarts of the process and changes of mind; it never mixes two versions of a file, and never takes a
web page for one. Memory stays constant, and the state it saves is always behind what is durable.
"""

import hashlib
import logging
import re
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import google_crc32c

from app.errors import Stop
from app.links.answer import Answer
from app.links.checkpoint import FileState
from app.links.clock import as_time, backoff
from app.links.download_observer import Conduct, Paused
from app.links.kinds import first_kind
from app.links.network_errors import Cut, Unanswered
from app.links.problems import PASSING, telling
from app.links.provider_session import Journey
from app.links.response_checks import Changed, NotTheFile, accepted, readable, too_big
from app.links.settings import LinkSettings
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


# The last step of a download: the whole file is read again, and what it should be is compared with what it is.

CHECKSUM_PIECE = 1024 * 1024
END_RECORD = b"PK\x05\x06"
LONGEST_END = 22 + 65_535


class Mismatch(Exception):
    """The file differs from the fingerprint that its provider gives."""


def proven(objects: Objects, data_key: bytes, state: FileState, look: Callable[[], None]) -> str:
    """The file's sha256; Mismatch or Cut when it is not what it should be."""
    algorithms = [a for a in state.checksums if a in SUMS]
    sums = {a: SUMS[a]() for a in {*algorithms, "sha256"}}
    with objects.reader(state.key, data_key) as file, ThreadPoolExecutor(1, "proof") as ahead:
        following = ahead.submit(
            file.read, CHECKSUM_PIECE
        )  # opened by one thread while another sums up what came before
        while piece := following.result():
            following = ahead.submit(file.read, CHECKSUM_PIECE)
            look()
            for each in sums.values():
                each.update(piece)
    if any(sums[a].hexdigest() != state.checksums[a].lower() for a in algorithms):
        raise Mismatch
    return sums["sha256"].hexdigest()


def complete_zip(objects: Objects, data_key: bytes, key: str) -> None:
    """A zip that came without a length must end like one; otherwise its end is missing."""
    size = objects.size(key)
    with objects.reader(key, data_key) as file:
        if first_kind(file.read(1024)) != "zip":
            return
        file.seek(max(0, size - LONGEST_END))
        tail = file.read()
    for found in re.finditer(re.escape(END_RECORD), tail):
        comment = int.from_bytes(tail[found.start() + 20 : found.start() + 22], "little")
        if found.start() + 22 + comment == len(tail):
            return
    raise Cut


# The fingerprints that providers give for a file, each computed while it is read once: as hex, in small letters.

BLOCK = 4 * 1024**2
ROUND = 160  # bytes after which QuickXorHash comes back to the same bit
BITS = 160
SHIFT = 11


class Sum(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class DropboxHash:
    """Dropbox's content hash: the sha256 of the sha256 digests of each 4 MiB."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._block = hashlib.sha256()
        self._filled = 0

    def update(self, data: bytes, /) -> None:
        view = memoryview(data)
        while view:
            taken = min(len(view), BLOCK - self._filled)
            self._block.update(view[:taken])
            self._filled += taken
            view = view[taken:]
            if self._filled == BLOCK:
                self._close()

    def _close(self) -> None:
        self._whole.update(self._block.digest())
        self._block, self._filled = hashlib.sha256(), 0

    def hexdigest(self) -> str:
        whole = self._whole.copy()
        if self._filled:
            whole.update(self._block.digest())
        return whole.hexdigest()


class QuickXor:
    """Microsoft's QuickXorHash: every byte is put over the hash 11 bits further on, around and around, and the length
    over its end. Bytes that are a round apart meet at the same bit, so whole rounds are put over each other first."""

    def __init__(self) -> None:
        self._rounds = 0
        self._rest = b""
        self._length = 0

    def update(self, data: bytes, /) -> None:
        self._length += len(data)
        data = self._rest + data
        whole = len(data) // ROUND * ROUND
        self._rest = data[whole:]
        self._rounds ^= _folded(data[:whole])

    def hexdigest(self) -> str:
        last = self._rounds ^ int.from_bytes(self._rest, "little")
        value = 0
        for place, byte in enumerate(last.to_bytes(ROUND, "little")):
            at = place * SHIFT % BITS
            value ^= byte << at
        value = (value ^ value >> BITS) & ((1 << BITS) - 1)
        value ^= self._length << (BITS - 64)
        return (value & ((1 << BITS) - 1)).to_bytes(BITS // 8, "little").hex()


class Cyclic:
    """A sum of 32 bits; `onward` goes on from the sum of what came before."""

    def __init__(self, onward: Callable[[int, bytes], int]) -> None:
        self._onward, self._sum = onward, 0

    def update(self, data: bytes, /) -> None:
        self._sum = self._onward(self._sum, data)

    def hexdigest(self) -> str:
        return f"{self._sum:08x}"


def _folded(data: bytes) -> int:
    """Whole rounds, put over each other: halves of a long number first, so that it is fast."""
    count = len(data) // ROUND
    value = int.from_bytes(data, "little")
    while count > 1:
        half = (count + 1) // 2
        bits = half * ROUND * 8
        value = (value & ((1 << bits) - 1)) ^ (value >> bits)
        count = half
    return value


SUMS: Mapping[str, Callable[[], Sum]] = {
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "crc32": lambda: Cyclic(lambda before, data: zlib.crc32(data, before)),
    "crc32c": lambda: Cyclic(google_crc32c.extend),
    "dropbox": DropboxHash,
    "quickxor": QuickXor,
}


# Takes the bytes of one answer: counts them, keeps them, makes them durable now and then, and notices a drip.

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
