"""What every provider of share links can do for us; one file in `providers/` each.

A new provider is one file, one data file beside it for what may change, and one line in `providers/__init__.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.links.answer import Answer
from app.links.link import Link
from app.links.settings import LinkSettings
from app.links.web import Web


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
    """One file behind a link: the provider's id and path for it, and what it says of it."""

    item: str
    path: str
    size: int | None
    validator: Validator = field(default_factory=Validator)
    ranges: bool = True
    checksums: Mapping[str, str] = field(default_factory=dict)


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

    def may_run_out(self, now: float, bytes_per_second: float = 5_000_000.0) -> bool:
        """Whether the link ends before a download at this speed would."""
        return self.expires_at is not None and self.expires_at < now + (self.size or 0) / bytes_per_second


class Provider(Protocol):
    """A place that clinics share files from."""

    @property
    def name(self) -> str:
        """For logs and the ledger: google_drive."""

    @property
    def unknown_name(self) -> str:
        """The problem when a host's name does not resolve: `provider_down` where the host is certainly theirs."""

    def label(self, link: Link) -> str:
        """For people, inside a sentence: Google Drive."""

    def recognise(self, link: Link) -> bool:
        """Whether this link is of this provider, by its host alone."""

    def allows(self, host: str, settings: LinkSettings) -> bool:
        """Whether requests may go to this host, redirects and content hosts included."""

    def probe(self, link: Link, web: Web) -> Found:
        """Looks at the link without downloading; a link that cannot be used is a Stop."""

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        """Every file behind the link, in order."""

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        """The file's bytes from `start`, by requests that begin at the share link. The caller closes the answer."""

    def validator(self, answer: Answer) -> Validator:
        """What an answer says of the file's version."""

    def problem(self, answer: Answer) -> str:
        """The code for an answer that is not the file; reads its body."""

    def trusts(self, answer: Answer) -> bool:
        """Whether an answer with good status, and no page, is the file."""
