"""The live records of earlier imports to which rows of an export refer, with their clients in the source."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlmodel import select

from app.caspen.earlier_records import (
    GROUPS,
    RecordOwner,
    earlier_among,
    earlier_files,
    earlier_keys,
    earlier_names,
    earlier_slots,
    earlier_visits,
)
from app.mapping.client_files import EarlierFile
from app.mapping.kind import Kind
from app.mapping.plan import Plan
from app.migration.models import Migration
from app.resolving.rule import LiveFile, LiveTarget, LiveVisit
from app.worker.runtime import Runtime


class LiveTargets:
    """Finds the records that earlier migrations brought into a migration's workspace."""

    def __init__(self, runtime: Runtime, migration: Migration) -> None:
        self._runtime, self._migration = runtime, migration
        self._place = runtime.caspen.live, migration.workspace_id

    def targets(self, kind: Kind[Any], source_ids: Collection[str]) -> Mapping[str, LiveTarget]:
        """The records of a kind among these source ids; a group for an id that has no record of its own."""
        targets: dict[str, LiveTarget] = {}
        for table in kind.tables[:1] if kind.sharing is None else (GROUPS, kind.tables[0]):
            records = earlier_among(*self._place, table, kind.name, self._migration.id, source_ids)
            for key, record in records.items():
                clients = self._clients_of(record.owner, kind)
                targets[key] = LiveTarget(clients, record.name, record.starts_at, table == GROUPS)
        return targets

    def names(self, kind: Kind[Any]) -> Mapping[str, str]:
        """The names of a kind's records by source id."""
        return earlier_names(*self._place, kind.tables[0], kind.name, self._migration.id)

    def groups(self, kind: Kind[Any]) -> Iterator[Sequence[str]]:
        """The source ids of a kind's groups, some thousand at a time."""
        return earlier_keys(*self._place, GROUPS, kind.name, self._migration.id)

    def slots(self, kind: Kind[Any], source_ids: Collection[str]) -> Mapping[str, str]:
        """By source id of a kind's records, the source id of the visit, or of its group, that a record refers to."""
        return earlier_slots(*self._place, kind.tables[0], kind.name, self._migration.id, source_ids)

    def visits(self, kind: Kind[Any], groups: Collection[str]) -> Mapping[str, Collection[LiveVisit]]:
        """The visits of groups by the groups' source ids."""
        visits: dict[str, list[LiveVisit]] = defaultdict(list)
        for visit in earlier_visits(*self._place, kind.name, self._migration.id, groups):
            visits[visit.group].append(LiveVisit(visit.key, self._clients_of(visit.owner, kind)))
        return visits

    def files(self, kind: Kind[Any]) -> Iterator[LiveFile]:
        """The clients' files of a kind, also those that people have deleted."""
        for file in earlier_files(*self._place, kind.name, self._migration.id):
            earlier = EarlierFile(
                file.key, file.name, file.folder, file.description, file.uploaded_by, file.source_created_at
            )
            yield LiveFile(earlier, file.sha256, self._clients_of(file.owner, kind))

    def _clients_of(self, owner: RecordOwner | None, kind: Kind[Any]) -> Collection[str]:
        if owner is None:
            return ()
        people = next((str(p.column.links_to) for p in kind.columns if p.name == kind.owner_link), "")
        is_brought = owner.source_id and owner.kind == people
        return (str(owner.source_id),) if is_brought else self._matched.get(owner.id, ())

    @cached_property
    def _matched(self) -> Mapping[str, Collection[str]]:
        """By id in Caspen of a client, the source ids that plans of the clinic's migrations match with the client."""
        with self._runtime.ledger.read() as session:
            plans = session.exec(
                select(Migration.plan).where(
                    Migration.workspace_id == self._migration.workspace_id, Migration.source == self._migration.source
                )
            ).all()
        matches: dict[str, set[str]] = defaultdict(set)
        for plan in plans:
            for source_id, choice in Plan.model_validate(plan).clients.items():
                if choice.to == "match" and choice.id:
                    matches[choice.id].add(source_id)
        return matches
