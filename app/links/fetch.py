"""The door of this room: what a pasted link leads to, and everything behind it brought into encrypted storage."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.clock import backoff
from app.links.conduct import Conduct, Interruption, Paused
from app.links.cuts import Cut, Unanswered
from app.links.engine import Download
from app.links.guard import Watch
from app.links.judging import too_big
from app.links.link import Link
from app.links.normalise import normalise
from app.links.problems import PASSING, stop, telling
from app.links.provider import Found, Provider
from app.links.providers import provider_of
from app.links.settings import LinkSettings
from app.links.web import Web
from app.storage.objects import Objects

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One file of the export, in storage under `key`; `path` is the provider's, for display only."""

    path: str
    key: str
    size: int
    sha256: str


def probe(link: str, settings: LinkSettings, *, conduct: Conduct | None = None, watch: Watch | None = None) -> Found:
    """What the link leads to, without downloading it; a link that cannot be used is a Stop that says why."""
    conduct = conduct or Conduct(patience=0)
    with _even_refusals(conduct, settings):
        tidy = normalise(link)
        with _visit(tidy, settings, conduct, watch) as (provider, web):
            return _probed(tidy, provider, web, conduct)


def fetch(
    link: str,
    settings: LinkSettings,
    objects: Objects,
    data_key: bytes,
    prefix: str,
    *,
    states: Sequence[FileState] = (),
    conduct: Conduct | None = None,
    watch: Watch | None = None,
) -> list[FetchedFile]:
    """Everything behind the link, under `prefix/0001` and so on; `states` are those saved by an earlier run."""
    conduct = conduct or Conduct()
    with _even_refusals(conduct, settings):
        tidy = normalise(link)
        with _visit(tidy, settings, conduct, watch) as (provider, web):
            return _fetched(tidy, provider, web, objects, data_key, prefix, states, conduct)


def _fetched(
    tidy: Link,
    provider: Provider,
    web: Web,
    objects: Objects,
    data_key: bytes,
    prefix: str,
    states: Sequence[FileState],
    conduct: Conduct,
) -> list[FetchedFile]:
    if not states:
        found = _probed(tidy, provider, web, conduct)
        now = conduct.clock.now()
        states = [
            FileState.of(file, provider.name, f"{prefix}/{number:04}", now)
            for number, file in enumerate(found.files, 1)
        ]
        for state in states:
            objects.delete(state.key)  # of an earlier link, if anything
            conduct.save(state)
    log.info("fetching provider=%s link=%s files=%d", provider.name, tidy.fingerprint, len(states))
    try:
        done = [Download(tidy, provider, web, objects, data_key, state, conduct).run() for state in states]
    except Stop as reason:
        if reason.problem.code == "download_cancelled":
            for state in states:
                objects.delete(state.key)
        raise
    return [FetchedFile(s.path, s.key, s.size or 0, s.sha256) for s in done]


def export_sha256(files: Sequence[FetchedFile]) -> str:
    """The sha256 of a whole export: of its one file, or of the lines `sha256  path` sorted by path."""
    if len(files) == 1:
        return files[0].sha256
    lines = "".join(f"{f.sha256}  {f.path}\n" for f in sorted(files, key=lambda f: f.path))
    return hashlib.sha256(lines.encode()).hexdigest()


@contextmanager
def _visit(link: Link, settings: LinkSettings, conduct: Conduct, watch: Watch | None) -> Iterator[tuple[Provider, Web]]:
    provider = provider_of(link)
    watch = replace(watch or Watch(), waiting=lambda: _heard(conduct))
    web = Web(
        settings,
        lambda host: provider.allows(host, settings),
        unknown_name=provider.unknown_name,
        watch=watch,
        clock=conduct.clock,
    )
    with web, telling(provider=provider.label(link)):
        yield provider, web


def _probed(link: Link, provider: Provider, web: Web, conduct: Conduct) -> Found:
    """The provider's answer; its passing troubles are waited out while patience lasts."""
    attempt = 0
    while True:
        _heard(conduct)
        try:
            found = provider.probe(link, web)
        except (Unanswered, Cut):
            reason = stop("provider_down", provider=provider.label(link))
        except Stop as told:
            if told.problem.code not in PASSING:
                raise
            reason = told
        else:
            if sum(file.size or 0 for file in found.files) > web.settings.max_bytes:
                raise too_big(sum(file.size or 0 for file in found.files), web.settings.max_bytes)
            return found
        attempt += 1
        wait = reason.retry_after
        if wait is None:
            wait = backoff(attempt, web.settings.backoff_first, web.settings.backoff_max)
        if attempt >= web.settings.attempts or wait > conduct.patience:
            raise reason
        conduct.patience -= wait
        conduct.wait(wait, lambda: _heard(conduct))


def _heard(conduct: Conduct) -> None:
    asked = conduct.should_stop()
    if asked is Interruption.CANCEL:
        raise stop("download_cancelled")
    if asked is Interruption.PAUSE:
        raise Paused


@contextmanager
def _even_refusals(conduct: Conduct, settings: LinkSettings) -> Iterator[None]:
    """Refused addresses all take the same time, so that none tells what stands behind it."""
    clock = conduct.clock
    began = clock.monotonic()
    try:
        yield
    except Stop as reason:
        if reason.problem.code in ("unsafe_address", "link_not_recognised"):
            clock.sleep(max(0.0, settings.refusal_seconds - (clock.monotonic() - began)))
        raise
