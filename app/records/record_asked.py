"""What a limited process must know of a record to say what the record is made of."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlmodel import Session, col, select

from app.caspen.column_hashes import hashes_of_record
from app.caspen.ids import PREFIXES
from app.caspen.shapes import ALIASES
from app.caspen.stores import Store
from app.engine.isolated.evidence import OtherAsked, RecordAsked, TargetAsked
from app.engine.isolated.joined_rows import PartAsked
from app.engine.runtime import Runtime
from app.mapping.joins import kinds_that_join
from app.mapping.kind import Source
from app.mapping.plan import Plan
from app.migration.models import Migration, Part, Trial, Work
from app.records.field import Field
from app.records.kinds import BY_NAME as KINDS
from app.records.query import get
from app.records.source_row import part_of_record

FACTS = ("zones", "durations", "existing", "fields", "known_fields", "native_fields")  # of a trial's first step


def asked_of(
    runtime: Runtime,
    migration: Migration,
    source: Source,
    trial: Trial,
    part: Part,
    record: Any,
    fields: Iterable[Field],
) -> RecordAsked:
    """The record, its trial, and where the rows are that may have a part in it. `part` is that of its row."""
    store = runtime.caspen.trial(migration.id, trial.number)
    with runtime.ledger.read() as session:
        opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
        targets = tuple(_targets(session, migration, trial, store, record))
        others = tuple(_others(session, migration, trial, record, fields))
        kinds = {part.kind, *(other.part.kind for other in others)}
        parts = tuple(_parts(session, migration, source, kinds))
    return RecordAsked(
        table_of(record),
        str(record.source_kind),
        str(record.source_id),
        migration.workspace_id,
        Plan.model_validate(trial.plan).model_dump_json(),
        trial.started_at.isoformat(),
        json.dumps({name: fact for name, fact in (opened.facts if opened else {}).items() if name in FACTS}),
        (),
        hashes_of_record(record),
        part.number,
        parts,
        targets,
        others,
    )


def table_of(record: Any) -> str:
    """The table as mapping names it: two of its tables may be one, and then the beginning of the id says which."""
    table = str(record.__tablename__)
    aliases = (alias for alias, known in ALIASES.items() if known == table)
    return next((alias for alias in aliases if str(record.id).startswith(PREFIXES[alias])), table)


def _parts(session: Session, migration: Migration, source: Source, kinds: Iterable[str]) -> Iterator[PartAsked]:
    """The parts of the kinds whose rows may have a part in rows of these kinds."""
    joined = frozenset[str]().union(*(kinds_that_join(source, source.kind(kind)) for kind in kinds))
    asked = select(Part.kind, Part.number, Part.object_key).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        col(Part.kind).in_(sorted(joined)),
    )
    for name, number, key in session.exec(asked.order_by(col(Part.number))):
        yield PartAsked(name, number, key)


def _targets(session: Session, migration: Migration, trial: Trial, store: Store, record: Any) -> Iterator[TargetAsked]:
    """The rows of the records to which the record refers, of those that have one."""
    for reference in type(record).references:
        target_id = getattr(record, reference.column)
        for table in reference.tables if isinstance(target_id, str) else ():
            target = get(store, migration.workspace_id, KINDS[table], target_id) if table in KINDS else None
            place = _place(session, migration, trial, target.part, target.line) if target is not None else None
            if place is not None:
                yield TargetAsked(reference.column, *place)


def _others(
    session: Session, migration: Migration, trial: Trial, record: Any, fields: Iterable[Field]
) -> Iterator[OtherAsked]:
    """The other records of which the page shows values, where another row made them."""
    for other in (field.origin for field in fields):
        if other is None or (other.part, other.line) == (record.part, record.line):
            continue
        place = _place(session, migration, trial, other.part, other.line)
        if place is not None:
            yield OtherAsked(other.table, other.source_kind, other.source_id, other.columns, *place)


def _place(
    session: Session, migration: Migration, trial: Trial, work: int | None, line: int | None
) -> tuple[PartAsked, int] | None:
    part = part_of_record(session, migration, trial, work) if work and line is not None else None
    return None if part is None or line is None else (PartAsked(part.kind, part.number, part.object_key), line)
