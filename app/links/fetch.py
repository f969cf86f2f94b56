"""Everything behind a link is brought into encrypted storage: one file, or a folder's files."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.conduct import Conduct
from app.links.cuts import Cut, Unanswered
from app.links.guard import Watch
from app.links.journey import Journey, Places, even_refusals, travelling
from app.links.judging import readable
from app.links.normalise import normalise
from app.links.provider import Found, RemoteFile, numbered
from app.links.settings import LinkSettings
from app.links.together import Together, Visit
from app.problems import Problem
from app.storage.objects import Objects

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
