"""Checks daily, after a finished migration, whether the share link still opens, so that the clinic can close the link.

A closed link is deleted from the ledger. The link is never shown, and nothing is downloaded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.fetch.hand_over import handed_over_link
from app.fetch.link_inspections import inspect_in_reader
from app.links.inspection import Findings
from app.migration.models import Export, Migration
from app.migration.states import State
from app.worker.runtime import Runtime

EVERY = timedelta(days=1)
AT_ONCE = 5  # a provider may take a minute to respond, and e-mails wait meanwhile
CLOSED = frozenset({"link_private", "link_gone", "link_private_or_gone", "link_expired", "link_policy"})
LOCKED = frozenset({"link_password", "link_password_wrong"})
OPEN, SHUT, UNKNOWN = "open", "closed", "unknown"


@dataclass(frozen=True, slots=True)
class LinkAccess:
    """The result of the last check: open, closed or unknown. `at` is None before the first check."""

    words: str
    at: datetime | None


def load_link_access(export: Export | None) -> LinkAccess:
    """The result of the last check of an export's link."""
    stored = (export.fetch_state or {}).get("link_now") if export else None
    return LinkAccess(stored["is"], datetime.fromisoformat(stored["at"])) if stored else LinkAccess(UNKNOWN, None)


def recheck_link(runtime: Runtime, migration: Migration) -> None:
    """Checks the link and stores the result. A closed link is deleted from the ledger."""
    with runtime.ledger.read() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
    try:
        link = handed_over_link(export, runtime.link_key(migration)) if migration.wrapped_key else None
    except Stop as stop:  # an earlier version accepted the link
        findings = Findings(problem=stop.problem)
    else:
        if link is None:
            return
        findings = inspect_in_reader(runtime, migration, link)
    code = findings.problem.code if findings.problem else None
    access = OPEN if code is None or code in LOCKED else SHUT if code in CLOSED else UNKNOWN
    with runtime.ledger.write() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
        export.fetch_state = {**export.fetch_state, "link_now": {"is": access, "at": now().isoformat()}}
        if access == SHUT:
            export.sealed_link = None
        session.add(export)


def recheck_open_links(runtime: Runtime) -> None:
    """Checks up to AT_ONCE links that are due. Each open link of a finished migration is due once a day."""
    with runtime.ledger.read() as session:
        due = [migration for migration, export in finished(session) if is_due(export)]
    for migration in due[:AT_ONCE]:
        recheck_link(runtime, migration)


def finished(session: Session) -> list[tuple[Migration, Export]]:
    """The finished migrations whose link is still stored, with their exports."""
    query = (
        select(Migration, Export)
        .join(Export, col(Export.migration_id) == Migration.id)
        .where(
            Migration.state == State.FINALISED.value,
            Migration.wrapped_key != "",
            Export.number == Migration.export_number,
            col(Export.sealed_link).is_not(None),
        )
    )
    return list(session.exec(query).all())


def is_due(export: Export) -> bool:
    """Whether the last check of the link is more than a day ago."""
    last = load_link_access(export).at
    return last is None or last < now() - EVERY
