"""The time zone of every location that a trial knows, so that a wall-clock time lands at the right moment."""

from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.caspen.facts import WorkspaceFacts
from app.caspen.ids import Ids
from app.engine.heartbeat import Heartbeat
from app.engine.reading.parts import read_part
from app.engine.runtime import Runtime
from app.mapping.context import Context
from app.mapping.lookups import Lookups
from app.mapping.parse import parse_row
from app.mapping.plan import Plan
from app.mapping.rows import Joined, Mapped
from app.migration.models import Migration, Part, Trial
from app.sources import source as source_named

PLACES = "locations"


def zones_of(runtime: Runtime, migration: Migration, facts: WorkspaceFacts, beat: Heartbeat) -> dict[str, str]:
    """By Caspen id: the workspace's own locations, and those that the export brings."""
    zones = {location.id: location.timezone for location in facts.locations}
    source, ids = source_named(migration.source), Ids(migration.workspace_id, migration.source)
    places = {kind.name: kind for kind in source.kinds if PLACES in kind.tables and kind.to_records is not None}
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        found = session.exec(
            select(Part).where(
                Part.migration_id == migration.id,
                Part.export_number == migration.export_number,
                col(Part.kind).in_(list(places)),
            )
        ).all()
    plan = Plan.model_validate(trial.plan)
    lookups = Lookups(plan=plan, ids=ids, now=trial.started_at)
    for part in found:
        kind = places[part.kind]
        head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
        context = Context(ZoneInfo(plan.timezone), plan.country, trial.started_at.date(), head.dates)
        for row in rows:
            beat()
            parsed = parse_row(kind, row.cells, context)
            if parsed.row is None or parsed.source_id is None or kind.to_records is None:
                continue
            made = kind.to_records(parsed.row, Joined(), lookups)
            for record in made.records if isinstance(made, Mapped) else ():
                zone = record.values.get("timezone")
                if record.table == PLACES and isinstance(zone, str):
                    zones.setdefault(ids.derive(PLACES, record.source_kind, record.key), zone)
    return zones
