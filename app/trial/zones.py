"""The time zones of locations and the durations of services, which a trial needs before it maps the first row."""

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import col, select

from app.caspen.record_ids import Ids
from app.caspen.workspace_snapshot import WorkspaceSnapshot
from app.mapping.context import Context
from app.mapping.lookups import Lookups
from app.mapping.parse import parse_row
from app.mapping.plan import Plan
from app.mapping.rows import Joined, Mapped, Record
from app.migration.models import Migration, Part, Trial
from app.reading.file_watch import NO_WATCH, FileWatch
from app.reading.parts import read_part
from app.sources import source as source_named
from app.trial.trial_context import PLACES
from app.worker.failure_causes import stack_lines
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

SERVICES = "services"
log = structlog.get_logger()


def zones_of(runtime: Runtime, migration: Migration, facts: WorkspaceSnapshot, beat: Heartbeat) -> dict[str, str]:
    """Time zones by id in Caspen: of the workspace's locations, and of locations of the export."""
    ids = Ids(migration.workspace_id, migration.source)
    plan, moment = _trial(runtime, migration)
    zones = facts.zones
    for record in _records(PLACES, runtime, migration, plan, moment, beat, beat.watch()):
        zone = record.values.get("timezone")
        if isinstance(zone, str):
            zones.setdefault(ids.derive(PLACES, record.source_kind, record.key), zone)
    beat.leave_file()
    return zones


def places_of(
    runtime: Runtime, migration: Migration, plan: Plan, moment: datetime, beat: Callable[[], None]
) -> Iterator[Record]:
    """The records of the locations of an export. `moment` is the start of the trial."""
    return _records(PLACES, runtime, migration, plan, moment, beat)


def durations_of(runtime: Runtime, migration: Migration, facts: WorkspaceSnapshot, beat: Heartbeat) -> dict[str, int]:
    """Minutes by id in Caspen: of the workspace's services, and of services and activities of the export."""
    ids = Ids(migration.workspace_id, migration.source)
    plan, moment = _trial(runtime, migration)
    minutes = {service.id: service.duration for service in facts.services if service.duration}
    for record in _records(SERVICES, runtime, migration, plan, moment, beat, beat.watch()):
        table = "activities" if record.values.get("kind") == "activity" else SERVICES
        duration = record.values.get("duration")
        if isinstance(duration, int):
            minutes.setdefault(ids.derive(table, record.source_kind, record.key), duration)
    beat.leave_file()
    return minutes


def _trial(runtime: Runtime, migration: Migration) -> tuple[Plan, datetime]:
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
    return Plan.model_validate(trial.plan), trial.started_at


def _records(
    table: str,
    runtime: Runtime,
    migration: Migration,
    plan: Plan,
    moment: datetime,
    beat: Callable[[], None],
    watch: FileWatch = NO_WATCH,
) -> Iterator[Record]:
    """The records of a table that the export would bring, without rows that fail.

    A row fails when our code raises an exception, or when `watch` sets the row aside because it ended the process.
    Failed rows are mapped again and reported when their part is loaded.
    """
    source = source_named(migration.source)
    places = {kind.name: kind for kind in source.kinds if table in kind.tables and kind.to_records is not None}
    lookups = Lookups(plan=plan, ids=Ids(migration.workspace_id, migration.source), now=moment)
    with runtime.ledger.read() as session:
        parts = session.exec(
            select(Part).where(
                Part.migration_id == migration.id,
                Part.export_number == migration.export_number,
                col(Part.kind).in_(list(places)),
            )
        ).all()
    for part in parts:
        kind = places[part.kind]
        head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
        context = head.within(Context(ZoneInfo(plan.timezone), plan.country, moment.date()))
        for row in rows:
            beat()
            key = f"row {part.number}:{row.line}"
            if watch.refusal(key, key) is not None:
                continue
            watch.opening(key)
            parsed = parse_row(kind, row.cells, context)
            if parsed.row is None or parsed.source_id is None or kind.to_records is None:
                continue
            try:
                mapped = kind.to_records(parsed.row, Joined(), lookups)
            except Exception as fault:
                log.error(
                    "row_passed_over",
                    fault=type(fault).__name__,
                    at=stack_lines(fault),
                    part=part.number,
                    line=row.line,
                )
                continue
            yield from (r for r in (mapped.records if isinstance(mapped, Mapped) else ()) if r.table == table)
