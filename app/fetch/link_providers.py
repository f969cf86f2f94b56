"""The providers of share links for operators: credentials, routes, and the last check with real links."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, select

from app.db import now
from app.links.link_settings import LinkSettings
from app.links.provider_registry import PROVIDERS
from app.migration.models import Export, LinkedFile, ProviderCheck

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider, for the support page.

    `credentials` are settings by name, and whether each is set. `routes` are the available routes, best first; without
    a route the provider's links are refused. `last_code` is None where the last check succeeded. `verified_at` is the
    last successful check, None for never. `bytes_today` are the bytes of the last 24 hours.
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


def load_provider_lines(session: Session, settings: LinkSettings) -> list[ProviderLine]:
    """Every provider, in the order of the registry."""
    received = count_bytes_of_day(session)
    return [_build_line(session, settings, provider.name, received[provider.name]) for provider in PROVIDERS]


def count_bytes_of_day(session: Session, at: datetime | None = None) -> Counter[str]:
    """The bytes of the last 24 hours by provider, because some providers limit the bytes of a day."""
    mine = and_(col(Export.migration_id) == LinkedFile.migration_id, col(Export.number) == LinkedFile.export_number)
    since = (at or now()) - DAY
    query = select(LinkedFile.state, LinkedFile.bytes_done).join(Export, mine).where(col(Export.received_at) > since)
    received: Counter[str] = Counter()
    for state, done in session.exec(query).yield_per(2000):
        received[str(state.get("provider", ""))] += done
    return received


def _build_line(session: Session, settings: LinkSettings, name: str, received: int) -> ProviderLine:
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
        bytes_today=received,
    )


def record_check(session: Session, provider: str, code: str | None) -> None:
    """Records the check of a real link. Only a check without a problem updates `verified_at`."""
    check = session.get(ProviderCheck, provider) or ProviderCheck(provider=provider)
    check.checked_at, check.code = now(), code
    if code is None:
        check.verified_at = check.checked_at
    session.add(check)
