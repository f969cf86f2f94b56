"""Inspects a share link before the hand-over: the contents behind the link, and the problem that prevents an import.

    findings = inspect(link, settings, objects=storage, slots=slots)
    findings.problem          None, or the problem of the link
    findings.password_needed  the page shows the password box and inspects again with the typed password

`inspect` sends requests to the provider and downloads nothing. A faulty link never raises: the fault is a problem in
the findings. A large folder is listed to its end. An observer with `should_stop` ends the inspection earlier.
Findings are not cached: `fetch` inspects again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.errors import Stop
from app.links.connection_slots import SlotsByProvider
from app.links.download_observer import DownloadObserver, Paused
from app.links.guard import TrafficObserver
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import LinkContents
from app.links.provider_registry import provider_of
from app.links.provider_session import level_refusal_time, open_session
from app.links.response_checks import format_size
from app.links.share_link import ShareLink
from app.problems import Problem
from app.storage.objects import Objects

USUAL_SPEED = 5_000_000.0  # bytes a second, before anything has been measured
ASK_FOR_PASSWORD = {"link_password", "link_password_wrong"}


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of an inspection. Sizes are bytes, times seconds since 1970. Unknown values are None or empty.

    `first_kind` is the kind of the first file (zip, text, 7z) by its first bytes. `folder`: the link shares a folder.
    `seconds` is the estimated length of the download, `runs_out` warns that the link may expire before its end.
    `needed` is the storage that the import needs, `free` the storage that is free. `best_effort`: the provider does not
    document links of this kind. `retryable`: the problem is temporary and ends at `retry_at`, where a time is known.
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
        """Whether the link can be handed over: without a problem, or with a temporary problem."""
        return self.problem is None or self.retryable


def inspect(
    link: ShareLink,
    settings: LinkSettings,
    *,
    objects: Objects | None = None,
    observer: DownloadObserver | None = None,
    traffic: TrafficObserver | None = None,
    slots: SlotsByProvider | None = None,
    bytes_per_second: float = USUAL_SPEED,
) -> Findings:
    """Inspects a link. `objects` is the storage whose free space is compared with the size of the export."""
    observer = observer or DownloadObserver(patience=0)
    known = Findings()
    reported: list[Problem] = []
    report, observer.report = observer.report, reported.append
    try:
        with level_refusal_time(observer, settings):
            known = _build_findings(link)
            with open_session(link, settings, observer, traffic, slots) as session:
                contents, route = session.probe(observer)
                best_effort = next(r.best_effort for r in session.provider.routes(settings) if r.name == route)
                contents = replace(contents, best_effort=best_effort, warnings=(*contents.warnings, *reported))
        return _with_contents(known, contents, settings, objects, observer.clock.now(), bytes_per_second)
    except Paused:
        return replace(known, problem=Problem("provider_down", details={"provider": known.label}), retryable=True)
    except Stop as reason:
        return _with_problem(known, reason, observer.clock.now())
    finally:
        observer.report = report


def _build_findings(link: ShareLink) -> Findings:
    provider = provider_of(link)
    return Findings(provider=provider.name, label=provider.label(link), upgraded=link.upgraded)


def _with_contents(
    known: Findings,
    contents: LinkContents,
    settings: LinkSettings,
    objects: Objects | None,
    now: float,
    bytes_per_second: float,
) -> Findings:
    size = contents.size
    free = objects.free_space() if objects else None
    needed = int(settings.disk_factor * size) if size is not None else None
    seconds = size / bytes_per_second if size is not None else None
    problem = None
    if needed is not None and free is not None and free < needed:
        problem = stop("no_space", provider=known.label, name=contents.name, size=format_size(needed)).problem
    return replace(
        known,
        name=contents.name,
        folder=contents.folder,
        files=len(contents.files),
        size=size,
        first_kind=contents.first_kind,
        expires_at=contents.expires_at,
        seconds=seconds,
        runs_out=contents.expires_at is not None and contents.expires_at < now + (seconds or 0.0),
        needed=needed,
        free=free,
        best_effort=contents.best_effort,
        problem=problem,
        retryable=problem is not None,
        warnings=contents.warnings,
    )


def _with_problem(known: Findings, reason: Stop, now: float) -> Findings:
    code = reason.problem.code
    return replace(
        known,
        problem=reason.problem,
        retryable=reason.retryable,
        retry_at=None if reason.retry_after is None else now + reason.retry_after,
        password_needed=code in ASK_FOR_PASSWORD,
    )
