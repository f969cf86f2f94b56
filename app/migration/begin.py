"""Starts a clinic's migration, with the key that encrypts all its copies."""

import secrets

from sqlmodel import Session

from app.mapping.plan import Plan
from app.migration.advance import By
from app.migration.audit import write_act
from app.migration.models import Migration
from app.migration.states import Event, State


def begin(
    session: Session,
    *,
    workspace_id: str,
    clinic: str,
    source: str,
    wrapped_key: str,
    by: By,
    timezone: str = "Australia/Sydney",
    country: str = "AU",
    conversion_date: str | None = None,
) -> Migration:
    """A new migration in `preparing`, with its first audit line."""
    migration = Migration(
        id=f"mig_{secrets.token_hex(10)}",
        workspace_id=workspace_id,
        clinic=clinic,
        source=source,
        created_by=by.name,
        wrapped_key=wrapped_key,
        conversion_date=conversion_date,
        plan=Plan(timezone=timezone, country=country).model_dump(mode="json"),
    )
    session.add(migration)
    write_act(session, migration, by.name, by.actor.value, Event.START.value, {"to": State.PREPARING.value})
    session.flush()
    return migration
