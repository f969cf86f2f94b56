"""What a worker lays out before it maps rows of one trial, and keeps laid out from part to part."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from app.caspen.ids import Ids
from app.caspen.stores import Store
from app.engine.index.store import Index, remove
from app.engine.lists import Lists, lists_of
from app.engine.reading.parts import PartHead
from app.engine.runtime import Runtime
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.kind import Source
from app.mapping.lookups import Lookups
from app.mapping.plan import Choice, Plan
from app.migration.models import ExportFile, Migration, Trial, Work
from app.sources import source as source_named

COPY_BYTES = 1 << 20
PLACES = "locations"
SET_ASIDE = "set_aside"
"""The phase of a trial in which what belongs to rows that were set aside is held with them; its result names them."""


@dataclass(frozen=True)
class Bench:
    """One trial, laid out in this process's scratch folder: the index decrypted, the lists beside it sealed."""

    trial: Trial
    export_number: int
    source: Source
    plan: Plan
    ids: Ids
    lookups: Lookups
    store: Store
    index: Index
    lists: Lists
    paths: Mapping[int, str]  # files of the export by number
    key: bytes

    def close(self) -> None:
        self.lists.close()
        self.index.close()
        remove(self.index.path)


def context_of(bench: Bench, head: PartHead) -> Context:
    """How the cells of a part are to be read in this trial."""
    today = bench.lookups.now.date()
    return head.within(Context(zone=ZoneInfo(bench.plan.timezone), country=bench.plan.country, today=today))


class Benches:
    """The bench of this process: one at a time, since a worker stays with a clinic for a while."""

    def __init__(self) -> None:
        self._laid: tuple[tuple[str, int, tuple[int, ...]], Bench] | None = None

    def of(self, runtime: Runtime, migration: Migration) -> Bench:
        with runtime.ledger.read() as session:
            aside = rows_set_aside(session, migration)
        wanted = (migration.id, migration.trial_number, aside)
        if self._laid is None or self._laid[0] != wanted:
            self.clear()
            self._laid = (wanted, lay_out(runtime, migration, aside))
        return self._laid[1]

    def clear(self) -> None:
        if self._laid is not None:
            self._laid[1].close()
            self._laid = None


benches = Benches()


def index_key(migration_id: str, export_number: int) -> str:
    """Where the sealed index of an export lies in storage."""
    return f"{migration_id}/export-{export_number}/index"


def attachments_prefix(migration_id: str, export_number: int) -> str:
    """Below which the content of an export's files of patients lies in storage, by its sum."""
    return f"{migration_id}/contents-{export_number}/"


def rows_set_aside(session: Session, migration: Migration) -> tuple[int, ...]:
    """The rows of the index that were set aside in a trial, and with which what belongs to them is held."""
    settled = session.get(Work, (migration.id, f"trial:{migration.trial_number}", SET_ASIDE, 0))
    return () if settled is None else tuple(settled.facts.get("rows", ()))


def lay_out(runtime: Runtime, migration: Migration, set_aside: tuple[int, ...] = ()) -> Bench:
    """Reads the frozen plan, the facts of the workspace as they were when the trial began, and the sealed index.

    `set_aside` are rows of the index that wait with all that belongs to them.
    """
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
        paths = _paths(session, migration)
    facts: Mapping[str, Any] = opened.facts if opened else {}
    plan = settled(Plan.model_validate(trial.plan), facts)
    ids = Ids(migration.workspace_id, migration.source)
    key = runtime.key(migration)
    source, index = (
        source_named(migration.source),
        materialise(runtime, migration, runtime.scratch.folder / f"{trial.store}.index"),
    )
    index.leave_aside(set_aside)
    context = Context(ZoneInfo(plan.timezone), plan.country, trial.started_at.date())
    lists = lists_of(runtime, migration, source, index, plan, context, runtime.scratch.folder / f"{trial.store}.lists")
    return Bench(
        trial=trial,
        export_number=migration.export_number,
        source=source,
        plan=plan,
        ids=ids,
        lookups=lookups_of(
            trial.started_at, plan, ids, {**facts, "zones": _zones(index, source, plan, ids, facts)}, lists.by_kind
        ),
        store=runtime.caspen.trial(migration.id, trial.number),
        index=index,
        lists=lists,
        paths=paths,
        key=key,
    )


def _zones(index: Index, source: Source, plan: Plan, ids: Ids, facts: Mapping[str, Any]) -> dict[str, str]:
    """The zones of the workspace's own locations, and of those of the export that come: no row may lead to another."""
    absent = {
        ids.derive(PLACES, kind.name, key)
        for kind in source.kinds
        if PLACES in kind.tables
        for key in index.unmoved(kind.name, plan)
    }.difference(facts.get("own_places", ()))
    return {place: zone for place, zone in facts.get("zones", {}).items() if place not in absent}


def lookups_of(
    moment: datetime,
    plan: Plan,
    ids: Ids,
    facts: Mapping[str, Any],
    lists: Mapping[str, Mapping[str, tuple[Any, ...]]],
) -> Lookups:
    """What mapping looks up in a trial of a moment; `facts` are the workspace's, as its first step keeps them."""
    return Lookups(
        plan=plan,
        ids=ids,
        now=moment,
        zones=facts.get("zones", {}),
        durations=facts.get("durations", {}),
        existing=facts.get("existing", {}),
        fields={key: Defined.from_json(told) for key, told in facts.get("fields", {}).items()},
        lists=lists,
        native_fields={name: (one[0], one[1]) for name, one in facts.get("native_fields", {}).items()},
    )


def settled(plan: Plan, facts: Mapping[str, Any]) -> Plan:
    """A trial's plan with what was found out about the workspace when the trial began."""
    found = {
        name: {key: Choice.model_validate(told) for key, told in facts.get(name, {}).items()}
        for name in ("known_clients", "known_fields")
    }
    waiting = {source_id for source_id, choice in found["known_clients"].items() if choice.to == "wait"}
    chosen = {source_id: choice for source_id, choice in plan.clients.items() if source_id not in waiting}
    clients, fields = {**found["known_clients"], **chosen}, {**plan.fields, **found["known_fields"]}
    return plan.model_copy(update={"clients": clients, "fields": fields})


def materialise(runtime: Runtime, migration: Migration, path: Path) -> Index:
    """The sealed index as a private file that can be queried."""
    sealed = runtime.objects.reader(index_key(migration.id, migration.export_number), runtime.key(migration))
    with sealed, path.open("wb") as plain:
        shutil.copyfileobj(sealed, plain, COPY_BYTES)
    return Index.open(path)


def _paths(session: Session, migration: Migration) -> dict[int, str]:
    found = select(ExportFile.number, ExportFile.path).where(
        ExportFile.migration_id == migration.id, ExportFile.export_number == migration.export_number
    )
    return dict(session.exec(found).all())
