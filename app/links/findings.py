"""What a clinic is told of its link before it hands it over: what is behind it, and what would be in the way.

    findings = inspect(pasted, settings, password=typed, objects=storage, slots=slots)
    findings.problem          None, or why it cannot be used: its words, who can mend it, `retry_at`
    findings.password_needed  show the password box, and ask again with what was typed

`inspect` asks the provider and downloads nothing. It never raises for what is wrong with a link, so a page can always
show something; it takes as long as the provider does (a large folder is counted to its end), and a `Conduct` with
`should_stop` ends it earlier. What it found is not kept: `fetch` looks again.

To bring the export here, the page hands the link over (`hand_over_link(..., password=...)`) and a worker fetches it,
file by file. `downloads.download_of(...)` tells how far it is, what it waits for and until when; pausing and resuming
are the migration's own acts; `downloads.stop_download(...)` deletes what is here and goes back to the hand-over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.errors import Stop
from app.links.download_observer import Conduct, Paused
from app.links.guard import Watch
from app.links.link import Link
from app.links.normalise import normalise
from app.links.problems import stop
from app.links.provider import Found
from app.links.provider_session import Places, even_refusals, travelling
from app.links.providers import provider_of
from app.links.response_checks import readable
from app.links.settings import LinkSettings
from app.problems import Problem
from app.storage.objects import Objects

USUAL_SPEED = 5_000_000.0  # bytes a second, before anything has been measured
ASK_FOR_PASSWORD = {"link_password", "link_password_wrong"}


@dataclass(frozen=True, slots=True)
class Findings:
    """Sizes are bytes, times seconds since 1970. What is not known is None or empty.

    `first_kind` is zip, text, 7z and so on, by the first file's first bytes. `folder` says that a folder was shared.
    `seconds` is how long the download may take, `runs_out` that the link may end before it does. `needed` is the room
    that the import asks for, `free` what there is. `best_effort` says that the provider has promised nothing about
    links of this kind. `retryable` says that the problem passes by itself, at `retry_at` where a time is known.
    """

    provider: str = ""
    label: str = ""
    name: str = ""
    folder: bool = False
    files: int = 0
    size: int | None = None
    first_kind: str = ""
    expires_at: float | None = None
    seconds: float | None = None
    runs_out: bool = False
    needed: int | None = None
    free: int | None = None
    password_needed: bool = False
    best_effort: bool = False
    upgraded: bool = False
    problem: Problem | None = None
    retryable: bool = False
    retry_at: float | None = None
    warnings: Sequence[Problem] = ()

    @property
    def usable(self) -> bool:
        """Whether the link can be handed over: nothing is wrong, or only what passes by itself."""
        return self.problem is None or self.retryable


def inspect(
    link: str,
    settings: LinkSettings,
    *,
    password: str = "",
    objects: Objects | None = None,
    conduct: Conduct | None = None,
    watch: Watch | None = None,
    slots: Places | None = None,
    bytes_per_second: float = USUAL_SPEED,
) -> Findings:
    """Looks at a pasted link. `objects` is the storage that the export would lie in, `slots` gives the places for a
    provider's connections."""
    conduct = conduct or Conduct(patience=0)
    known = Findings()
    told: list[Problem] = []
    tell, conduct.tell = conduct.tell, told.append
    try:
        with even_refusals(conduct, settings):
            tidy = replace(normalise(link), password=password)
            known = _recognised(tidy)
            with travelling(tidy, settings, conduct, watch, slots) as journey:
                found, route = journey.probed(conduct)
                best_effort = next(r.best_effort for r in journey.provider.routes(settings) if r.name == route)
                found = replace(found, best_effort=best_effort, warnings=(*found.warnings, *told))
        return _judged(known, found, settings, objects, conduct.clock.now(), bytes_per_second)
    except Paused:
        return replace(known, problem=Problem("provider_down", details={"provider": known.label}), retryable=True)
    except Stop as reason:
        return _refused(known, reason, conduct.clock.now())
    finally:
        conduct.tell = tell


def _recognised(link: Link) -> Findings:
    provider = provider_of(link)
    return Findings(provider=provider.name, label=provider.label(link), upgraded=link.upgraded)


def _judged(
    known: Findings,
    found: Found,
    settings: LinkSettings,
    objects: Objects | None,
    now: float,
    bytes_per_second: float,
) -> Findings:
    size = found.size
    free = objects.free_space() if objects else None
    needed = int(settings.disk_factor * size) if size is not None else None
    seconds = size / bytes_per_second if size is not None else None
    problem = None
    if needed is not None and free is not None and free < needed:
        problem = stop("no_space", provider=known.label, name=found.name, size=readable(needed)).problem
    return replace(
        known,
        name=found.name,
        folder=found.folder,
        files=len(found.files),
        size=size,
        first_kind=found.first_kind,
        expires_at=found.expires_at,
        seconds=seconds,
        runs_out=found.expires_at is not None and found.expires_at < now + (seconds or 0.0),
        needed=needed,
        free=free,
        best_effort=found.best_effort,
        problem=problem,
        retryable=problem is not None,
        warnings=found.warnings,
    )


def _refused(known: Findings, reason: Stop, now: float) -> Findings:
    code = reason.problem.code
    return replace(
        known,
        problem=reason.problem,
        retryable=reason.retryable,
        retry_at=None if reason.retry_after is None else now + reason.retry_after,
        password_needed=code in ASK_FOR_PASSWORD,
    )
