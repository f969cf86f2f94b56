"""The interface of providers of share links, and of the routes to the files behind a link.

A provider recognises its links by host and lists its routes: with the operator's credential, or without a credential
like a browser. A route sends the requests. `app.links.provider_folder` lists what a new provider's folder must hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from app.links.failure_tables import AddressRules
from app.links.link_settings import LinkSettings
from app.links.response import ProviderResponse, display_name
from app.links.share_link import ShareLink
from app.links.web_client import WebClient
from app.problems import Problem


@dataclass(frozen=True, slots=True)
class Validator:
    """The version of a file: the kind of the value (etag, last_modified, rev, ...) and the value."""

    kind: str = ""
    value: str = ""

    @property
    def if_range(self) -> str | None:
        """The value for an If-Range header. None for a weak validator, which is compared after the response."""
        usable = self.kind in ("etag", "last_modified") and self.value and not self.value.startswith("W/")
        return self.value if usable else None


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file behind a link, as the provider describes the file.

    `item` is the provider's id, which opens the file and is as secret as the link. `page`: the file itself is HTML.
    """

    item: str = field(repr=False)
    path: str
    size: int | None
    validator: Validator = field(default_factory=Validator)
    ranges: bool = True
    checksums: Mapping[str, str] = field(default_factory=dict)
    page: bool = False

    def differs_from(self, before: Self) -> bool:
        """Whether the file's size, validator or checksums differ from an earlier description."""
        sized = self.size is not None and before.size is not None
        return (
            (sized and self.size != before.size) or self.validator != before.validator or self._checksums_differ(before)
        )

    def _checksums_differ(self, before: Self) -> bool:
        both = self.checksums.keys() & before.checksums.keys()
        return any(self.checksums[name] != before.checksums[name] for name in both)


@dataclass(frozen=True, slots=True)
class LinkContents:
    """The contents behind a link, before the download. `expires_at` is in seconds since 1970."""

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
    def build(
        cls,
        provider: "Provider",
        link: ShareLink,
        name: str,
        files: Sequence[RemoteFile],
        *,
        first_kind: str = "",
        expires_at: float | None = None,
        folder: bool = False,
        warnings: Sequence[Problem] = (),
    ) -> Self:
        """Builds the contents. The total size is None where the size of a file is unknown."""
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
        """Whether the link expires before a download at this speed ends."""
        return self.expires_at is not None and self.expires_at < now + (self.size or 0) / bytes_per_second


@dataclass(frozen=True, slots=True)
class RateLimitPolicy:
    """How to retry at a provider. After `blocked_after` rate limit responses in a row our server counts as blocked.

    `quota_seconds` is the first wait for a file that was opened too often, `quota_longest` the longest wait.
    """

    blocked_after: int | None = None
    quota_seconds: float = 6 * 3600.0
    quota_longest: float = 24 * 3600.0


class Route(Protocol):
    """A way to reach the files behind a link: the provider's API or web pages."""

    @property
    def name(self) -> str:
        """The name in logs and in the ledger: api, page."""

    @property
    def confirms(self) -> bool:
        """Whether the file's version is requested again after the last byte."""

    @property
    def best_effort(self) -> bool:
        """Whether the route uses undocumented behaviour, which may change."""

    def probe(self, link: ShareLink, web: WebClient) -> LinkContents:
        """The contents behind the link, without a download. Raises Stop with the problem of the link."""

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        """Every file behind the link, in order."""

    def file(self, link: ShareLink, file: RemoteFile, web: WebClient) -> RemoteFile | None:
        """The current description of a file. None for a deleted file."""

    def open(self, link: ShareLink, file: RemoteFile, web: WebClient, start: int) -> ProviderResponse:
        """The file's bytes from `start`. The requests begin at the share link. The caller closes the response."""

    def validator(self, response: ProviderResponse) -> Validator:
        """The file's version by the headers of a response."""

    def checksums(self, response: ProviderResponse) -> Mapping[str, str]:
        """Checksums of the whole file in the headers of a response, by algorithm."""

    def problem(self, response: ProviderResponse) -> str:
        """The problem code of a response that is not the file. Reads the body."""

    def trusts(self, response: ProviderResponse) -> bool:
        """Whether a successful response that is not a web page is the file."""


class Provider(Protocol):
    """A service that clinics share files from."""

    @property
    def name(self) -> str:
        """The name of the provider's folder, for logs and the ledger: google_drive."""

    @property
    def unknown_name(self) -> str:
        """The problem code where DNS does not know a host: `provider_down` for hosts of the provider itself."""

    @property
    def redirect_rules(self) -> AddressRules:
        """The problems of redirects, such as a redirect to a sign-in page. Such a page is never requested."""

    @property
    def rate_limits(self) -> RateLimitPolicy:
        """How to retry after rate limit responses."""

    @property
    def words(self) -> str:
        """The provider's name for people, as a heading."""

    def label(self, link: ShareLink) -> str:
        """The provider's name for people, inside a sentence: Google Drive."""

    def recognise(self, link: ShareLink) -> bool:
        """Whether the link belongs to this provider, by its host only."""

    def allows(self, host: str, settings: LinkSettings) -> bool:
        """Whether requests may go to a host, including hosts of redirects and of file contents."""

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        """Raises Stop for a link that is not a share link, or a provider that is switched off. Sends no request."""

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        """The provider's credentials by environment variable, and whether each is set."""

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        """The available routes, best first. Empty for a provider whose links are refused."""


def to_unique_paths(files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """The files with unique paths. The second file with a path gets ` (2)` before its ending, and so on."""
    taken: set[str] = set()
    unique = []
    for file in files:
        path, number = file.path, 1
        while path in taken:
            number += 1
            stem, dot, ending = file.path.rpartition(".")
            path = f"{stem} ({number}).{ending}" if dot and "/" not in ending else f"{file.path} ({number})"
        taken.add(path)
        unique.append(replace(file, path=path))
    return unique
