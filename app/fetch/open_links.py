"""After a move, whether the share link still opens: the clinic is asked to close it, and told when it is closed.

A link that is closed is forgotten here as well. The link itself is never shown, and nothing is downloaded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.db import now
from app.fetch.link_inspections import inspect_for
from app.migration.exports import link_of
from app.migration.models import Export, Migration
from app.migration.states import State
from app.worker.runtime import Runtime

EVERY = timedelta(days=1)
AT_ONCE = 5  # a provider may take a minute to answer, and mail waits meanwhile
CLOSED = frozenset({"link_private", "link_gone", "link_private_or_gone", "link_expired", "link_policy"})
LOCKED = frozenset({"link_password", "link_password_wrong"})
OPEN, SHUT, UNKNOWN = "open", "closed", "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last look said (open, closed, unknown), and when that was; nothing where nobody has looked."""

    words: str
    at: datetime | None


def standing_of(export: Export | None) -> Standing:
    told = (export.fetch_state or {}).get("link_now") if export else None
    return Standing(told["is"], datetime.fromisoformat(told["at"])) if told else Standing(UNKNOWN, None)


def look_again(runtime: Runtime, migration: Migration) -> None:
    """Asks the provider, and writes down what it says. A link that it no longer opens is forgotten."""
    with runtime.ledger.read() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
    link = link_of(export, runtime.link_key(migration)) if migration.wrapped_key else None
    if link is None:
        return
    found = inspect_for(runtime, migration, link)
    code = found.problem.code if found.problem else None
    said = OPEN if code is None or code in LOCKED else SHUT if code in CLOSED else UNKNOWN
    with runtime.ledger.write() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
        export.fetch_state = {**export.fetch_state, "link_now": {"is": said, "at": now().isoformat()}}
        if said == SHUT:
            export.sealed_link = None
        session.add(export)


def look_at_open_links(runtime: Runtime) -> None:
    """Once a day, each link of a finished move that is not known to be closed; some of them in each turn."""
    with runtime.ledger.read() as session:
        due = [migration for migration, export in finished(session) if is_due(export)]
    for migration in due[:AT_ONCE]:
        look_again(runtime, migration)


def finished(session: Session) -> list[tuple[Migration, Export]]:
    found = (
        select(Migration, Export)
        .join(Export, col(Export.migration_id) == Migration.id)
        .where(
            Migration.state == State.FINALISED.value,
            Migration.wrapped_key != "",
            Export.number == Migration.export_number,
            col(Export.sealed_link).is_not(None),
        )
    )
    return list(session.exec(found).all())


def is_due(export: Export) -> bool:
    last = standing_of(export).at
    return last is None or last < now() - EVERY
