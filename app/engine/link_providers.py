"""What operators know of the providers of share links: which have credentials, and when real links were last tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.db import now
from app.links import LinkSettings
from app.links.providers import PROVIDERS
from app.migration.models import ProviderCheck


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider, for the support page.

    `credentials` are settings by name, and whether each is set. `routes` are the ways that can be gone now, the best
    first; none means that its links are recognised and refused. `last_code` is None where the last real link was fine;
    `verified_at` is when our help for this provider was last borne out by real links, None for never.
    """

    name: str
    label: str
    credentials: Mapping[str, bool]
    routes: tuple[str, ...]
    best_effort: bool
    checked_at: datetime | None
    last_code: str | None
    verified_at: datetime | None


def provider_lines(session: Session, settings: LinkSettings) -> list[ProviderLine]:
    """Every provider, in the order in which links are recognised."""
    return [_line(session, settings, provider.name) for provider in PROVIDERS]


def _line(session: Session, settings: LinkSettings, name: str) -> ProviderLine:
    provider = next(p for p in PROVIDERS if p.name == name)
    check = session.get(ProviderCheck, name)
    routes = provider.routes(settings)
    return ProviderLine(
        name=name,
        label=provider.words,
        credentials=provider.credentials(settings),
        routes=tuple(route.name for route in routes),
        best_effort=any(route.best_effort for route in routes[:1]),
        checked_at=check.checked_at if check else None,
        last_code=check.code if check else None,
        verified_at=check.verified_at if check else None,
    )


def note_check(session: Session, provider: str, code: str | None) -> None:
    """Writes down how a real link of a provider fared; only one that works verifies anything."""
    check = session.get(ProviderCheck, provider) or ProviderCheck(provider=provider)
    check.checked_at, check.code = now(), code
    if code is None:
        check.verified_at = check.checked_at
    session.add(check)
