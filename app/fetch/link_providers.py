"""What operators know of the providers of share links: which have credentials, and when real links were last tried."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, select

from app.db import now
from app.links import LinkSettings
from app.links.providers import PROVIDERS
from app.migration.models import Export, LinkedFile, ProviderCheck

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider, for the support page.

    `credentials` are settings by name, and whether each is set. `routes` are the ways that can be gone now, the best
    first; none means that its links are recognised and refused. `last_code` is None where the last real link was fine;
    `verified_at` is when our help for this provider was last borne out by real links, None for never. `bytes_today`
    came over the links of the last 24 hours.
    """

    name: str
    label: str
    credentials: Mapping[str, bool]
    routes: tuple[str, ...]
    best_effort: bool
    checked_at: datetime | None
    last_code: str | None
    verified_at: datetime | None
    bytes_today: int


def provider_lines(session: Session, settings: LinkSettings) -> list[ProviderLine]:
    """Every provider, in the order in which links are recognised."""
    taken = bytes_of_a_day(session)
    return [_line(session, settings, provider.name, taken[provider.name]) for provider in PROVIDERS]


def bytes_of_a_day(session: Session, at: datetime | None = None) -> Counter[str]:
    """How much each provider has given for the links of the last 24 hours: some have a limit on that."""
    mine = and_(col(Export.migration_id) == LinkedFile.migration_id, col(Export.number) == LinkedFile.export_number)
    since = (at or now()) - DAY
    found = select(LinkedFile.state, LinkedFile.bytes_done).join(Export, mine).where(col(Export.received_at) > since)
    taken: Counter[str] = Counter()
    for state, done in session.exec(found).yield_per(2000):
        taken[str(state.get("provider", ""))] += done
    return taken


def _line(session: Session, settings: LinkSettings, name: str, taken: int) -> ProviderLine:
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
        bytes_today=taken,
    )


def note_check(session: Session, provider: str, code: str | None) -> None:
    """Writes down how a real link of a provider fared; only one that works verifies anything."""
    check = session.get(ProviderCheck, provider) or ProviderCheck(provider=provider)
    check.checked_at, check.code = now(), code
    if code is None:
        check.verified_at = check.checked_at
    session.add(check)
