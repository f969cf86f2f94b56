"""What every provider of share links can do for us; one file in `providers/` each, all of one shape.

A provider knows its links by sight and names the routes to what is behind them: with the operator's credential, or
without one as a browser would go. A route does the asking. A new provider is one file, one data file beside it for
what may change, one line in `providers/__init__.py`, and one case in `tests/links/providers/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from app.links.answer import Answer, display_name
from app.links.failures import Landings
from app.links.link import Link
from app.links.settings import LinkSettings
from app.links.web import Web
from app.problems import Problem


@dataclass(frozen=True, slots=True)
class Validator:
    """What proves that a file is still the same one: its kind (etag, last_modified, rev, ...) and value."""

    kind: str = ""
    value: str = ""

    @property
    def if_range(self) -> str | None:
        """Only a strong validator may guard a range; a weak one is compared by us."""
        usable = self.kind in ("etag", "last_modified") and self.value and not self.value.startswith("W/")
        return self.value if usable else None


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file behind a link: the provider's id and path for it, and what it says of it.

    `item` opens the file for whoever has it, so it is as secret as the link. `page` says that the file itself is HTML.
    """

    item: str = field(repr=False)
    path: str
    size: int | None
    validator: Validator = field(default_factory=Validator)
    ranges: bool = True
    checksums: Mapping[str, str] = field(default_factory=dict)
    page: bool = False

    def differs_from(self, before: Self) -> bool:
        """Whether the provider tells of another version than it did before."""
        told = self.size is not None and before.size is not None
        return (told and self.size != before.size) or self.validator != before.validator or self._sums_differ(before)

    def _sums_differ(self, before: Self) -> bool:
        both = self.checksums.keys() & before.checksums.keys()
        return any(self.checksums[name] != before.checksums[name] for name in both)


@dataclass(frozen=True, slots=True)
class Found:
    """What a link leads to, before anything is downloaded. Times are seconds since 1970."""

    provider: str
    label: str
    name: str
    size: int | None
    expires_at: float | None
    first_kind: str
    files: Sequence[RemoteFile]
    upgraded: bool = False
    folder: bool = False
    best_effort: bool = False
    warnings: Sequence[Problem] = ()

    @classmethod
    def of(
        cls,
        provider: "Provider",
        link: Link,
        name: str,
        files: Sequence[RemoteFile],
        *,
        first_kind: str = "",
        expires_at: float | None = None,
        folder: bool = False,
        warnings: Sequence[Problem] = (),
    ) -> Self:
        """What a provider tells. The whole size is known where that of each file is."""
        known = [file.size for file in files if file.size is not None]
        return cls(
            provider=provider.name,
            label=provider.label(link),
            name=display_name(name) or "export",
            size=sum(known) if len(known) == len(files) else None,
            expires_at=expires_at,
            first_kind=first_kind,
            files=files,
            upgraded=link.upgraded,
            folder=folder,
            warnings=warnings,
        )

    def may_run_out(self, now: float, bytes_per_second: float = 5_000_000.0) -> bool:
        """Whether the link ends before a download at this speed would."""
        return self.expires_at is not None and self.expires_at < now + (self.size or 0) / bytes_per_second


@dataclass(frozen=True, slots=True)
class Manners:
    """How a provider holds people off: after how many requests to slow down in a row we are taken to be blocked, and
    how many seconds a file that was opened too often is left alone, at first and at most."""

    blocked_after: int | None = None
    quota_seconds: float = 6 * 3600.0
    quota_longest: float = 24 * 3600.0


class Route(Protocol):
    """One way to ask a provider for what is behind a link."""

    @property
    def name(self) -> str:
        """For logs and the ledger: api, page."""

    @property
    def confirms(self) -> bool:
        """Whether the provider is asked again after the last byte if the file is still the same."""

    @property
    def best_effort(self) -> bool:
        """Whether nobody has promised that this route stays as it is."""

    def probe(self, link: Link, web: Web) -> Found:
        """Looks at the link without downloading; a link that cannot be used is a Stop."""

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        """Every file behind the link, in order."""

    def file(self, link: Link, file: RemoteFile, web: Web) -> RemoteFile | None:
        """The same file as the provider tells of it now; None when it is no longer there."""

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        """The file's bytes from `start`, by requests that begin at the share link. The caller closes the answer."""

    def validator(self, answer: Answer) -> Validator:
        """What an answer says of the file's version."""

    def checksums(self, answer: Answer) -> Mapping[str, str]:
        """Fingerprints of the whole file that an answer with its bytes brings along."""

    def problem(self, answer: Answer) -> str:
        """The code for an answer that is not the file; reads its body."""

    def trusts(self, answer: Answer) -> bool:
        """Whether an answer with good status, and no page, is the file."""


class Provider(Protocol):
    """A place that clinics share files from."""

    @property
    def name(self) -> str:
        """For logs and the ledger: google_drive."""

    @property
    def unknown_name(self) -> str:
        """The problem when a host's name does not resolve: `provider_down` where the host is certainly theirs."""

    @property
    def landings(self) -> Landings:
        """What a redirect to a sign-in page and the like means; such a page is never requested."""

    @property
    def manners(self) -> Manners: ...

    @property
    def words(self) -> str:
        """For people, of the provider in general."""

    def label(self, link: Link) -> str:
        """For people, inside a sentence: Google Drive."""

    def recognise(self, link: Link) -> bool:
        """Whether this link is of this provider, by its host alone."""

    def allows(self, host: str, settings: LinkSettings) -> bool:
        """Whether requests may go to this host, redirects and content hosts included."""

    def check(self, link: Link, settings: LinkSettings) -> None:
        """Refuses by a Stop, without any request, what is no share link or is not switched on here."""

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        """The settings of this provider that an operator may make, and whether each is set."""

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        """The ways to go, the best one first; never empty."""


def numbered(files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The files with paths that differ: equal ones get ` (2)` before their ending, and so on."""
    taken: set[str] = set()
    made = []
    for file in files:
        path, number = file.path, 1
        while path in taken:
            number += 1
            stem, dot, ending = file.path.rpartition(".")
            path = f"{stem} ({number}).{ending}" if dot and "/" not in ending else f"{file.path} ({number})"
        taken.add(path)
        made.append(replace(file, path=path))
    return made
