"""What earlier imports brought into the workspace that a migration leads to, and whose it is."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlmodel import select

from app.caspen.earlier import Owner, earlier_among
from app.engine.resolving.work import Brought
from app.engine.runtime import Runtime
from app.mapping.kind import Kind
from app.mapping.plan import Plan
from app.migration.models import Migration


def brought_before(runtime: Runtime, migration: Migration) -> Brought:
    """Finds them by their ids in the source, each with the ids of its client there; none where nobody knows."""

    @cache
    def matched() -> Mapping[str, Collection[str]]:
        return _matched(runtime, migration)

    def clients_of(owner: Owner | None, people: str) -> Collection[str]:
        if owner is None:
            return ()
        return (owner.source_id,) if owner.source_id and owner.kind == people else matched().get(owner.id, ())

    def among(kind: Kind[Any], source_ids: Collection[str]) -> Mapping[str, Collection[str]]:
        live, workspace = runtime.caspen.live, migration.workspace_id
        people = next((str(p.column.links_to) for p in kind.columns if p.name == kind.owner), "")
        found = earlier_among(live, workspace, kind.tables[0], kind.name, migration.id, source_ids)
        return {key: clients_of(owner, people) for key, owner in found.items()}

    return among


def _matched(runtime: Runtime, migration: Migration) -> Mapping[str, Collection[str]]:
    """By clients whom people made in the workspace, the ids that the moves of the clinic matched with each."""
    with runtime.ledger.read() as session:
        plans = session.exec(
            select(Migration.plan).where(
                Migration.workspace_id == migration.workspace_id, Migration.source == migration.source
            )
        ).all()
    found: dict[str, set[str]] = defaultdict(set)
    for plan in plans:
        for source_id, choice in Plan.model_validate(plan).clients.items():
            if choice.to == "match" and choice.id:
                found[choice.id].add(source_id)
    return found
